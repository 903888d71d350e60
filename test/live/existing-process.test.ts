import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { copyFileSync, readlinkSync, rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import type { EventRecord } from '../../lib/events/index.js'
import { documented, extensions, extensionsOf, namespacesOf, only } from './expected.js'
import { numberAfter, outputUntil } from './held.js'
import { argumentsOf, baseAddress, pageBytes, pids, type Status, statusLine, statusOf, TICK_MS } from './proc.js'
import { LINKS, type Link, program } from './programs.js'
import { Collected, ended, eventsOfPid, named } from './sensor.js'
import { temporaryFolder } from './temporary.js'
import { INSIDE, smallTree } from './tree.js'

const NAMES = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'] as const
const LONG = ['x'.repeat(100_000), '', 'last\n']
const WHOLE_LINKS = (Object.keys(LINKS) as Link[]).filter((link) => !['32-bit', 'bare', 'shared'].includes(link))
/** Who is root in a user namespace of its own: in no passwd file. */
const OWNER = 4_000_000_002

interface Seen extends Status {
  /** Undefined of processes that even root may not read, and of those that are gone. */
  image: { root: string; FILE_PATH: string; COMMAND_LINE: string } | undefined
}

interface Found {
  /** As /proc had it before the sensor was opened, and after. */
  before: Map<number, Seen>
  after: Map<number, Seen>
  events: EventRecord[]
  openingMs: number
  openedMs: number
  /** Processes of ours that are there all the time, by what they are. */
  ours: Record<string, number>
  terminal: string
  /** Processes that came and went meanwhile. */
  passing: number[]
}

const children: ChildProcess[] = []
let found: Promise<Found> | undefined

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** One look at the machine serves all tests. */
function whatIsFound(): Promise<Found> {
  found ??= look()
  return found
}

async function look(): Promise<Found> {
  const { ours, terminal } = await makeProcesses()
  const passing = start(program('come-and-go'), [])
  const passed = ended(passing)
  await outputUntil(passing, /\n.*\n/)

  const before = seenInProc()
  const openingMs = Date.now()
  const collected = await Collected.open({ events: NAMES, extended: true })
  const openedMs = Date.now()
  const after = seenInProc()
  await collected.upToNow()
  passing.stdin!.end()
  const { output } = await passed
  await collected.close()
  const { events } = collected
  return { before, after, events, openingMs, openedMs, ours, terminal, passing: output.trim().split('\n').map(Number) }
}

async function makeProcesses() {
  const ours: Record<string, number> = {
    long: await held(program('hold'), LONG, { cwd: temporaryFolder() }),
    threads: await held(program('hold-threads'), ['7']),
    leaderless: await held(program('hold-threads'), ['3', 'leaderless']),
    deleted: await heldDeleted(),
    shortTitle: await held(program('retitle'), ['title', '1']),
    longTitle: await held(program('retitle'), ['title: and what it does ', '20']),
    contained: await heldWithin(0),
    foreign: await heldWithin(OWNER),
  }
  for (const link of WHOLE_LINKS) ours[link] = await held(program('hold', link), [])
  ours.zombie = numberAfter(await outputUntil(start(program('zombie'), []), /zombie \d+\n/), 'zombie')
  const output = await outputUntil(start(program('on-terminal'), [program('hold'), 'argv0']), /ready \d+\n/)
  ours.onTerminal = numberAfter(output, 'ready')
  return { ours, terminal: /(?<=^terminal \/dev\/)\S+$/m.exec(output)![0] }
}

function start(file: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess & { pid: number } {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options })
  children.push(child)
  return child as ChildProcess & { pid: number }
}

async function held(file: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  const child = start(file, args, options)
  await outputUntil(child, /ready \d+\n/)
  return child.pid
}

async function heldDeleted(): Promise<number> {
  const copy = `${program('hold')}.deleted`
  copyFileSync(program('hold'), copy)
  const pid = await held(copy, [])
  rmSync(copy)
  return pid
}

async function heldWithin(owner: number): Promise<number> {
  const child = start(program('contained'), [smallTree(), `${owner}`, INSIDE, 'argv0'])
  return numberAfter(await outputUntil(child, /ready \d+\n/), 'contained')
}

