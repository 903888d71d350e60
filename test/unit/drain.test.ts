import { afterEach, expect, test, vi } from 'vitest'
import { EventClock } from '../../lib/clock.js'
import { Drain } from '../../lib/drain.js'
import type { LossAccounting } from '../../lib/events/index.js'
import { KernelCounters } from '../../lib/linux/counters.js'
import type { LinuxSource, SnapshotRecords } from '../../lib/linux/source.js'
import { Records } from '../../lib/records.js'
import { statsOf } from '../../lib/stats.js'
import { CounterBytes } from './counter-bytes.js'
import { contextFor, EPOCH, inShort, newStream, only } from './playback.js'
import { exec, exit, FLAG, fork, framed, type Image, row, TYPE } from './record-bytes.js'

const RECORDS_MAX = 4_096
const MEMORY_BYTES = 2 ** 20
const ATTACHED = 1_000

const INIT: Image = { pid: 1, execId: 5, startMs: 10 }
const SHELL: Image = { pid: 40, execId: 7, startMs: 500 }
const child = (n: number): Image => ({ pid: 100 + n, execId: 7, startMs: 2_000 + n })

/** A ring that the test writes, in place of the kernel's. */
class FakeSource {
  readonly counterBytes = new CounterBytes()
  readonly counters = new KernelCounters(this.counterBytes.memory)
  readonly attachedMs = ATTACHED
  readonly offsets = new Uint32Array(RECORDS_MAX)
  missed: Record<string, number> = {}
  readonly records = new Records(new ArrayBuffer(MEMORY_BYTES))
  #waiting: Uint8Array[] = []
  #scanned = 0

  write(...records: Uint8Array[]): void {
    this.#waiting.push(...records)
  }

