import { spawn, spawnSync } from 'node:child_process'
import { hostname } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { execBytes } from './bytes.js'
import { isPages, last, memoryUsage, only, startedHere } from './expected.js'
import { whileHeld } from './held.js'
import { baseAddress, statusOf } from './proc.js'
import { LINKS, type Link, program } from './programs.js'
import { Collected, ended, eventsOf, named } from './sensor.js'

const NAMES = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'] as const
/** Between the kernel's clock and ours, and for what is rounded. */
const TOLERANCE_MS = 100

test('the start of a process is one event with these fields and in this order', async () => {
  const file = program('hold')
  const before = Date.now()
  const { child, seen, events } = await eventsOf(NAMES, () =>
    whileHeld(file, ['a b', 'c'], (pid) => ({ base: baseAddress(pid), startMs: statusOf(pid)!.startMs })),
  )
  const after = Date.now()

  const record = only(named(events, 'NEW_PROCESS', child.pid))
  const { event_time: time, this: atom, parent } = record.routing
  expect(Object.entries(record.event)).toEqual([
    ['PROCESS_ID', child.pid],
    ['PARENT_PROCESS_ID', process.pid],
    ['FILE_PATH', file],
    ['COMMAND_LINE', `${file} a b c`],
    ['BASE_ADDRESS', seen.base],
    ...Object.entries(memoryUsage(record)),
    ['THREADS', 1],
    ['USER_NAME', 'root'],
    ['USER_ID', 0],
    ['TIMESTAMP', time],
    ['PARENT', expect.objectContaining({ PROCESS_ID: process.pid, THIS_ATOM: parent })],
  ])
  expect(time).toBeGreaterThan(before - TOLERANCE_MS)
  expect(time).toBeLessThan(after + TOLERANCE_MS)
  // Its last four bytes are the second in which the process started, which a tick of 10 ms may round.
  const second = Number.parseInt(atom.slice(24), 16)
  expect(Math.abs(second * 1_000 + 500 - seen.startMs)).toBeLessThan(500 + TOLERANCE_MS)
})

test('its envelope is that of the machine', async () => {
  const { child, events } = await eventsOf(NAMES, () => spawn(program('exit-as-told')))
  const { routing } = only(named(events, 'NEW_PROCESS', child.pid))
  const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  const atom = expect.stringMatching(/^[0-9a-f]{32}$/)
  expect(routing).toEqual({
    oid: uuid,
    iid: uuid,
    sid: uuid,
    did: '',
    hostname: hostname(),
    ext_ip: '',
    int_ip: expect.any(String),
    plat: 0x20000000,
    arch: { x64: 2, arm64: 4 }[process.arch as string] ?? expect.any(Number),
    moduleid: 2,
    tags: [],
    event_type: 'NEW_PROCESS',
    event_time: expect.any(Number),
    event_id: uuid,
    this: atom,
    parent: atom,
  })
})

const WHOLE_LINKS = (Object.keys(LINKS) as Link[]).filter((link) => !['32-bit', 'bare', 'shared'].includes(link))

test.each(WHOLE_LINKS)(
  'a program that is linked as %s has the base address at which the kernel mapped it',
  async (link) => {
    const file = program('hold', link)
    const { child, seen, events } = await eventsOf(NAMES, () => whileHeld(file, [], baseAddress))
    const record = only(named(events, 'NEW_PROCESS', child.pid))
    expect(record.event).toEqual(
      startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: file, COMMAND_LINE: file, BASE_ADDRESS: seen }),
    )
    expect(seen).toSatisfy(isPages)
  },
)

test('a program of 32 bits is as any other; where the kernel cannot execute it, it makes no event', async () => {
  const file = program('hold-bare', '32-bit')
  const [launcher, words] = execBytes(file, ['name', 'a'])
  const { refused, events: without } = await eventsOf(NAMES, async () => ({
    refused: spawnSync(launcher, words, { input: '' }),
  }))
  if (refused.status === 127) {
    expect(refused.stderr.toString()).toContain('Exec format error')
    expect(named(without, 'NEW_PROCESS', refused.pid).map(({ event }) => event.FILE_PATH)).toEqual([launcher])
    return
  }
  const { child, seen, events } = await eventsOf(NAMES, () => whileHeld(file, ['a'], baseAddress))
  const record = only(named(events, 'NEW_PROCESS', child.pid))
  expect(record.event).toEqual(
    startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: file, COMMAND_LINE: `${file} a`, BASE_ADDRESS: seen }),
  )
})

test('two sensors call the same images by the same atoms, and their events by different ids', async () => {
  const other = await Collected.open({ events: NAMES, forkWindowMs: 10_000 })
  onTestFinished(async () => {
    await other.close()
  })
  const { child, events } = await eventsOf(NAMES, () => spawn(program('fork-deep'), ['3']))
  await other.close()

  const family = named(events, 'NEW_PROCESS', child.pid)
  for (const record of events) {
    if (record.routing.event_type === 'NEW_PROCESS' && record.routing.parent === family.at(-1)!.routing.this) {
      family.push(record as (typeof family)[0])
    }
  }
  expect(family).toHaveLength(4)
  for (const mine of family) {
    const theirs = only(named(other.events, 'NEW_PROCESS', mine.event.PROCESS_ID))
    // Each has its own event of what was there before it, and its own look at the clock.
    expect(theirs.event).toEqual({ ...mine.event, TIMESTAMP: theirs.event.TIMESTAMP, PARENT: expect.anything() })
    expect(Math.abs(theirs.event.TIMESTAMP - mine.event.TIMESTAMP)).toBeLessThan(TOLERANCE_MS)
    const { this: atom, parent } = mine.routing
    expect(theirs.routing).toMatchObject({ this: atom, parent })
    expect(theirs.event.PARENT).toMatchObject({ THIS_ATOM: parent, PARENT_ATOM: mine.event.PARENT!.PARENT_ATOM })
    expect(theirs.routing.event_id).not.toBe(mine.routing.event_id)
  }
  const ends = [events, other.events].map((all) => only(named(all, 'TERMINATE_PROCESS', child.pid)))
  expect(ends[0]!.routing.parent).toBe(ends[1]!.routing.parent)
  expect(ends[0]!.routing.this).not.toBe(ends[1]!.routing.this)
})

test('a process that ends at once is told whole, however many there are of its kind', async () => {
  const file = program('exit-as-told')
  const { children, events } = await eventsOf(NAMES, async () => {
    const children = Array.from({ length: 30 }, (_, i) => spawn(file, ['exit', '0', `${i}`]))
    await Promise.all(children.map(ended))
    return { children }
  })
  children.forEach((child, i) => {
    const record = last(named(events, 'NEW_PROCESS', child.pid))
    expect(record.event).toEqual(
      startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: file, COMMAND_LINE: `${file} exit 0 ${i}` }),
    )
    expect(only(named(events, 'TERMINATE_PROCESS', child.pid)).routing.parent).toBe(record.routing.this)
  })
})
