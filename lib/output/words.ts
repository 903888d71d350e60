/** What a readable line says of each event: one entry for each name. */
import type { EventName, EventOf, EventRecord, NestedProcess } from '../events/index.js'
import type { Style } from './paint.js'
import { baseName, nameOf, type ProcessWords, programOf } from './program.js'
import { type SeenProcess, userOf } from './seen.js'
import { visible } from './visible.js'

/** Parts of a line, each in a style of its own. Of a path that is too long the end is kept. */
export type Part = readonly [text: string, style?: Style, kept?: 'end']

export interface Words {
  pid: number | undefined
  user: string
  parts: readonly Part[]
}

interface Kind<N extends EventName> {
  /** Six columns. */
  label: string
  style: Style
  /** `actor`: the process that routing.parent names, where the view has seen it. */
  words(record: EventOf<N>, actor: SeenProcess | undefined): Words
}

type Kinds = { readonly [N in EventName]: Kind<N> }

export const KINDS: Kinds = {
  NEW_PROCESS: { label: 'start', style: 'green', words: started },
  EXISTING_PROCESS: { label: 'exists', style: 'dim', words: started },
  TERMINATE_PROCESS: {
    label: 'end',
    style: 'red',
    words: ({ event }, actor) => ({
      ...by(event.PROCESS_ID, actor),
      parts: [...nameAndPath(actor), howEnded(event, actor)],
    }),
  },
  PROCESS_ENVIRONMENT: {
    label: 'env',
    style: 'blue',
    words: ({ event }, actor) => ({
      ...by(event.PROCESS_ID, actor),
      parts: [...nameAndPath(actor), [event.ENVIRONMENT_VARIABLES.slice(0, 64).map(shortened).join(' '), 'dim']],
    }),
  },
  MODULE_LOAD: {
    label: 'load',
    style: 'cyan',
    words: ({ event }, actor) => ({
      ...by(event.PROCESS_ID, actor),
      parts: [[path(event.FILE_PATH), 'bold', 'end'], ...into(actor)],
    }),
  },
  CODE_IDENTITY: { label: 'code', style: 'magenta', words: identity },
  ONGOING_IDENTITY: { label: 'code', style: 'dim', words: identity },
  NEW_NAMED_PIPE: { label: 'mkfifo', style: 'cyan', words: pipe },
  OPEN_NAMED_PIPE: { label: 'fifo', style: 'cyan', words: pipe },
  REMOTE_PROCESS_HANDLE: {
    label: 'access',
    style: 'yellow',
    words: ({ event }, actor) => upon(event, actor, `access 0x${event.ACCESS_FLAGS.toString(16)}`),
  },
  NEW_REMOTE_THREAD: {
    label: 'thread',
    style: 'yellow',
    words: ({ event }, actor) => upon(event, actor, `thread ${event.THREAD_ID}`),
  },
  SENSITIVE_PROCESS_ACCESS: { label: 'SECRET', style: 'alarm', words: (record, actor) => correlated(record, actor) },
  THREAD_INJECTION: { label: 'INJECT', style: 'alarm', words: (record, actor) => correlated(record, actor) },
  LOSS_ACCOUNTING: { label: 'LOST', style: 'alarm', words: lost },
}

const REASONS = {
  RING_FULL: 'the reader was too slow',
  BULK_SHARE: 'what anybody can make many of had used up its share of the ring',
  MISSED_RUN: 'the kernel skipped the program',
  MEMORY: 'a user had used up their share of the memory',
  NOT_RECORDED: 'whoever made the recording lost them',
  DAMAGED: 'the recording has a hole',
  SESSION_FULL: 'Windows had no free buffer for them',
  SESSION_STOPPED: 'somebody stopped the trace session',
  LOOKUP_FULL: 'too many new processes waited to be looked at',
  QUEUE_FULL: 'too many files waited for their hash',
  CLOSED: 'their files still waited for a hash at the end',
}

function started({ event }: EventOf<'NEW_PROCESS' | 'EXISTING_PROCESS'>): Words {
  const program = programOf(event)
  const parts: Part[] = [[program.path, 'bold', 'end'], [program.arguments]]
  if (event.PARENT !== undefined) parts.push([`← ${nameOf(event.PARENT)} ${event.PARENT.PROCESS_ID}`, 'dim'])
  return { pid: event.PROCESS_ID, user: userOf(event), parts }
}