function seenInProc(): Map<number, Seen> {
  return new Map(
    pids().flatMap((pid) => {
      const status = statusOf(pid)
      return status === undefined ? [] : [[pid, { ...status, image: imageOf(pid) }] as const]
    }),
  )
}

function imageOf(pid: number): Seen['image'] {
  try {
    return {
      root: readlinkSync(`/proc/${pid}/ns/mnt`),
      FILE_PATH: readlinkSync(`/proc/${pid}/exe`),
      COMMAND_LINE: argumentsOf(pid).join(' '),
    }
  } catch {
    return undefined
  }
}

/** Those that were there all the time, with the events about them. */
function lasting({ before, after, events }: Found) {
  return [...before].flatMap(([pid, status]) => {
    const now = after.get(pid)
    return now === undefined || now.startTicks !== status.startTicks
      ? []
      : [{ pid, status, now, records: named(events, 'EXISTING_PROCESS', pid) }]
  })
}

function existing({ events }: Found) {
  return events.filter(({ routing }) => routing.event_type === 'EXISTING_PROCESS')
}

test('every process that is there when a sensor is opened has one event', async () => {
  const found = await whatIsFound()
  const wrong = lasting(found).filter(({ records }) => records.length !== 1)
  expect(wrong).toEqual([])
  expect(lasting(found).length).toBeGreaterThan(10)
  const numbers = existing(found).map(({ event }) => ('PROCESS_ID' in event ? event.PROCESS_ID : 0))
  expect(new Set(numbers).size).toBe(numbers.length)
})

test('its time is when the sensor found it', async () => {
  const found = await whatIsFound()
  const { openingMs, openedMs } = found
  for (const { routing } of existing(found)) {
    expect(routing.event_time).toBeGreaterThan(openingMs - 100)
    expect(routing.event_time).toBeLessThan(openedMs + 100)
  }
})

test('its CREATION_TIME is when it was started', async () => {
  const found = await whatIsFound()
  const self = only(named(found.events, 'EXISTING_PROCESS', process.pid)).event.CREATION_TIME!
  const selfStatus = found.before.get(process.pid)!
  expect(Math.abs(self - selfStatus.startMs)).toBeLessThan(100)
  // Against each other exact to a tick, whatever the wall clock does.
  for (const { status, records } of lasting(found)) {
    const { CREATION_TIME: time, PROCESS_ID } = records[0]!.event
    const ticks = (status.startTicks - selfStatus.startTicks) * TICK_MS
    expect(Math.abs(time! - self - ticks), `${PROCESS_ID}`).toBeLessThanOrEqual(TICK_MS + 1)
  }
})

test('its PARENT is its parent, as that one’s own event has it', async () => {
  const found = await whatIsFound()
  for (const { status, now, records } of lasting(found)) {
    if (status.parentPid !== now.parentPid) continue
    const { routing, event } = records[0]!
    expect(event.PARENT_PROCESS_ID).toBe(status.parentPid)
    const parent = named(found.events, 'EXISTING_PROCESS', status.parentPid)[0]
    if (parent === undefined) {
      expect(status.parentPid).toBe(0)
      expect(event).not.toHaveProperty('PARENT')
      continue
    }
    const { PARENT, ...own } = documented(parent.event)
    const PARENT_ATOM = parent.routing.parent
    expect(event.PARENT).toEqual({ ...own, THIS_ATOM: parent.routing.this, ...(PARENT_ATOM && { PARENT_ATOM }) })
    expect(routing.parent).toBe(parent.routing.this)
    expect(found.events.indexOf(parent)).toBeLessThan(found.events.indexOf(records[0]!))
  }
})

test('its path and its arguments are those that /proc has of it', async () => {
  const found = await whatIsFound()
  const ourRoot = readlinkSync('/proc/self/ns/mnt')
  let compared = 0
  for (const { status, now, records } of lasting(found)) {
    // Some were executing another program just then.
    if (status.image?.root !== ourRoot || JSON.stringify(status.image) !== JSON.stringify(now.image)) continue
    const { FILE_PATH, COMMAND_LINE } = status.image
    expect(records[0]!.event).toMatchObject({ FILE_PATH, COMMAND_LINE })
    compared++
  }
  expect(compared).toBeGreaterThan(10)
})