  scan(): number {
    const { records, offsets } = framed(this.#waiting.slice(0, RECORDS_MAX))
    this.records.u8.set(records.u8)
    this.offsets.set(offsets)
    this.#scanned = offsets.length
    return offsets.length
  }

  /** As the kernel's ring, it forgets what it is given back. */
  release(count: number): void {
    expect(count).toBeLessThanOrEqual(this.#scanned)
    this.records.u8.fill(0xee)
    this.#waiting = this.#waiting.slice(count)
  }

  missedRuns() {
    return { ...this.missed }
  }

  counts() {
    return this.counters.read()
  }
}

function newDrain() {
  const source = new FakeSource()
  const stream = newStream()
  const live = source as unknown as LinuxSource
  const drain = new Drain(live, stream, contextFor(new EventClock(EPOCH)), 100)
  drain.expectSnapshot()
  drain.addSnapshot(snapshot([INIT, SHELL], ATTACHED))
  drain.run(ATTACHED)
  return { source, stream, drain, live }
}

function snapshot(images: Image[], endedMs: number, flags = 0): SnapshotRecords {
  const { records, bytes } = framed(images.map((image) => row(image, INIT, { atMs: endedMs, flags })))
  return { records, bytes, begunMs: endedMs, endedMs }
}

const losses = (events: Parameters<typeof inShort>[0]): LossAccounting['event'][] =>
  only('LOSS_ACCOUNTING', events).map(({ event }) => event)

afterEach(() => {
  vi.restoreAllMocks()
})

test('a loss is told between the record before it and the record behind it', () => {
  const { source, drain } = newDrain()
  source.counterBytes.fail(0, TYPE.fork, 64, 3)
  source.write(
    exec(child(1), SHELL, { atMs: 2_100 }),
    exec(child(2), SHELL, { atMs: 2_200, lost: 3 }),
    exec(child(3), SHELL, { atMs: 2_300, lost: 3 }),
  )
  const events = drain.run(2_400)
  expect(inShort(events)).toEqual(['NEW 101', 'LOSS_ACCOUNTING', 'NEW 102', 'NEW 103'])
  expect(losses(events)).toEqual([
    { LOST: { FORK: 3 }, BYTES: 64, REASON: 'RING_FULL', FROM: EPOCH + 2_100, TO: EPOCH + 2_200 },
  ])
  expect(events[1]!.routing).toMatchObject({ event_time: EPOCH + 2_200 })
  expect(events[1]!.routing).not.toHaveProperty('parent')
})

test('a loss that no record follows is told when the ring is empty', () => {
  const { source, drain } = newDrain()
  source.write(exec(child(1), SHELL, { atMs: 2_100 }))
  source.counterBytes.fail(1, TYPE.exit, 40)
  expect(inShort(drain.run(2_200))).toEqual(['NEW 101'])
  expect(losses(drain.run(2_300))).toEqual([
    { LOST: { EXIT: 1 }, BYTES: 40, REASON: 'RING_FULL', FROM: EPOCH + 2_100, TO: EPOCH + 2_300 },
  ])
  expect(drain.run(2_400)).toEqual([])
})

test('a loss is told at the end, if not before', () => {
  const { source, drain } = newDrain()
  source.write(exec(child(1), SHELL, { atMs: 2_100 }))
  drain.run(2_200)
  source.missed.process_exec = 2
  expect(losses(drain.finish())).toEqual([
    { LOST: { EXEC: 2 }, BYTES: 0, REASON: 'MISSED_RUN', FROM: EPOCH + 2_100, TO: EPOCH + 2_100 },
  ])
})

test('after a loss of life cycle records a snapshot is wanted, once', () => {
  for (const lose of [
    (source: FakeSource) => source.counterBytes.fail(0, TYPE.exec, 88),
    (source: FakeSource) => {
      source.missed.process_exit = 1
    },
  ]) {
    const { source, drain } = newDrain()
    expect(drain.wantsSnapshot).toBe(false)
    lose(source)
    drain.run(2_000)
    expect(drain.wantsSnapshot).toBe(true)
    drain.expectSnapshot()
    expect(drain.wantsSnapshot).toBe(false)
  }
})

test('bulk that was refused is told, and needs no snapshot', () => {
  const { source, drain } = newDrain()
  source.counterBytes.refuse(0, TYPE.environment, 10_000)
  expect(losses(drain.run(2_000))).toMatchObject([{ REASON: 'BULK_SHARE' }])
  expect(drain.wantsSnapshot).toBe(false)
})

test('a snapshot is used when the stream has come past it', () => {
  const { source, drain } = newDrain()
  const missed: Image = { pid: 50, execId: 8, startMs: 1_500 }
  drain.expectSnapshot()
  drain.addSnapshot(snapshot([INIT, SHELL, missed], 3_000))
  source.write(exec(child(1), SHELL, { atMs: 2_900 }))
  expect(inShort(drain.run(3_001))).toEqual(['NEW 101'])
  source.write(exec(child(2), SHELL, { atMs: 3_100 }))
  expect(inShort(drain.run(3_101))).toEqual(['NEW 102', 'EXISTING 50'])
})

test('or when the ring is empty', () => {
  const { drain } = newDrain()
  drain.expectSnapshot()
  drain.addSnapshot(snapshot([INIT], 3_000))
  expect(drain.run(3_001)).toEqual([])
  expect(drain.wantsSnapshot).toBe(false)
})

test('the zombies of the first snapshot leave the table when the ring is empty', () => {
  const source = new FakeSource()
  const stream = newStream()
  const drain = new Drain(source as unknown as LinuxSource, stream, contextFor(new EventClock(EPOCH)), 100)
  drain.addSnapshot(snapshot([INIT, SHELL], ATTACHED, FLAG.zombie))
  expect(inShort(drain.run(ATTACHED))).toEqual(['EXISTING 1', 'EXISTING 40'])
  expect(stream.processes.size).toBe(0)
})

test('no process that ended is kept, unless a snapshot is under way', () => {
  const { source, stream, drain } = newDrain()
  for (let n = 0; n < 500; n++) source.write(exec(child(n), SHELL), exit(child(n)))
  do drain.run(10_000)
  while (drain.hasMore)
  expect(stream.delivered.TERMINATE_PROCESS).toBe(500)
  expect([...stream.processes.takeEnds()]).toEqual([])
  drain.expectSnapshot()
  source.write(exec(child(501), SHELL), exit(child(501)))
  drain.run(10_001)
  expect([...stream.processes.takeEnds()].map(({ pid }) => pid)).toEqual([601])
})

test('a snapshot that ends in the middle of a row counts as far as it goes', () => {
  const whole = snapshot([INIT, SHELL], ATTACHED)
  for (let bytes = 0; bytes < whole.bytes; bytes++) {
    const source = new FakeSource()
    const drain = new Drain(source as unknown as LinuxSource, newStream(), contextFor(new EventClock(EPOCH)), 100)
    drain.addSnapshot({ ...whole, bytes })
    const expected = bytes < whole.bytes / 2 ? [] : ['EXISTING 1']
    expect(inShort(drain.run(ATTACHED))).toEqual(expected)
  }
})

test('a fork that waits is told by an idle drain, when its time has come', () => {
  const { source, drain } = newDrain()
  source.write(fork(child(0), SHELL))
  expect(drain.run(2_001)).toEqual([])
  expect(drain.waitMs(2_001, 1_000)).toBeGreaterThanOrEqual(100)
  expect(drain.waitMs(2_001, 50)).toBe(50)
  const then = 2_001 + drain.waitMs(2_001, 1_000)
  expect(drain.run(2_050)).toEqual([])
  expect(inShort(drain.run(then + 1))).toEqual(['NEW 100'])
  expect(drain.waitMs(then, 1_000)).toBe(1_000)
})

test('an idle drain stays a little behind the present: an exec may have taken its time and not yet its place', () => {
  const { source, drain } = newDrain()
  source.write(fork(child(0), SHELL))
  drain.run(2_001)
  expect(drain.run(2_110)).toEqual([])
  source.write(exec({ ...child(0), execId: 8 }, SHELL, { atMs: 2_100 }))
  expect(inShort([...drain.run(2_111), ...drain.finish()])).toEqual(['NEW 100'])
})

test('a drain that takes too long stops between two records and keeps the rest for the next one', () => {
  const { source, drain } = newDrain()
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 10
    return now
  })
  const total = 600
  source.write(...Array.from({ length: total }, (_, n) => exit(child(n))))
  const batches = []
  do batches.push(drain.run(3_000))
  while (drain.hasMore)
  expect(batches[0]!.length).toBeLessThan(2 * total)
  expect(batches.flat()).toHaveLength(2 * total)
  expect(drain.hasMore).toBe(false)
})

