import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, readlinkSync, rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { only } from './expected.js'
import { numberAfter, outputUntil } from './held.js'
import { argumentsOf, baseAddress, pageBytes, pids, type Status, statusLine, statusOf, TICK_MS } from './proc.js'
import { LINKS, type Link, program } from './programs.js'
import { Collected, ended, eventsOfPid, existingNow, named } from './sensor.js'

const LONG = ['x'.repeat(100_000), '', 'last\n']
const WHOLE_LINKS = (Object.keys(LINKS) as Link[]).filter((link) => link !== '32-bit' && link !== 'bare')

type Existing = Awaited<ReturnType<typeof existingNow>>

interface Found {
  /** What was there before the sensor was opened and still is after. */
  before: Map<number, Status>
  after: Map<number, Status>
  events: Existing['events']
  openingMs: number
  openedMs: number
  /** Processes of ours, by what they are. */
  ours: Record<string, number>
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
  const ours = await makeProcesses()
  const before = statuses()
  const { events, openingMs, openedMs } = await existingNow()
  return { before, after: statuses(), events, openingMs, openedMs, ours }
}

async function makeProcesses(): Promise<Record<string, number>> {
  const ours: Record<string, number> = {
    long: await held(program('hold'), LONG),
    threads: await held(program('hold-threads'), ['7']),
    leaderless: await held(program('hold-threads'), ['3', 'leaderless']),
    deleted: await heldDeleted(),
    shortTitle: await held(program('retitle'), ['title', '1']),
    longTitle: await held(program('retitle'), ['title: and what it does ', '20']),
  }
  for (const link of WHOLE_LINKS) ours[link] = await held(program('hold', link), [])
  const output = await outputUntil(start(program('zombie'), []), /zombie \d+\n/)
  ours.zombie = numberAfter(output, 'zombie')
  return ours
}

function start(file: string, args: readonly string[], argv0 = file): ChildProcess & { pid: number } {
  const child = spawn(file, args, { argv0, stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  return child as ChildProcess & { pid: number }
}

async function held(file: string, args: readonly string[], argv0 = file): Promise<number> {
  const child = start(file, args, argv0)
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

function statuses(): Map<number, Status> {
  return new Map(
    pids().flatMap((pid) => {
      const status = statusOf(pid)
      return status === undefined ? [] : [[pid, status] as const]
    }),
  )
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

test('every process that is there when a sensor is opened has one event', async () => {
  const found = await whatIsFound()
  const wrong = lasting(found).filter(({ records }) => records.length !== 1)
  expect(wrong).toEqual([])
  expect(lasting(found).length).toBeGreaterThan(10)
  const numbers = found.events.map(({ event }) => ('PROCESS_ID' in event ? event.PROCESS_ID : 0))
  expect(new Set(numbers).size).toBe(numbers.length)
})

test('its time is when the sensor found it', async () => {
  const { events, openingMs, openedMs } = await whatIsFound()
  for (const { routing } of events) {
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
    const { PARENT, ...own } = parent.event
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
  for (const { pid, status, records } of lasting(found)) {
    if (status.isKernelThread || status.isZombie) continue
    const seen = readable(() => ({
      root: readlinkSync(`/proc/${pid}/ns/mnt`),
      FILE_PATH: readlinkSync(`/proc/${pid}/exe`),
      COMMAND_LINE: argumentsOf(pid).join(' '),
    }))
    if (seen?.root !== ourRoot) continue
    const { FILE_PATH, COMMAND_LINE } = seen
    expect(records[0]!.event).toMatchObject({ FILE_PATH, COMMAND_LINE })
    compared++
  }
  expect(compared).toBeGreaterThan(10)
})

/** Some processes do not let even root read them, and some are gone meanwhile. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

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
  expect(record.event).toEqual({
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
    for (const field of ['FILE_PATH', 'COMMAND_LINE', 'BASE_ADDRESS', 'MEMORY_USAGE']) {
      expect(records[0]!.event).not.toHaveProperty(field)
    }
  }
})

test('a process that was started with 100 KB of arguments has them all', async () => {
  const { events, ours } = await whatIsFound()
  const record = only(named(events, 'EXISTING_PROCESS', ours.long))
  const { this: PARENT_ATOM } = only(named(events, 'EXISTING_PROCESS', process.pid)).routing
  expect(record.event).toEqual({
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

test('a process whose leader has left is there', async () => {
  const { events, ours } = await whatIsFound()
  expect(only(named(events, 'EXISTING_PROCESS', ours.leaderless)).event).toMatchObject({
    PARENT_PROCESS_ID: process.pid,
    USER_ID: 0,
  })
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
  expect(record.event).toEqual({
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

test('of processes that come and go while a sensor opens, none is missing and none is there twice', async () => {
  const child = start(program('come-and-go'), [])
  const end = ended(child)
  await outputUntil(child, /\n.*\n/)
  const collected = await Collected.open({ events: ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'] })
  await collected.upToNow()
  child.stdin!.end()
  const made = (await end).output.trim().split('\n').map(Number)
  const { events } = await collected.close()

  const lives = made.map((pid) => eventsOfPid(events, pid).map(({ routing }) => routing.event_type))
  const firstSeen = lives.findIndex((life) => life.length > 0)
  expect(firstSeen).toBeGreaterThan(-1)
  expect(made.length - firstSeen).toBeGreaterThan(3)
  for (const life of lives.slice(firstSeen)) {
    expect(life).toEqual([expect.stringMatching(/^(NEW|EXISTING)_PROCESS$/), 'TERMINATE_PROCESS'])
  }
})
