/** Between record and output there is no clock and no chance: the same bytes bring the same events. */
import { afterEach, expect, test, vi } from 'vitest'
import type { EventRecord } from '../../lib/events/index.js'
import { machineLife } from './machine-life.js'
import { Playback, type PlaybackOptions } from './playback.js'
import { Random } from './random.js'
import { type Image, row } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 1 }
const ROWS = [row(INIT, INIT, { atMs: 500, path: '/sbin/init' })]
const RECORDS = machineLife(new Random(11), 1_000, true)

/** Everything that the mapping takes in: a first snapshot, records, ticks, a second snapshot. */
function replay(options: PlaybackOptions, pieces = 7): EventRecord[] {
  const playback = new Playback(options)
  const { events, rundown } = playback.takeOver(ROWS, 500)
  playback.pass(rundown)
  const size = Math.ceil(RECORDS.length / pieces)
  for (let from = 0; from < RECORDS.length; from += size) {
    events.push(...playback.play(...RECORDS.slice(from, from + size)))
  }
  events.push(...playback.tick(playback.decoder.latestMs + 1_000))
  events.push(...playback.reconcile(ROWS, playback.decoder.latestMs))
  return [...events, ...playback.finish()]
}

afterEach(() => {
  vi.restoreAllMocks()
})

test.each([{}, { extended: true }, { forkWindowMs: 0 }])(
  'the same records twice bring the same lines: %j',
  (options) => {
    const lines = replay(options).map((record) => JSON.stringify(record))
    expect(lines.length).toBeGreaterThan(500)
    expect(replay(options).map((record) => JSON.stringify(record))).toEqual(lines)
  },
)

test('how many records come at a time changes nothing', () => {
  const lines = replay({}, 1).map((record) => JSON.stringify(record))
  expect(replay({}, RECORDS.length).map((record) => JSON.stringify(record))).toEqual(lines)
})

test('nobody looks at a clock or asks for a random number', () => {
  const lines = replay({ extended: true }).map((record) => JSON.stringify(record))
  const forbidden = () => {
    throw new Error('not from outside')
  }
  vi.spyOn(Date, 'now').mockImplementation(forbidden)
  vi.spyOn(performance, 'now').mockImplementation(forbidden)
  vi.spyOn(process, 'hrtime').mockImplementation(forbidden as never)
  vi.spyOn(process.hrtime, 'bigint').mockImplementation(forbidden)
  vi.spyOn(Math, 'random').mockImplementation(forbidden)
  vi.spyOn(crypto, 'randomUUID').mockImplementation(forbidden)
  vi.spyOn(crypto, 'getRandomValues').mockImplementation(forbidden)
  const again = replay({ extended: true }).map((record) => JSON.stringify(record))
  vi.restoreAllMocks()
  expect(again).toEqual(lines)
})

test('an event is not changed by what comes after it', () => {
  const playback = new Playback({ extended: true })
  const before: [EventRecord, string][] = []
  for (const record of RECORDS) for (const event of playback.play(record)) before.push([event, JSON.stringify(event)])
  for (const [event, text] of before) expect(JSON.stringify(event)).toBe(text)
})