test('a drain takes no more than 4,096 records, and says that there may be more', () => {
  const { source, drain } = newDrain()
  source.write(...Array.from({ length: RECORDS_MAX + 1 }, () => exit(SHELL, { atMs: 3_000 })))
  drain.run(3_000)
  expect(drain.found).toBeGreaterThan(0)
  expect(drain.hasMore).toBe(true)
  while (drain.hasMore) drain.run(3_000)
  drain.run(3_000)
  expect([drain.found, drain.hasMore]).toEqual([0, false])
})

test('no batch is the array of another one, and what finish() brings is in it once', () => {
  const { source, drain } = newDrain()
  source.write(fork(child(0), SHELL))
  const batches = [drain.run(2_001), drain.run(2_001), drain.finish()]
  expect(batches.map((batch) => batch.length)).toEqual([0, 0, 1])
  expect(new Set(batches).size).toBe(3)
})

test('what the statistics say adds up', () => {
  const { source, stream, drain, live } = newDrain()
  source.counterBytes.attempt(0, TYPE.fork, 2)
  source.counterBytes.attempt(0, TYPE.exec, 1)
  source.counterBytes.fail(1, TYPE.exec, 88, 2)
  source.missed.process_exit = 1
  const execed = { ...child(1), execId: 8 }
  source.write(fork(child(1), SHELL), fork(child(2), SHELL), exec(execed, SHELL, { atMs: 2_002 }))
  drain.run(2_010)
  const stats = statsOf(stream, live, 65_536)
  expect(stats.records.FORK).toEqual({
    attempts: 2,
    failed: 0,
    forgotten: 0,
    refused: 0,
    read: 2,
    delivered: 0,
    folded: 1,
    filtered: 0,
    bad: 0,
    dropped: 0,
    waiting: 1,
  })
  expect(stats.records.EXEC).toMatchObject({ attempts: 3, failed: 2, read: 1, delivered: 1, waiting: 0 })
  expect(stats).toMatchObject({ lost: 2, missedRuns: { process_exit: 1 }, processes: 4, ringBytes: 65_536 })
  expect(stats.events).toMatchObject({ NEW_PROCESS: 1, EXISTING_PROCESS: 2, LOSS_ACCOUNTING: 0 })
})
