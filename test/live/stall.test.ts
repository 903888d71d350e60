import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isEvent } from '../../lib/events/index.js'
import type { RecordName, RecordStats } from '../../lib/index.js'
import { Apart } from './apart.js'
import { type Counted, Counter } from './counter.js'
import { named, until } from './sensor.js'
import { copies, storm } from './storm.js'
import { differencesToProc } from './table.js'

const RING_BYTES = 2 ** 20
/** 120 bytes each in the ring. */
const EXITS = 12_000
const EXECS = 40

type Attempts = Record<'FORK' | 'EXEC' | 'EXIT', number>

/** The two counts at a moment in which nothing happened. */
async function bothCounts(apart: Apart, counter: Counter): Promise<{ attempts: Attempts; counted: Counted }> {
  for (;;) {
    const before = await counter.read()
    const { records, missedRuns } = await apart.stats()
    const after = await counter.read()
    if (JSON.stringify(before) !== JSON.stringify(after)) continue
    const { process_fork: FORK = 0, process_exec: EXEC = 0, process_exit: EXIT = 0 } = missedRuns
    return {
      attempts: {
        FORK: records.FORK.attempts + FORK,
        EXEC: records.EXEC.attempts + EXEC,
        EXIT: records.EXIT.attempts + EXIT,
      },
      counted: after,
    }
  }
}

const since = <C extends object>(before: C, after: C) =>
  Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - Number(before[name as keyof C])]),
  ) as Record<keyof C, number>

test('a sensor that was stopped during a storm knows of every process that it lost, and then who lives', async () => {
  const name = `kwstorm${process.pid}`
  const programs = copies(name)
  const counter = await Counter.start(name)
  const apart = await Apart.open({ ringBytes: RING_BYTES })
  const before = await bothCounts(apart, counter)

  const endsUnseen = spawn('sleep', ['600'])
  await until(() => named(apart.events, 'NEW_PROCESS', endsUnseen.pid).length === 1, 'the sensor knows it')

  await apart.stop()
  const { generator, made } = await storm({ exits: EXITS, execs: EXECS, programs })
  endsUnseen.kill()
  const startsUnseen = spawn('sleep', ['600'])
  await once(endsUnseen, 'exit')
  apart.continue()

  await until(
    () => named(apart.events, 'EXISTING_PROCESS', startsUnseen.pid).length === 1,
    'what started unseen is in the stream',
  )
  expect(await differencesToProc(() => apart.processes())).toEqual([])
  startsUnseen.kill()
  await once(startsUnseen, 'exit')
  const after = await bothCounts(apart, counter)
  const { records, missedRuns, events } = await apart.close()

  // The programs' count against the other one, and that one against what the storm says that it made.
  const attempts = since(before.attempts, after.attempts)
  const counted = since(before.counted.all, after.counted.all)
  const ofStorm = since(before.counted.ofName, after.counted.ofName)
  const processes = made.length
  expect(after.counted.missedRuns).toBe(0)
  expect(attempts).toEqual(counted)
  expect(ofStorm).toEqual({ FORK: processes, EXEC: EXECS, EXIT: processes })

  // What became of each record.
  for (const { attempts, failed, refused, read, ...ways } of Object.values(records)) {
    expect(read + failed + refused).toBe(attempts)
    const { delivered, folded, filtered, bad, dropped, waiting } = ways
    expect(delivered + folded + filtered + bad + dropped).toBe(read)
    expect({ bad, waiting }).toEqual({ bad: 0, waiting: 0 })
  }

  // What was lost is told, and is what the storm misses in the stream, but for what others lost.
  const losses = apart.events.filter((record) => isEvent(record, 'LOSS_ACCOUNTING'))
  const told = (reason: string, type: RecordName) =>
    losses.reduce((sum, { event }) => sum + (event.REASON === reason ? (event.LOST[type] ?? 0) : 0), 0)
  const all = Object.entries(records) as [RecordName, RecordStats][]
  expect(all.map(([type]) => told('RING_FULL', type))).toEqual(all.map(([, { failed }]) => failed))
  expect(all.map(([type]) => told('BULK_SHARE', type))).toEqual(all.map(([, { refused }]) => refused))
  const missed = Object.values(missedRuns).reduce((sum, runs) => sum + runs, 0)
  expect(all.reduce((sum, [type]) => sum + told('MISSED_RUN', type), 0)).toBe(missed)
  expect(losses).toHaveLength(events.LOSS_ACCOUNTING)

  const parents = new Set([generator.pid, ...made.filter(({ kind }) => kind === 'worker').map((one) => one.pid)])
  const seen = (name: 'NEW_PROCESS' | 'TERMINATE_PROCESS') =>
    apart.events.filter((record) => isEvent(record, name) && parents.has(record.event.PARENT_PROCESS_ID)).length
  const lostForks = processes - seen('NEW_PROCESS')
  const lostExits = processes - seen('TERMINATE_PROCESS')
  expect(lostForks).toBeGreaterThan(0)
  expect(lostExits).toBeGreaterThan(0)
  expect(records.FORK.failed - lostForks).toBeGreaterThanOrEqual(0)
  expect(records.FORK.failed - lostForks).toBeLessThanOrEqual(counted.FORK - ofStorm.FORK)
  expect(records.EXIT.failed - lostExits).toBeGreaterThanOrEqual(0)
  expect(records.EXIT.failed - lostExits).toBeLessThanOrEqual(counted.EXIT - ofStorm.EXIT)
})
