/** REMOTE_PROCESS_HANDLE: who reached into whom, and how. */
import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { EventRecord, RemoteProcessHandle } from '../../lib/events/index.js'
import { require32BitCalls } from './abilities.js'
import { isBlindTo, programsFor } from './coverage.js'
import { only } from './expected.js'
import { numberAfter, whileHeld } from './held.js'
import { type Link, program } from './programs.js'
import { ended, eventsOf, named } from './sensor.js'

const EVENTS = ['NEW_PROCESS', 'EXISTING_PROCESS', 'REMOTE_PROCESS_HANDLE'] as const
const [CREATE_THREAD, VM_OPERATION, VM_READ, VM_WRITE] = [0x2, 0x8, 0x10, 0x20]
const [QUERY_INFORMATION, SUSPEND_RESUME] = [0x400, 0x800]
const [DUP_HANDLE, SYNCHRONIZE] = [0x40, 0x10_0000]
const WRITES = VM_OPERATION | VM_WRITE
const TRACES = CREATE_THREAD | VM_READ | WRITES | QUERY_INFORMATION | SUSPEND_RESUME

/** What a program that runs as nobody may not do to one of root's. */
const NOBODY = 65_534
const [EPERM, EACCES] = [1, 13]

const VERBS: readonly (readonly [verb: string, mask: number])[] = [
  ['attach', TRACES],
  ['seize', TRACES],
  ['read', VM_READ],
  ['write', WRITES],
  ['memory-read', VM_READ],
  ['memory-write', WRITES],
  ['memory-creat', WRITES],
  ['memory-openat2', VM_READ | WRITES],
  ['memory-folder', VM_READ | WRITES],
  ['memory-thread', VM_READ | WRITES],
]

interface Reached {
  handles: RemoteProcessHandle[]
  events: EventRecord[]
  actor: number
  target: number
  output: string
}

function handlesBy(actor: number, events: readonly EventRecord[]): RemoteProcessHandle[] {
  return events.filter(
    (record): record is RemoteProcessHandle =>
      record.routing.event_type === 'REMOTE_PROCESS_HANDLE' &&
      (record as RemoteProcessHandle).event.PARENT_PROCESS_ID === actor,
  )
}

/** One process reaches into another one, in the same way as reach.c says. */
async function reach(
  verb: string,
  options: { extended?: boolean; allAccess?: boolean; user?: number; target?: string; link?: Link } = {},
) {
  const { user, target: file = 'hold', link, ...sensor } = options
  const { events, child, seen } = await eventsOf(
    EVENTS,
    () =>
      whileHeld(program(file, link), file === 'hold-threads' ? ['2'] : [], async (pid) => {
        const words = [verb, `${pid}`, ...(user === undefined ? [] : [`${user}`])]
        const actor = spawn(program('reach'), words, { stdio: 'pipe' })
        return { pid: actor.pid!, output: (await ended(actor)).output }
      }),
    sensor,
  )
  const result: Reached = {
    handles: handlesBy(seen.pid, events),
    events,
    actor: seen.pid,
    target: child.pid,
    output: seen.output,
  }
  return result
}

/** Both in a pid namespace of their own. */
async function reachWithin(verb: string, sensor: { allAccess?: boolean } = {}): Promise<Reached> {
  const { output, events } = await eventsOf(
    EVENTS,
    () => ended(spawn(program('reach'), [verb, 'within'], { stdio: 'pipe' })),
    sensor,
  )
  const [actor, target] = [numberAfter(output, 'actor'), numberAfter(output, 'target')]
  expect(numberAfter(output, 'errno')).toBe(0)
  return { handles: handlesBy(actor, events), events, actor, target, output }
}

function expectParties({ handles, events, actor, target }: Reached, mask: number): void {
  const handle = only(handles)
  const [by, upon] = [only(named(events, 'NEW_PROCESS', actor)), named(events, 'NEW_PROCESS', target).at(-1)!]
  expect(handle.event).toMatchObject({ ACCESS_FLAGS: mask, PARENT_PROCESS_ID: actor, PROCESS_ID: target })
  expect(handle.routing).toMatchObject({ parent: by.routing.this, target: upon.routing.this })
  expect(handle.event.SOURCE).toMatchObject({ FILE_PATH: by.event.FILE_PATH, THIS_ATOM: by.routing.this })
  expect(handle.event.TARGET).toMatchObject({ FILE_PATH: upon.event.FILE_PATH, THIS_ATOM: upon.routing.this })
  expect(events.indexOf(by)).toBeLessThan(events.indexOf(handle))
}

test.each(VERBS)('%s is told, with both processes', async (verb, mask) => {
  const reached = await reach(verb)
  expect(numberAfter(reached.output, 'errno')).toBe(0)
  expectParties(reached, mask)
})