test.each(['shortTitle', 'longTitle'])(
  'a process that wrote over its arguments has what it wrote: %s',
  async (which) => {
    const { events, ours } = await whatIsFound()
    const { event } = only(named(events, 'EXISTING_PROCESS', ours[which]))
    expect(event.COMMAND_LINE).toBe(argumentsOf(ours[which]!).join(' '))
    expect(event).not.toHaveProperty('TRUNCATED')
  },
)

test('a kernel thread has neither path nor arguments nor memory', async () => {
  const { events } = await whatIsFound()
  // kthreadd, their parent.
  const record = only(named(events, 'EXISTING_PROCESS', 2))
  expect(documented(record.event)).toEqual({
    PROCESS_ID: 2,
    PARENT_PROCESS_ID: 0,
    THREADS: 1,
    USER_NAME: 'root',
    USER_ID: 0,
    CREATION_TIME: record.event.CREATION_TIME,
    TIMESTAMP: record.routing.event_time,
  })
  expect(record.routing).not.toHaveProperty('parent')
  const others = lasting(await whatIsFound()).filter(({ status }) => status.isKernelThread)
  for (const { records } of others) {
    for (const field of ['FILE_PATH', 'COMMAND_LINE', 'BASE_ADDRESS', 'MEMORY_USAGE', 'ARGUMENTS']) {
      expect(records[0]!.event).not.toHaveProperty(field)
    }
  }
})

test('a process that was started with 100 KB of arguments has them all', async () => {
  const { events, ours } = await whatIsFound()
  const record = only(named(events, 'EXISTING_PROCESS', ours.long))
  const { this: PARENT_ATOM } = only(named(events, 'EXISTING_PROCESS', process.pid)).routing
  expect(documented(record.event)).toEqual({
    PROCESS_ID: ours.long,
    PARENT_PROCESS_ID: process.pid,
    FILE_PATH: program('hold'),
    COMMAND_LINE: [program('hold'), ...LONG].join(' '),
    BASE_ADDRESS: baseAddress(ours.long!),
    MEMORY_USAGE: expect.toSatisfy((bytes) => bytes > 0 && bytes % pageBytes === 0),
    THREADS: 1,
    USER_NAME: 'root',
    USER_ID: 0,
    CREATION_TIME: record.event.CREATION_TIME,
    TIMESTAMP: record.routing.event_time,
    PARENT: expect.objectContaining({ PROCESS_ID: process.pid, THIS_ATOM: PARENT_ATOM }),
  })
})

test.each(WHOLE_LINKS)('a program that is linked as %s has the base address at which it is mapped', async (link) => {
  const { events, ours } = await whatIsFound()
  expect(only(named(events, 'EXISTING_PROCESS', ours[link])).event.BASE_ADDRESS).toBe(baseAddress(ours[link]!))
})

test('a process of seven threads has one event, which says so', async () => {
  const { events, ours } = await whatIsFound()
  expect(statusLine(ours.threads!, 'Threads')).toEqual(['7'])
  expect(only(named(events, 'EXISTING_PROCESS', ours.threads)).event.THREADS).toBe(7)
})

test('a process whose main thread has left is what its other threads are', async () => {
  const { events, ours } = await whatIsFound()
  const { event } = only(named(events, 'EXISTING_PROCESS', ours.leaderless))
  const { this: PARENT_ATOM } = only(named(events, 'EXISTING_PROCESS', process.pid)).routing
  expect(documented(event)).toEqual({
    PROCESS_ID: ours.leaderless,
    PARENT_PROCESS_ID: process.pid,
    FILE_PATH: program('hold-threads'),
    COMMAND_LINE: `${program('hold-threads')} 3 leaderless`,
    BASE_ADDRESS: expect.toSatisfy((address) => address > 0 && address % pageBytes === 0),
    MEMORY_USAGE: expect.toSatisfy((bytes) => bytes > 0 && bytes % pageBytes === 0),
    THREADS: Number(statusLine(ours.leaderless!, 'Threads')[0]),
    USER_NAME: 'root',
    USER_ID: 0,
    CREATION_TIME: event.CREATION_TIME,
    TIMESTAMP: event.TIMESTAMP,
    PARENT: expect.objectContaining({ PROCESS_ID: process.pid, THIS_ATOM: PARENT_ATOM }),
  })
  expect(event).toMatchObject({ CURRENT_DIRECTORY: process.cwd(), NAMESPACES: namespacesOf(process.pid) })
})

