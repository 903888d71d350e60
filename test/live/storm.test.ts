import { expect, test } from 'vitest'
import type { EventOf, EventRecord } from '../../lib/events/index.js'
import { isEvent } from '../../lib/events/index.js'
import { namedTooEarly } from './causality.js'
import { program } from './programs.js'
import { Collected } from './sensor.js'
import { type Made, scaled, storm, tiny } from './storm.js'

/** Event times are whole milliseconds, and the two clocks may differ by as much. */
const CLOCK_MS = 2

type LifeCycle = EventOf<'NEW_PROCESS'> | EventOf<'TERMINATE_PROCESS'>

/** The events that may be about one process: pids come again during a storm, but not within one life. */
class ByPid {
  readonly #places = new Map<number, { record: LifeCycle; place: number }[]>()

  constructor(events: readonly EventRecord[]) {
    events.forEach((record, place) => {
      if (!isEvent(record, 'NEW_PROCESS') && !isEvent(record, 'TERMINATE_PROCESS')) return
      const pid = record.event.PROCESS_ID
      const places = this.#places.get(pid) ?? []
      this.#places.set(pid, places)
      places.push({ record, place })
    })
  }

  of<N extends LifeCycle['routing']['event_type']>(name: N, made: Made): { record: EventOf<N>; place: number }[] {
    const found = (this.#places.get(made.pid) ?? []).filter(
      ({ record: { routing, event } }) =>
        routing.event_type === name && event.TIMESTAMP >= made.from - CLOCK_MS && event.TIMESTAMP <= made.to + CLOCK_MS,
    )
    return found as unknown as { record: EventOf<N>; place: number }[]
  }
}

test('in a storm of 20,000 forks, 20,000 threads and 2,000 execs every process starts once, ends once, and comes after its parent', async () => {
  // A fork and its exec are one event however slow the machine is.
  const collected = await Collected.open({ forkWindowMs: 10_000 })
  const { pid, made } = await storm({
    exits: scaled(20_000),
    threads: scaled(20_000),
    execs: scaled(2_000),
    arguments: ['one', 'two'],
  })
  const { events, sensor } = await collected.close()

  const byPid = new ByPid(events)
  const [generator] = events.filter((record) => isEvent(record, 'NEW_PROCESS') && record.event.PROCESS_ID === pid)
  const startOf = new Map<number, { atom: string; place: number }>()
  startOf.set(pid, { atom: generator!.routing.this, place: events.indexOf(generator!) })

  const wrong: unknown[] = []
  const expected = { worker: 2, exit: scaled(20_000), thread: scaled(20_000), exec: scaled(2_000) }
  const counted = { worker: 0, exit: 0, thread: 0, exec: 0 }
  for (const one of made) {
    counted[one.kind]++
    const starts = byPid.of('NEW_PROCESS', one)
    const ends = byPid.of('TERMINATE_PROCESS', one)
    if (one.kind === 'thread') {
      if (starts.length + ends.length > 0) wrong.push({ one, starts, ends })
      continue
    }
    const [start] = starts
    const [end] = ends
    const parent = startOf.get(one.parent)!
    const isRight =
      starts.length === 1 &&
      ends.length === 1 &&
      start!.place < end!.place &&
      parent.place < start!.place &&
      start!.record.routing.parent === parent.atom &&
      start!.record.event.PARENT?.THIS_ATOM === parent.atom &&
      start!.record.event.PARENT_PROCESS_ID === one.parent &&
      end!.record.routing.parent === start!.record.routing.this &&
      end!.record.event.PARENT_PROCESS_ID === one.parent &&
      start!.record.event.FILE_PATH === (one.kind === 'exec' ? tiny() : program('storm')) &&
      (one.kind !== 'exec' || start!.record.event.COMMAND_LINE === `${tiny()} one two`)
    if (!isRight) wrong.push({ one, starts, ends, parent })
    if (one.kind === 'worker') startOf.set(one.pid, { atom: start!.record.routing.this, place: start!.place })
  }
  expect(wrong).toEqual([])
  expect(counted).toEqual(expected)

  const parents = new Set([...startOf.values()].map(({ atom }) => atom))
  const children = events.filter(
    (record) =>
      isEvent(record, 'NEW_PROCESS') && record.routing.parent !== undefined && parents.has(record.routing.parent),
  )
  expect(children).toHaveLength(expected.worker + expected.exit + expected.exec)
  expect(new Set(children.map(({ routing }) => routing.this)).size).toBe(children.length)
  expect(namedTooEarly(events)).toEqual([])
  expect(sensor.stats().lost).toBe(0)
  expect(events.filter((record) => isEvent(record, 'LOSS_ACCOUNTING'))).toEqual([])
})
