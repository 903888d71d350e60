/** What people write on the command line: sizes, durations, counts, lists of events. */
import { KernelwireError } from '../errors.js'
import { type EventName, SUPPORTED_HERE } from '../events/index.js'
import { requireEvent } from '../options.js'

const SIZE = /^(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB|B)?$/i
const BYTES: Record<string, number> = { b: 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 }

/** In bytes. */
export function parseSize(option: string, text: string): number {
  const [, number = '', unit = 'B'] = SIZE.exec(text.trim()) ?? []
  const bytes = Number(number) * BYTES[unit.toLowerCase()]!
  if (number === '' || !Number.isSafeInteger(bytes)) {
    throw refusal(`${option} must be a size such as 16MiB (KiB, MiB or GiB; a bare number is bytes), not "${text}"`)
  }
  return bytes
}

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/
const MILLISECONDS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
/** What a timer of Node.js can wait: 24.8 days. */
const DURATION_MAX_MS = 2 ** 31 - 1

/** In milliseconds. */
export function parseDuration(option: string, text: string): number {
  const [, number = '', unit = 's'] = DURATION.exec(text.trim()) ?? []
  const ms = Math.round(Number(number) * MILLISECONDS[unit]!)
  if (number === '') {
    throw refusal(`${option} must be a duration such as 5s (s, m or h; a bare number is seconds), not "${text}"`)
  }
  if (ms < 1 || ms > DURATION_MAX_MS) throw refusal(`${option} must be between 1ms and 596h, not "${text}"`)
  return ms
}

export function parseCount(option: string, text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count === 0) {
    throw refusal(`${option} must be a whole number from 1, not "${text}"`)
  }
  return count
}

/** Milliseconds since 1970, or a date as ISO 8601 has it: UTC, where it names no zone. */
export function parseTime(option: string, text: string): number {
  const written = text.trim()
  if (/^\d{10,14}$/.test(written)) return Number(written)
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(written) || !written.includes(':')
  const isDate = /^\d{4}-\d\d-\d\d/.test(written)
  const ms = isDate ? Date.parse(hasZone ? written : `${written.replace(' ', 'T')}Z`) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  throw refusal(`${option} must be a time such as 2026-01-31T12:00:00Z or milliseconds since 1970, not "${text}"`)
}

/** A number that a process can have. */
export function parsePid(option: string, text: string): number {
  const pid = Number(text)
  if (/^\d+$/.test(text) && pid > 0 && pid < 2 ** 32) return pid
  throw refusal(`${option} must be the number of a process, not "${text}"`)
}

/** `A,B`, or `all`, or `all,-C`. `checked`: refuses what this version cannot produce; `all`: what it can. */
export function parseEvents(
  option: string,
  text: string,
  checked = requireEvent,
  all: readonly EventName[] = SUPPORTED_HERE,
): EventName[] {
  const words = text.split(',').map((word) => word.trim())
  const events = new Set<EventName>(words.includes('all') ? all : [])
  for (const word of words) {
    if (word === 'all') continue
    if (word === '' || word === '-') {
      throw refusal(
        `${option} must be event names with commas between, such as NEW_PROCESS,TERMINATE_PROCESS, not "${text}"`,
      )
    }
    if (word.startsWith('-')) exclude(option, events, word.slice(1), words)
    else events.add(checked(word))
  }
  if (events.size === 0) throw refusal(`${option} "${text}" leaves no event; name at least one`)
  return [...events]
}

function exclude(option: string, events: Set<EventName>, word: string, words: readonly string[]): void {
  const name = requireEvent(word)
  if (!words.includes('all')) throw refusal(`${option} can leave out ${name} only from all: write all,-${name}`)
  if (name === 'LOSS_ACCOUNTING') throw refusal(`${option} cannot leave out LOSS_ACCOUNTING: a loss is always told`)
  events.delete(name)
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