function howEnded(event: EventOf<'TERMINATE_PROCESS'>['event'], actor: SeenProcess | undefined): Part {
  const words: string[] = []
  if (event.SIGNAL !== undefined) words.push(`killed by signal ${event.SIGNAL}`)
  else if (event.EXIT_CODE !== undefined && event.EXIT_CODE !== 0) words.push(`status ${event.EXIT_CODE}`)
  if (actor !== undefined) words.push(`after ${span(event.TIMESTAMP - actor.startedMs)}`)
  return [words.join(', '), words.length > 1 ? 'yellow' : 'dim']
}

function identity({ event }: EventOf<'CODE_IDENTITY' | 'ONGOING_IDENTITY'>, actor: SeenProcess | undefined): Words {
  const what = event.HASH === undefined ? `no hash, error ${event.ERROR}` : `sha256 ${visible(event.HASH)}`
  return {
    ...by(actor?.pid, actor),
    parts: [
      [path(event.FILE_PATH), 'bold'],
      [what, 'dim'],
    ],
  }
}

function pipe({ event }: EventOf<'NEW_NAMED_PIPE' | 'OPEN_NAMED_PIPE'>, actor: SeenProcess | undefined): Words {
  return { ...by(event.PROCESS_ID, actor), parts: [[path(event.FILE_PATH), 'bold', 'end'], ...into(actor)] }
}

function upon(
  event: { PARENT_PROCESS_ID: number; PROCESS_ID: number; SOURCE?: NestedProcess; TARGET?: NestedProcess },
  actor: SeenProcess | undefined,
  what: string,
): Words {
  const { SOURCE, TARGET } = event
  const source = SOURCE === undefined ? path(actor?.path) : programOf(SOURCE).path
  const target = TARGET === undefined ? '' : nameOf(TARGET as ProcessWords)
  return {
    pid: event.PARENT_PROCESS_ID,
    user: SOURCE === undefined ? (actor?.user ?? '') : userOf(SOURCE),
    parts: [[source, 'bold', 'end'], [`→ ${target} ${event.PROCESS_ID}`.replace('  ', ' '), 'yellow'], [what]],
  }
}

function correlated(
  { event }: EventOf<'SENSITIVE_PROCESS_ACCESS' | 'THREAD_INJECTION'>,
  actor: SeenProcess | undefined,
): Words {
  const last = event.EVENTS.at(-1)
  if (last === undefined || !('PARENT_PROCESS_ID' in last.event)) return { ...by(actor?.pid, actor), parts: [] }
  const { event_type } = last.routing
  const words = KINDS[event_type].words as (record: EventRecord, actor: SeenProcess | undefined) => Words
  return words(last, actor)
}

function lost({ event }: EventOf<'LOSS_ACCOUNTING'>): Words {
  const counts = Object.entries(event.LOST).map(([type, count]) => `${count} ${type}`)
  return { pid: undefined, user: '', parts: [[counts.join(', '), 'bold'], [REASONS[event.REASON]]] }
}

function by(pid: number | undefined, actor: SeenProcess | undefined): Pick<Words, 'pid' | 'user'> {
  return { pid, user: actor?.user ?? '' }
}

function nameAndPath(actor: SeenProcess | undefined): Part[] {
  return actor === undefined ? [] : [[actor.path, 'bold', 'end']]
}

function into(actor: SeenProcess | undefined): Part[] {
  return actor === undefined ? [] : [[`← ${baseName(actor.path)}`, 'dim']]
}

function path(value: string | undefined): string {
  return visible(value ?? '')
}

function shortened(text: string): string {
  return visible(text.slice(0, 256))
}

/** `340 ms`, `5.0 s`, `12 min`, `3 h`, `4 d` */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  const seconds = ms / 1_000
  if (seconds < 100) return `${seconds.toFixed(1)} s`
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

/** The words of one record. */
export function wordsOf(record: EventRecord, actor: SeenProcess | undefined): Words {
  const words = KINDS[record.routing.event_type].words as (record: EventRecord, actor: SeenProcess | undefined) => Words
  return words(record, actor)
}
