import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { type EventRecord, isEvent } from '../../lib/events/index.js'
import type { RecordName, RecordStats, SensorStats } from '../../lib/index.js'
import { Apart } from './apart.js'
import { namedTooEarly } from './causality.js'
import { type Counted, Counter } from './counter.js'
import { named } from './sensor.js'
import { copies, storm } from './storm.js'
import { differencesToProc } from './table.js'

const RING_BYTES = 2 ** 20
/** 120 bytes each in the ring. */
const EXITS = 12_000
const EXECS = 40
/** Under emulation the storm alone takes half a minute. */
const STORM_TIMEOUT_MS = 180_000

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

function since<C extends object>(before: C, after: C): Record<keyof C, number> {
  const entries = Object.entries(after).map(([name, count]) => [name, count - Number(before[name as keyof C])])
  return Object.fromEntries(entries)
}

function expectBalance({ records }: SensorStats): void {
  for (const { attempts, failed, refused, read, ...ways } of Object.values(records)) {
    expect(read + failed + refused).toBe(attempts)
    const { delivered, folded, filtered, bad, dropped, waiting } = ways
    expect(delivered + folded + filtered + bad + dropped).toBe(read)
    expect({ bad, waiting }).toEqual({ bad: 0, waiting: 0 })
  }
}

function expectLossesTold({ records, events, missedRuns }: SensorStats, delivered: EventRecord[]): void {
  const losses = delivered.filter((record) => isEvent(record, 'LOSS_ACCOUNTING')).map(({ event }) => event)
  const told = (reason: string, type: RecordName) =>
    losses.reduce((sum, { REASON, LOST }) => sum + (REASON === reason ? (LOST[type] ?? 0) : 0), 0)
  let missed = 0
  for (const [type, { failed, refused }] of Object.entries(records) as [RecordName, RecordStats][]) {
    expect({ type, failed: told('RING_FULL', type) }).toEqual({ type, failed })
    expect({ type, refused: told('BULK_SHARE', type) }).toEqual({ type, refused })
    missed += told('MISSED_RUN', type)
  }
  expect(missed).toBe(Object.values(missedRuns).reduce((sum, runs) => sum + runs, 0))
  expect(losses).toHaveLength(events.LOSS_ACCOUNTING)
}

test(
  'a sensor that was stopped during a storm knows of every process that it lost, and then who lives',
  async () => {
    const name = `kwstorm${process.pid}`
    const programs = copies(name)
    const counter = await Counter.start(name)
    // A fork and its exec are one event however slow the machine is.
    const apart = await Apart.open({ ringBytes: RING_BYTES, forkWindowMs: 10_000 })
    const before = await bothCounts(apart, counter)

    const endsUnseen = spawn('sleep', ['600'])
    await apart.until(() => named(apart.events, 'NEW_PROCESS', endsUnseen.pid).length === 1, 'the sensor knows it')

    await apart.stop()
    const { generator, made } = await storm({ exits: EXITS, execs: EXECS, programs })
    endsUnseen.kill()
    const startsUnseen = spawn('sleep', ['600'])
    await once(endsUnseen, 'exit')
    apart.continue()

    await apart.until(
      () => named(apart.events, 'EXISTING_PROCESS', startsUnseen.pid).length === 1,
      'what started unseen is in the stream',
    )
    expect(await differencesToProc(() => apart.processes())).toEqual([])
    expect(named(apart.events, 'TERMINATE_PROCESS', endsUnseen.pid)).toEqual([])
    startsUnseen.kill()
    await once(startsUnseen, 'exit')
    const after = await bothCounts(apart, counter)
    const stats = await apart.close()
    expectBalance(stats)
    expectLossesTold(stats, apart.events)
    expect(namedTooEarly(apart.events)).toEqual([])

    // The programs' count against the other one, and that one against what the storm says that it made.
    const counted = since(before.counted.all, after.counted.all)
    const ofStorm = since(before.counted.ofName, after.counted.ofName)
    const processes = made.length
    expect(after.counted.missedRuns).toBe(0)
    expect(since(before.attempts, after.attempts)).toEqual(counted)
    expect(ofStorm).toEqual({ FORK: processes, EXEC: EXECS, EXIT: processes })

    // What was lost is what the storm misses in the stream, but for what others lost.
    const parents = new Set([generator.pid, ...made.filter(({ kind }) => kind === 'worker').map(({ pid }) => pid)])
    const fates = [
      ['FORK', 'NEW_PROCESS'],
      ['EXIT', 'TERMINATE_PROCESS'],
    ] as const
    for (const [type, event] of fates) {
      const ofParents = apart.events.filter((one) => isEvent(one, event) && parents.has(one.event.PARENT_PROCESS_ID!))
      const lost = processes - ofParents.length
      const lostByOthers = stats.records[type].failed - lost
      expect(lost).toBeGreaterThan(0)
      expect(lostByOthers).toBeGreaterThanOrEqual(0)
      expect(lostByOthers).toBeLessThanOrEqual(counted[type] - ofStorm[type])
    }
  },
  STORM_TIMEOUT_MS,
)
