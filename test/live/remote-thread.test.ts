/** NEW_REMOTE_THREAD and THREAD_INJECTION: threads that others make begin, and those that nobody does. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EventRecord, NewRemoteThread, ThreadInjection } from '../../lib/events/index.js'
import { require32BitCalls } from './abilities.js'
import { isBlindTo } from './coverage.js'
import { only } from './expected.js'
import { numberAfter, outputUntil } from './held.js'
import { type Link, program } from './programs.js'
import { ended, eventsOf, named } from './sensor.js'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

const EVENTS = [
  'NEW_PROCESS',
  'EXISTING_PROCESS',
  'REMOTE_PROCESS_HANDLE',
  'NEW_REMOTE_THREAD',
  'THREAD_INJECTION',
] as const

const [CREATE_THREAD, VM_WRITE] = [0x2, 0x20]

const TRACING = ['ptrace', 'drive-SETREGS', 'drive-SETREGSET', 'drive-POKEUSER']
const WRITING = ['transfer', 'pwrite', 'write', 'writev', 'pwritev', 'pwritev2', 'pwritev2-here']

beforeAll(() => {
  if (process.arch !== 'x64') cannotRun('the code that is injected is for x64')
})

interface Injected {
  actor: number
  target: number
  /** The thread of the target that is not its first. */
  thread: number
}

/** The threads of a process beside its first. */
function othersIn(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .map(Number)
    .filter((thread) => thread !== pid)
}

async function endOf(...children: ChildProcess[]): Promise<void> {
  const ends = children.map((child) => child.exitCode === null && child.signalCode === null && once(child, 'close'))
  for (const child of children) child.stdin!.end()
  await Promise.all(ends)
}

/** A process makes another one, that is no child of its own, begin a thread. */
async function injectInto(mode: string, link?: Link): Promise<Injected> {
  const victim = spawn(program('victim', link), { stdio: 'pipe' })
  const words = /^victim (.*)\n/.exec(await outputUntil(victim, /^victim .*\n/))![1]!.split(' ')
  const begun = outputUntil(victim, /thread\n/)
  const actor = spawn(program('inject'), [mode, ...words], { stdio: 'pipe' })
  expect(await ended(actor)).toMatchObject({ code: 0 })
  await begun
  const thread = only(othersIn(victim.pid!))
  await endOf(victim)
  return { actor: actor.pid!, target: victim.pid!, thread }
}

function threadsIn(target: number, events: readonly EventRecord[]): NewRemoteThread[] {
  return named(events, 'NEW_REMOTE_THREAD', target)
}

function injectionsInto(target: number, events: readonly EventRecord[]): ThreadInjection[] {
  return events.filter(
    (record): record is ThreadInjection =>
      record.routing.event_type === 'THREAD_INJECTION' &&
      (record as ThreadInjection).event.EVENTS.some(({ event }) => event.PROCESS_ID === target),
  )
}

function expectInjection(events: readonly EventRecord[], { actor, target, thread }: Injected): void {
  const [by, upon] = [named(events, 'NEW_PROCESS', actor).at(-1)!, named(events, 'NEW_PROCESS', target).at(-1)!]
  const routing = { parent: by.routing.this, target: upon.routing.this }
  const parties = { PARENT_PROCESS_ID: actor, PROCESS_ID: target }
  const begun = only(threadsIn(target, events))
  expect(begun.event).toEqual({
    THREAD_ID: thread,
    ...parties,
    SOURCE: expect.objectContaining({ PROCESS_ID: actor, THIS_ATOM: by.routing.this }),
    TARGET: expect.objectContaining({ PROCESS_ID: target, THIS_ATOM: upon.routing.this }),
  })
  expect(begun.routing).toMatchObject(routing)

  const injection = only(injectionsInto(target, events))
  expect(injection.routing).toMatchObject(routing)
  const [handle, last] = injection.event.EVENTS
  expect(last).toEqual(begun)
  expect(handle!.event).toMatchObject(parties)
  expect(handle!.routing).toMatchObject(routing)
  expect((handle!.event as { ACCESS_FLAGS: number }).ACCESS_FLAGS & (CREATE_THREAD | VM_WRITE)).not.toBe(0)
  expect(events).toContainEqual(handle)
}

describe('a thread that another process makes begin', () => {
  test.each([...TRACING, ...WRITING])('%s', async (mode) => {
    const { events, ...injected } = await eventsOf(EVENTS, () => injectInto(mode))
    expectInjection(events, injected)
  })
})

describe('a thread of code that 32-bit calls wrote', () => {
  test.each(['transfer-32', 'poke-32'])('%s', async (mode) => {
    require32BitCalls()
    const { events, ...injected } = await eventsOf(EVENTS, () => injectInto(mode, 'no-pie'))
    if (await isBlindTo('32-bit', EVENTS)) expect(threadsIn(injected.target, events)).toEqual([])
    else expectInjection(events, injected)
  })
})

