/** System calls as nobody makes them but to hide or to accuse: numbers that are too wide, and calls that never run. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { EventName, EventRecord } from '../../lib/events/index.js'
import { isBlindTo } from './coverage.js'
import { numberAfter, whileHeld } from './held.js'
import { program } from './programs.js'
import { ended, eventsOf, named } from './sensor.js'
import { cannotRun, machineCannot } from './skip.js'
import { temporaryFolder } from './temporary.js'

const EVENTS = [
  'NEW_PROCESS',
  'EXISTING_PROCESS',
  'MODULE_LOAD',
  'REMOTE_PROCESS_HANDLE',
  'NEW_REMOTE_THREAD',
  'SENSITIVE_PROCESS_ACCESS',
  'THREAD_INJECTION',
  'NEW_NAMED_PIPE',
  'OPEN_NAMED_PIPE',
] as const satisfies readonly EventName[]

const [VM_READ, WRITES, DUP_HANDLE, TRACES, SYNCHRONIZE] = [0x10, 0x28, 0x40, 0xc3a, 0x10_0000]
const ENOSYS = 38

/** What one process did to others: upon whom, and how. */
function handlesBy(actor: number, events: readonly EventRecord[]): [target: number, mask: number][] {
  return events.flatMap(({ event }) =>
    'ACCESS_FLAGS' in event && event.PARENT_PROCESS_ID === actor ? [[event.PROCESS_ID, event.ACCESS_FLAGS]] : [],
  )
}

function pathsOf(
  name: 'NEW_NAMED_PIPE' | 'OPEN_NAMED_PIPE' | 'MODULE_LOAD',
  pid: number,
  events: readonly EventRecord[],
) {
  return named(events, name, pid).map(({ event }) => event.FILE_PATH ?? '')
}

describe('a call is seen whatever stands above the 32 bits that the kernel takes', () => {
  const CALLS: readonly (readonly [entry: string, high: string])[] = [
    ['64', '0'],
    ['64', '1'],
    ['64', '80000000'],
    ['64', 'ffffffff'],
    ['x32', '0'],
    ['x32', 'ffffffff'],
    ['32', '0'],
    ['32', 'ffffffff'],
  ]

  test.each(CALLS)('by the entry of %s, with %s', async (entry, high) => {
    if (process.arch !== 'x64') cannotRun('the registers are those of x86')
    const folder = temporaryFolder()
    const [pipe, file] = [join(folder, 'pipe'), join(folder, 'file')]
    copyFileSync('/bin/true', file)
    const { events, child } = await eventsOf(
      EVENTS,
      () => whole(spawn(program('wide'), [entry, high, pipe, file], { stdio: 'pipe' })),
      { allAccess: true },
    )
    if (child.output.includes(`errno ${ENOSYS} in`)) machineCannot(`it takes no calls of ${entry}`)
    expect(child.output).not.toContain('errno')
    const mapped = [...child.output.matchAll(/^mapped (.*)$/gm)].map(([, path]) => path)
    expect(mapped).toHaveLength(entry === '32' ? 3 : 2)

    const isBlind = entry !== '64' && (await isBlindTo('32-bit', EVENTS))
    const target = numberAfter(child.output, 'child')
    const masks = [VM_READ, WRITES, VM_READ | WRITES, SYNCHRONIZE, DUP_HANDLE, TRACES]
    expect(handlesBy(child.pid, events)).toEqual(isBlind ? [] : masks.map((mask) => [target, mask]))
    expect(pathsOf('NEW_NAMED_PIPE', child.pid, events)).toEqual(isBlind ? [] : [pipe])
    // By its name, and by its handle.
    expect(pathsOf('OPEN_NAMED_PIPE', child.pid, events)).toEqual(isBlind ? [] : [pipe, pipe])
    const told = pathsOf('MODULE_LOAD', child.pid, events).filter((path) => path.startsWith(folder))
    expect(told).toEqual(isBlind ? [] : mapped)
  })
})

describe('a call that never ran is no event, whatever it returned', () => {
  const HOW: readonly (readonly [how: string, answered: number])[] = [
    ['refuse', 14],
    ['succeed', 14],
    ['notify', 14],
    ['trap', 14],
    ['emulate', 14],
  ]

  test.each(HOW)('%s', async (how, answered) => {
    const folder = temporaryFolder()
    const [pipe, file] = [join(folder, 'pipe'), join(folder, 'file')]
    execFileSync('mkfifo', [pipe])
    copyFileSync('/bin/true', file)
    const { events, seen, child } = await eventsOf(
      EVENTS,
      () =>
        whileHeld(program('hold'), [], async (pid) => {
          const actor = spawn(program('answered'), [how, `${pid}`, pipe, file], { stdio: 'pipe' })
          return { pid: actor.pid!, output: (await ended(actor)).output }
        }),
      { allAccess: true, extended: true },
    )
    if (seen.output.includes('errno')) cannotRun(`this machine has none that answers so (${how})`)
    expect(numberAfter(seen.output, 'answered')).toBe(answered)
    expect(existsSync(`${pipe}.new`)).toBe(false)

    // What it prepares is so.
    const actor = numberAfter(seen.output, 'actor')
    const traced = actor === seen.pid ? [] : [[actor, TRACES]]
    expect(handlesBy(seen.pid, events)).toEqual([[child.pid, VM_READ | WRITES], ...traced])
    expect(pathsOf('OPEN_NAMED_PIPE', seen.pid, events)).toEqual([pipe])
    if (actor !== seen.pid) {
      expect(handlesBy(actor, events)).toEqual([])
      expect(pathsOf('OPEN_NAMED_PIPE', actor, events)).toEqual([])
    }
    for (const pid of new Set([actor, seen.pid])) {
      expect(pathsOf('NEW_NAMED_PIPE', pid, events)).toEqual([])
      expect(pathsOf('MODULE_LOAD', pid, events)).not.toContain(file)
    }
    expect(named(events, 'NEW_REMOTE_THREAD', child.pid)).toEqual([])
  })
})

async function whole(child: ChildProcess) {
  return { child: { pid: child.pid!, ...(await ended(child)) } }
}