test('a program that was removed while it ran is said to be deleted', async () => {
  const { events, ours } = await whatIsFound()
  const file = `${program('hold')}.deleted`
  expect(only(named(events, 'EXISTING_PROCESS', ours.deleted)).event).toMatchObject({
    FILE_PATH: `${file} (deleted)`,
    COMMAND_LINE: file,
  })
})

test('a process that ended and was not buried has nothing left but its numbers', async () => {
  const { events, ours, before } = await whatIsFound()
  const record = only(named(events, 'EXISTING_PROCESS', ours.zombie))
  expect(documented(record.event)).toEqual({
    PROCESS_ID: ours.zombie,
    PARENT_PROCESS_ID: before.get(ours.zombie!)!.parentPid,
    THREADS: 1,
    USER_NAME: 'root',
    USER_ID: 0,
    CREATION_TIME: record.event.CREATION_TIME,
    TIMESTAMP: record.routing.event_time,
    PARENT: expect.objectContaining({ FILE_PATH: program('zombie') }),
  })
})

test('an extended event of it says everything that /proc can say', async () => {
  const { events, ours } = await whatIsFound()
  const { event } = only(named(events, 'EXISTING_PROCESS', ours.long))
  const expected = extensionsOf(ours.long!)
  expect(expected.ARGUMENTS).toEqual([program('hold'), ...LONG])
  // Its directory was the first test's own, and is gone with it.
  expected.CURRENT_DIRECTORY = expected.CURRENT_DIRECTORY.replace(/ \(deleted\)$/, '')
  expect(extensions(event)).toEqual(expected)
  expect(Object.keys(event)).toEqual([...Object.keys(documented(event)), ...Object.keys(expected), 'SEQUENCE'])
})

test('a process with a terminal has the name of its terminal', async () => {
  const { events, ours, terminal } = await whatIsFound()
  expect(terminal).toMatch(/^pts\/\d+$/)
  expect(only(named(events, 'EXISTING_PROCESS', ours.onTerminal)).event.TTY).toBe(terminal)
})

test('a process in a pid, mount and other namespaces of its own has the path that it has there', async () => {
  const { events, ours } = await whatIsFound()
  const { event } = only(named(events, 'EXISTING_PROCESS', ours.contained))
  expect(event).toMatchObject({
    FILE_PATH: INSIDE,
    COMMAND_LINE: 'argv0',
    USER_NAME: 'root',
    CURRENT_DIRECTORY: '/',
    NAMESPACE_PROCESS_ID: 1,
    NAMESPACES: namespacesOf(ours.contained!),
  })
  const { NAMESPACES } = only(named(events, 'EXISTING_PROCESS', process.pid)).event
  expect(event.NAMESPACES).not.toEqual(NAMESPACES)
})

test('a user of a foreign user namespace has the number that it has on the host, and no name of the host', async () => {
  const { events, ours } = await whatIsFound()
  const { event } = only(named(events, 'EXISTING_PROCESS', ours.foreign))
  expect(event).toMatchObject({ USER_ID: OWNER, NAMESPACES: namespacesOf(ours.foreign!) })
  expect(event).not.toHaveProperty('USER_NAME')
})

test('of processes that come and go while a sensor opens, none is missing and none is there twice', async () => {
  const { events, passing } = await whatIsFound()
  const lives = passing.map((pid) => eventsOfPid(events, pid).map(({ routing }) => routing.event_type))
  const firstSeen = lives.findIndex((life) => life.length > 0)
  expect(firstSeen).toBeGreaterThan(-1)
  expect(passing.length - firstSeen).toBeGreaterThan(3)
  for (const life of lives.slice(firstSeen)) {
    expect(life).toEqual([expect.stringMatching(/^(NEW|EXISTING)_PROCESS$/), 'TERMINATE_PROCESS'])
  }
})