test('a process that is traced thread by thread, and read in many pieces, is told of once for each', async () => {
  const { handles, output } = await reach('all', { target: 'hold-threads' })
  expect(numberAfter(output, 'errno')).toBe(0)
  expect(handles.map(({ event }) => event.ACCESS_FLAGS)).toEqual([TRACES, VM_READ])
})

test('a thread is named, and its process is what is acted upon', async () => {
  const reached = await reach('attach-thread', { target: 'hold-threads' })
  expect(numberAfter(reached.output, 'errno')).toBe(0)
  expectParties(reached, TRACES)
})

test('a child that asks to be traced is the one that is acted upon', async () => {
  const { events, actor, output } = await reach('traceme')
  const child = numberAfter(output, 'child')
  const handle = only(handlesBy(actor, events))
  expect(handle.event).toMatchObject({ ACCESS_FLAGS: TRACES, PROCESS_ID: child })
  expect(handle.event.TARGET).toMatchObject({ PROCESS_ID: child, PARENT_PROCESS_ID: actor })
  expect(handle.routing.target).toBe(only(named(events, 'NEW_PROCESS', child)).routing.this)
})

test('a name of the memory that cannot be read through is no access', async () => {
  const { handles, output } = await reach('memory-name')
  expect(numberAfter(output, 'errno')).toBe(0)
  expect(handles).toEqual([])
})

describe('calls of 32 bits', () => {
  const CALLS: readonly (readonly [verb: string, mask: number])[] = [
    ['attach-32', TRACES],
    ['read-32', VM_READ],
    ['write-32', WRITES],
  ]

  test.each(CALLS)('%s', async (verb, mask) => {
    require32BitCalls()
    const reached = await reach(verb, { link: 'no-pie' })
    const error = numberAfter(reached.output, 'errno')
    expect(error).toBe(0)
    if (await isBlindTo('32-bit', EVENTS)) expect(reached.handles).toEqual([])
    else expectParties(reached, mask)
  })
})

describe('descriptors of a process', () => {
  test('are told where all access is asked for, in a pid namespace of its own too', async () => {
    const reached = await reach('pidfd-getfd', { allAccess: true })
    expect(numberAfter(reached.output, 'errno')).toBe(0)
    const [opened, taken, ...others] = reached.handles
    expect(others).toEqual([])
    expectParties({ ...reached, handles: [opened!] }, SYNCHRONIZE)
    expectParties({ ...reached, handles: [taken!] }, DUP_HANDLE)

    const within = await reachWithin('pidfd-getfd', { allAccess: true })
    expect(within.handles.map(({ event }) => event.ACCESS_FLAGS)).toEqual([SYNCHRONIZE, DUP_HANDLE])
    expectParties({ ...within, handles: [within.handles[1]!] }, DUP_HANDLE)
  })

  test('that could not be taken are told with the extended fields', async () => {
    const reached = await reach('pidfd-getfd', { allAccess: true, extended: true, user: NOBODY })
    expect(numberAfter(reached.output, 'errno')).toBe(EPERM)
    const [opened, refused] = reached.handles
    expect(opened!.event).not.toHaveProperty('DENIED')
    expectParties({ ...reached, handles: [refused!] }, DUP_HANDLE)
    expect(refused!.event).toHaveProperty('DENIED', 1)
  })

  test('are no event otherwise', async () => {
    const { handles, output } = await reach('pidfd-getfd')
    expect(numberAfter(output, 'errno')).toBe(0)
    expect(handles).toEqual([])
  })
})

describe('in a pid namespace of its own, where the other one is number 2', () => {
  test.each(VERBS)('%s', async (verb, mask) => {
    expectParties(await reachWithin(verb), mask)
  })
})

describe('what was denied', () => {
  const DENIED: readonly (readonly [verb: string, mask: number, error: number])[] = [
    ['attach', TRACES, EPERM],
    ['seize', TRACES, EPERM],
    ['read', VM_READ, EPERM],
    ['write', WRITES, EPERM],
    ['memory-read', VM_READ, EACCES],
    ['memory-openat2', VM_READ | WRITES, EACCES],
  ]

  test.each(DENIED)('%s is told with the extended fields, and says so', async (verb, mask, error) => {
    const reached = await reach(verb, { extended: true, user: NOBODY })
    expect(numberAfter(reached.output, 'errno')).toBe(error)
    // The function that opens it is not called for somebody whom the file's mode keeps out.
    if (verb.startsWith('memory') && (await programsFor(EVENTS)).includes('memory_open')) {
      expect(reached.handles).toEqual([])
      return
    }
    expectParties(reached, mask)
    expect(only(reached.handles).event).toHaveProperty('DENIED', 1)
  })

  test('is no event without them', async () => {
    const { handles, output } = await reach('attach', { user: NOBODY })
    expect(numberAfter(output, 'errno')).toBe(EPERM)
    expect(handles).toEqual([])
  })
})
