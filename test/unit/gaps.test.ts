import { expect, test } from 'vitest'
import { KernelCounters } from '../../lib/linux/counters.js'
import { Gaps, type MissedRuns } from '../../lib/linux/gaps.js'
import { CounterBytes } from './counter-bytes.js'
import { counted } from './invariants.js'
import { exit, framed, TYPE } from './record-bytes.js'

function gapsOver(counters = new CounterBytes()) {
  const missed: Record<string, number> = {}
  const gaps = new Gaps(new KernelCounters(counters.memory), (): MissedRuns => ({ ...missed }))
  return { counters, gaps, missed }
}

/** Whether each of these records, by CPU and its count of losses, comes behind a gap. */
function behind(...records: [cpu: number, lost: number][]): boolean[] {
  const { gaps } = gapsOver()
  const image = { pid: 5, execId: 1, startMs: 1 }
  const { records: all, offsets } = framed(records.map(([cpu, lost]) => exit(image, { cpu, lost })))
  return offsets.map((at) => gaps.isBehind(all, at))
}

test('a record is behind a gap when its CPU has lost something since the one before', () => {
  expect(behind([0, 0], [0, 0], [0, 3], [0, 3], [0, 4])).toEqual([false, false, true, false, true])
})

test('what one CPU lost is no gap of another, and the first record can be behind one', () => {
  expect(behind([0, 2], [1, 0], [0, 2], [1, 7], [65_535, 1], [65_535, 1])).toEqual([
    true,
    false,
    false,
    true,
    true,
    false,
  ])
})

test('the count may begin again behind 2^32', () => {
  expect(behind([0, 0xffffffff], [0, 0])).toEqual([true, true])
})

test('nothing lost, nothing told', () => {
  const { counters, gaps } = gapsOver()
  counters.attempt(0, TYPE.exec, 1_000)
  expect(gaps.take()).toEqual([])
})

test('a full ring tells how many of which type, and how large they were, over all CPUs', () => {
  const { counters, gaps } = gapsOver()
  counters.fail(0, TYPE.exec, 300, 2)
  counters.fail(1, TYPE.exec, 200)
  counters.fail(1, TYPE.exit, 40)
  expect(gaps.take()).toEqual([{ LOST: { EXEC: 3, EXIT: 1 }, BYTES: 540, REASON: 'RING_FULL' }])
})

test('what may be missing for want of memory is a loss of its own', () => {
  const { counters, gaps } = gapsOver()
  counters.forget(0, TYPE.thread, 2)
  counters.forget(1, TYPE.thread)
  expect(gaps.take()).toEqual([{ LOST: { THREAD: 3 }, BYTES: 0, REASON: 'MEMORY' }])
  expect(gaps.take()).toEqual([])
})

test('bulk that was refused is a loss for another reason', () => {
  const { counters, gaps } = gapsOver()
  counters.refuse(0, TYPE.environment, 100_000)
  counters.refuse(1, TYPE.arguments, 5_000)
  expect(gaps.take()).toEqual([{ LOST: { ARGUMENTS: 1, ENVIRONMENT: 1 }, BYTES: 105_000, REASON: 'BULK_SHARE' }])
})

test('a run that the kernel skipped is a record of the type that the program makes', () => {
  const { gaps, missed } = gapsOver()
  missed.process_fork = 2
  missed.process_exit = 1
  expect(gaps.take()).toEqual([{ LOST: { FORK: 2, EXIT: 1 }, BYTES: 0, REASON: 'MISSED_RUN' }])
})

test('each reason is told by itself', () => {
  const { counters, gaps, missed } = gapsOver()
  counters.fail(0, TYPE.fork, 64)
  counters.refuse(0, TYPE.arguments, 5_000)
  missed.process_exec = 1
  expect(gaps.take()).toEqual([
    { LOST: { FORK: 1 }, BYTES: 64, REASON: 'RING_FULL' },
    { LOST: { ARGUMENTS: 1 }, BYTES: 5_000, REASON: 'BULK_SHARE' },
    { LOST: { EXEC: 1 }, BYTES: 0, REASON: 'MISSED_RUN' },
  ])
})

test('what was told once is not told again', () => {
  const { counters, gaps, missed } = gapsOver()
  counters.fail(0, TYPE.fork, 64)
  missed.process_exec = 1
  gaps.take()
  expect(gaps.take()).toEqual([])
  counters.fail(1, TYPE.fork, 64)
  missed.process_exec = 3
  expect(gaps.take()).toEqual([
    { LOST: { FORK: 1 }, BYTES: 64, REASON: 'RING_FULL' },
    { LOST: { EXEC: 2 }, BYTES: 0, REASON: 'MISSED_RUN' },
  ])
})

test('counts beyond 2^32 are exact', () => {
  const { counters, gaps } = gapsOver()
  counters.fail(0, TYPE.exec, 2 ** 45, 2 ** 40 + 1)
  expect(gaps.take()).toEqual([{ LOST: { EXEC: 2 ** 40 + 1 }, BYTES: 2 ** 45, REASON: 'RING_FULL' }])
})

test('the counters are summed by type over all CPUs', () => {
  const counters = new CounterBytes(3)
  for (const cpu of [0, 1, 2]) {
    counters.attempt(cpu, TYPE.fork, 10 * (cpu + 1))
    counters.fail(cpu, TYPE.exec, 100, cpu + 1)
    counters.refuse(cpu, TYPE.environment, 7)
  }
  const kernel = new KernelCounters(counters.memory)
  const { attempts, failed, refused, failedBytes, refusedBytes } = kernel.read()
  expect(counted(attempts)).toEqual({ [TYPE.fork]: 60, [TYPE.exec]: 6, [TYPE.environment]: 3 })
  expect(counted(failed)).toEqual({ [TYPE.exec]: 6 })
  expect(counted(refused)).toEqual({ [TYPE.environment]: 3 })
  expect([failedBytes, refusedBytes, kernel.lost()]).toEqual([300, 21, 9])
})