describe('all of it in a pid namespace of its own', () => {
  test.each(['ptrace', 'drive-SETREGSET', 'transfer', 'pwrite'])('%s', async (mode) => {
    const { events, ...injected } = await eventsOf(EVENTS, async () => {
      const nest = spawn(program('nest'), [program('inject'), mode, 'spawn', program('victim')], { stdio: 'pipe' })
      const actor = numberAfter(await outputUntil(nest, /done\n/), 'nested')
      const [target] = childrenOf(actor)
      const thread = only(othersIn(target!))
      await endOf(nest)
      return { actor, target: target!, thread }
    })
    expectInjection(events, injected)
  })
})

function childrenOf(pid: number): number[] {
  const output = execFileSync('cat', [`/proc/${pid}/task/${pid}/children`], { encoding: 'utf8' })
  return output.trim().split(' ').map(Number)
}

describe("a child that runs its parent's code instead of its own", () => {
  test.each(['hollow', 'hollow-memory'])('%s', async (mode) => {
    const { events, ...injected } = await eventsOf(EVENTS, async () => {
      const actor = spawn(program('inject'), [mode, program('victim')], { stdio: 'pipe' })
      const target = numberAfter(await outputUntil(actor, /done\n/), 'hollowed')
      let others = othersIn(target)
      while (others.length === 0) others = othersIn(target)
      await endOf(actor)
      return { actor: actor.pid!, target, thread: only(others) }
    })
    expectInjection(events, injected)
  })
})

/** Runs a tracer with a victim that makes threads of its own all the time. */
async function traced(tracer: string, args: (victim: number) => readonly string[]) {
  const victim = spawn(program('victim'), ['1'], { stdio: 'pipe' })
  await outputUntil(victim, /^victim .*\n/)
  // Its threads come and go meanwhile.
  victim.stdout!.resume()
  const child = spawn(tracer, args(victim.pid!), { stdio: 'pipe' })
  child.on('error', () => {})
  child.stderr!.resume()
  const end = ended(child)
  const output = child.pid === undefined ? cannotRun(`there is no ${tracer}`) : (await end).output
  await endOf(victim)
  return { target: victim.pid!, tracer: child.pid!, output }
}

const GDB = ['-q', '-batch', '-nx', '-iex', 'set debuginfod enabled off', '-iex', 'set auto-load no']

test('gdb that calls pthread_create in a process', { timeout: 120_000 }, async () => {
  const call = 'call (int)pthread_create((unsigned long *)&stack, (void *)0, (void *)nothing, (void *)0)'
  const { events, target, tracer, output } = await eventsOf(EVENTS, () =>
    traced('gdb', (pid) => [...GDB, '-p', `${pid}`, '-ex', 'set scheduler-locking off', '-ex', call, '-ex', 'detach']),
  )
  expect(output).toMatch(/\[New Thread /)
  const thread = only(threadsIn(target, events))
  expect(thread.event).toMatchObject({ PARENT_PROCESS_ID: tracer, PROCESS_ID: target })
  expect(only(injectionsInto(target, events)).event.EVENTS.at(-1)).toEqual(thread)
})

describe('what is no injection', () => {
  test('breakpoints of gdb', { timeout: 120_000 }, async () => {
    const script = ['break nothing', 'break pthread_create', 'break clone3'].flatMap((line) => ['-ex', line])
    const rounds = Array.from({ length: 8 }, () => ['-ex', 'continue']).flat()
    const { events, target, output } = await eventsOf(EVENTS, () =>
      traced('gdb', (pid) => [...GDB, '-p', `${pid}`, ...script, ...rounds, '-ex', 'delete', '-ex', 'detach']),
    )
    expect(output.match(/hit Breakpoint \d/g)?.length).toBeGreaterThanOrEqual(6)
    expect(named(events, 'REMOTE_PROCESS_HANDLE', target).length).toBeGreaterThan(0)
    expect([...threadsIn(target, events), ...injectionsInto(target, events)]).toEqual([])
  })

  test('strace -f', { timeout: 120_000 }, async () => {
    const calls = join(temporaryFolder(), 'calls')
    const { events, target } = await eventsOf(EVENTS, () =>
      traced('timeout', (pid) => ['-s', 'INT', '1', 'strace', '-f', '-o', calls, '-p', `${pid}`]),
    )
    // Not the calls' names: a strace that came during a call may take each entry for the exit of the one before.
    const followed = readFileSync(calls, 'utf8').matchAll(/^(\d+) +\+\+\+ exited/gm)
    expect([...followed].filter(([, id]) => Number(id) !== target)).not.toEqual([])
    expect(named(events, 'REMOTE_PROCESS_HANDLE', target).length).toBeGreaterThan(0)
    expect([...threadsIn(target, events), ...injectionsInto(target, events)]).toEqual([])
  })

  test('gcore, and threads that a process makes by itself', { timeout: 120_000 }, async () => {
    const { events, target } = await eventsOf(EVENTS, () =>
      traced('gcore', (pid) => ['-o', join(temporaryFolder(), 'core'), `${pid}`]),
    )
    expect([...threadsIn(target, events), ...injectionsInto(target, events)]).toEqual([])
  })
})
