import { Check, Errors } from 'typebox/schema'
import { expect, test } from 'vitest'
import { schemas } from '../../lib/events/schemas.js'
import { expectCausalOrder, expectEachOnce, expectIdentity } from './invariants.js'
import { machineLife } from './machine-life.js'
import { Playback, type PlaybackOptions } from './playback.js'
import { Random } from './random.js'

const SEEDS = [1, 2, 3, 4, 5]

function play(records: readonly Uint8Array[], options: PlaybackOptions = {}) {
  const playback = new Playback(options)
  const events = [...playback.play(...records), ...playback.finish()]
  return { playback, events }
}

test.each(SEEDS)(
  'every record of a machine’s life is accounted for, and every event is in its place (seed %i)',
  (seed) => {
    for (const options of [{}, { extended: true }, { forkWindowMs: 0 }, { forkWindowMs: 1_000 }]) {
      const records = machineLife(new Random(seed), 1_500, options.extended)
      const { playback, events } = play(records, options)
      expectIdentity(playback.stream.accounts, records.length)
      expectCausalOrder(events)
      expectEachOnce(events)
      expect(Math.max(...playback.stream.accounts.bad)).toBe(0)
    }
  },
)

test.each(SEEDS)('so it is when any record may be lost (seed %i)', (seed) => {
  const random = new Random(seed)
  const records = machineLife(random, 1_500).filter(() => !random.chance(0.1))
  const { playback, events } = play(records)
  expectIdentity(playback.stream.accounts, records.length)
  expectCausalOrder(events)
  expectEachOnce(events)
})

test('records of events that nobody asked for are filtered, and the table knows all the same', () => {
  const records = machineLife(new Random(6), 1_000)
  const { playback: all, events: allEvents } = play(records)
  const { playback, events } = play(records, { events: ['TERMINATE_PROCESS'] })
  expectIdentity(playback.stream.accounts, records.length)
  const ends = (from: typeof events) =>
    from.filter(({ routing }) => routing.event_type === 'TERMINATE_PROCESS').map(({ routing }) => routing.parent)
  expect(ends(events)).toEqual(ends(allEvents))
  expect(events).toHaveLength(ends(events).length)
  expect(playback.stream.processes.size).toBe(all.stream.processes.size)
  expect(playback.stream.accounts.filtered[2]).toBe(all.stream.accounts.delivered[2])
})

test('before the end, what waits are forks and pieces of blocks', () => {
  const records = machineLife(new Random(7), 1_000)
  const playback = new Playback()
  for (const record of records) {
    playback.play(record)
    const { read, delivered, folded, filtered, bad, dropped } = playback.stream.accounts
    const waiting = [...read].map(
      (count, type) => count - delivered[type]! - folded[type]! - filtered[type]! - bad[type]! - dropped[type]!,
    )
    expect(Math.min(...waiting)).toBe(0)
    expect([waiting[2], waiting[3]]).toEqual([0, 0])
  }
})

test('every event has the shape of its schema', () => {
  for (const extended of [false, true]) {
    for (const record of play(machineLife(new Random(8), 400, extended), { extended }).events) {
      const schema = schemas[record.routing.event_type]
      if (!Check(schema, record)) expect.fail(JSON.stringify([record, Errors(schema, record)[1]]))
    }
  }
})
