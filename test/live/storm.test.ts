import { release } from 'node:os'
import { expect, test } from 'vitest'
import { DEFAULT_EVENTS, type EventRecord, isEvent } from '../../lib/events/index.js'
import { namedTooEarly } from './causality.js'
import { isWhole, Lives, type Placed } from './lives.js'
import { program } from './programs.js'
import { Collected } from './sensor.js'
import { type Made, scaled, storm, tiny } from './storm.js'
import { expectWellFormed } from './well-formed.js'

const WORKERS = 2
const EXITS = scaled(20_000)
const THREADS = scaled(20_000)
const EXECS = scaled(2_000)

/** Linux 7 was seen to leave out runs of programs, it seems where it preempts one on the same CPU, and says how many. */
const LEAVES_RUNS_OUT = Number.parseInt(release(), 10) >= 7

test('in a storm of forks, threads and execs each process starts once, after its parent, and ends once', async () => {
  // A fork and its exec are one event however slow the machine is.
  const collected = await Collected.open({ forkWindowMs: 10_000 })
  const counts = { workers: WORKERS, exits: EXITS, threads: THREADS, execs: EXECS }
  const { generator, made } = await storm({ ...counts, arguments: ['one', 'two'] })
  const { events, sensor } = await collected.close()

  const lives = new Lives(events)
  const parents = new Map<number, Placed<{ routing: { this: string } }>>()
  for (const one of [generator, ...made.filter(({ kind }) => kind === 'worker')]) {
    parents.set(one.pid, lives.of(one).starts[0]!)
  }
  const isRight = (one: Made): boolean => {
    const life = lives.of(one)
    if (one.kind === 'thread') return life.starts.length + life.ends.length === 0
    if (!isWhole(life)) return false
    const { record: start, place } = life.starts[0]!
    const parent = parents.get(one.parent)!
    return (
      parent.place < place &&
      start.routing.parent === parent.record.routing.this &&
      start.event.PARENT?.THIS_ATOM === parent.record.routing.this &&
      start.event.PARENT_PROCESS_ID === one.parent &&
      life.ends[0]!.record.event.PARENT_PROCESS_ID === one.parent &&
      start.event.FILE_PATH === (one.kind === 'exec' ? tiny() : program('storm')) &&
      (one.kind !== 'exec' || start.event.COMMAND_LINE === `${tiny()} one two`)
    )
  }
  const wrong = made.filter((one) => !isRight(one)).map((one) => ({ one, life: lives.of(one) }))
  const missed = LEAVES_RUNS_OUT ? missedRuns(events) : 0
  if (missed === 0) expect(wrong).toEqual([])
  expect(wrong.length).toBeLessThanOrEqual(missed)
  expect(made).toHaveLength(WORKERS + EXITS + THREADS + EXECS)

  // None more than the storm made, and of each an atom of its own.
  const atoms = new Set([...parents.values()].map(({ record }) => record.routing.this))
  const children = events.filter((record) => isEvent(record, 'NEW_PROCESS') && atoms.has(record.routing.parent ?? ''))
  expect(children.length).toBeLessThanOrEqual(WORKERS + EXITS + EXECS)
  expect(children.length).toBeGreaterThanOrEqual(WORKERS + EXITS + EXECS - missed)
  expect(namedTooEarly(events)).toEqual([])
  expectWellFormed(events, DEFAULT_EVENTS, false)
  if (missed > 0) return
  expect(sensor.stats().lost).toBe(0)
  // Files are hashed when the machine has nothing else to do, so a storm may end before a file's turn.
  const losses = events.filter((record) => isEvent(record, 'LOSS_ACCOUNTING'))
  expect(losses.filter(({ event }) => event.REASON !== 'CLOSED')).toEqual([])
})

/** How many runs of programs the stream says that the kernel left out. */
function missedRuns(events: readonly EventRecord[]): number {
  return events
    .filter((record) => isEvent(record, 'LOSS_ACCOUNTING'))
    .filter(({ event }) => event.REASON === 'MISSED_RUN')
    .flatMap(({ event }) => Object.values(event.LOST))
    .reduce((sum, count) => sum + count, 0)
}
