/** Whether a sensor's process table says what /proc says. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { NestedProcess } from '../../lib/events/index.js'
import { DEADLINE_MS } from './sensor.js'

const TICKS_PER_SECOND = 100

/** What /proc/PID/exe does not tell even root. */
const HIDDEN = Symbol('hidden')

/** Who lives, by pid: what the table must say of it. */
type Living = Map<number, { startSecond: number; path: string | undefined | typeof HIDDEN }>

/**
 * Looks again as long as processes start and end meanwhile. What differs in the end; nothing where
 * the table is right.
 */
export async function differencesToProc(table: () => Promise<NestedProcess[]>): Promise<string[]> {
  const endMs = performance.now() + DEADLINE_MS
  for (;;) {
    const before = living()
    const told = await table()
    const differing = differences(told, before, living())
    if (differing.length === 0 || performance.now() > endMs) return differing
    await delay(50)
  }
}

function differences(table: readonly NestedProcess[], before: Living, after: Living): string[] {
  const told = new Map(table.map((process) => [process.PROCESS_ID, process]))
  const found: string[] = []
  for (const [pid, { path }] of before) {
    if (!told.has(pid) && after.has(pid)) found.push(`${pid} (${String(path)}) lives and is not in the table`)
  }
  for (const [pid, process] of told) {
    const real = after.get(pid)
    if (real === undefined) {
      if (!before.has(pid)) found.push(`${pid} (${process.FILE_PATH}) is in the table and does not live`)
      continue
    }
    if (real.path !== HIDDEN && process.FILE_PATH !== real.path) {
      found.push(`${pid} runs ${real.path}, not ${process.FILE_PATH}`)
    }
    const second = Number.parseInt(process.THIS_ATOM.slice(-8), 16)
    if (Math.abs(second - real.startSecond) > 1) found.push(`${pid} started at ${real.startSecond}, not ${second}`)
  }
  if (table.length !== told.size) found.push('the table has a process twice')
  return found
}

function living(): Living {
  const [uptime] = readFileSync('/proc/uptime', 'utf8').split(' ')
  const bootSecond = Date.now() / 1_000 - Number(uptime)
  const found: Living = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const start = startTicks(name)
    if (start === undefined) continue
    found.set(Number(name), { startSecond: bootSecond + start / TICKS_PER_SECOND, path: executable(name) })
  }
  return found
}

/** Undefined for a process that is not there any more, or whose last thread has ended. */
function startTicks(pid: string): number | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // proc(5): the name in parentheses may contain anything; state is the third field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, threads, start] = [fields[0]!, Number(fields[17]), Number(fields[19])]
  const hasEnded = 'ZX'.includes(state) && threads <= 1
  return hasEnded ? undefined : start
}

/** Kernel threads have none. */
function executable(pid: string): string | undefined | typeof HIDDEN {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? HIDDEN : undefined
  }
}
