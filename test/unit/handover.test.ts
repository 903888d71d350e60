/**
 * Snapshot and stream together, against the truth: on a machine where things go on while the rows are
 * read, and where records get lost, the table is the machine, and nobody is told twice.
 */
import { expect, test } from 'vitest'
import type { EventRecord } from '../../lib/events/index.js'
import { expectCausalOrder, expectEachOnce, expectIdentity } from './invariants.js'
import { INIT, MachineLife } from './machine-life.js'
import { atomOf, atomOfImage, Playback } from './playback.js'
import { Random } from './random.js'
import { row } from './record-bytes.js'

const SEEDS = 60
const STEPS = 400

type Moment = MachineLife['moment']

/** A machine's life, and how things stood at each moment of it. */
function live(random: Random): { records: Uint8Array[]; moments: Moment[] } {
  const life = new MachineLife(random)
  const moments = [life.moment]
  for (let step = 0; step < STEPS; step++) {
    life.step()
    moments.push(life.moment)
  }
  return { records: life.records, moments }
}

/** Each row is read at some moment between the start of the snapshot and its end. */
function rowsOf(moments: readonly Moment[], random: Random): Uint8Array[] {
  const pids = new Set(moments.flatMap(({ running }) => [...running.keys()]))
  return [...pids].flatMap((pid) => {
    const { running, nowMs } = random.pick(moments)
    const image = running.get(pid)
    return image === undefined ? [] : [row(image, INIT, { atMs: nowMs, path: '/bin/row' })]
  })
}

function expectTruth(playback: Playback, { running }: Moment): void {
  const known = [...playback.stream.processes.images()].map(atomOfImage)
  expect(known.sort()).toEqual([...running.values()].map(atomOf).sort())
}

/** Some moments of a life, in order. */
function someMoments(count: number, random: Random): number[] {
  return Array.from({ length: count }, () => random.below(STEPS)).sort((a, b) => a - b)
}

function eachSeed(run: (random: Random) => void): void {
  for (let seed = 0; seed < SEEDS; seed++) {
    try {
      run(new Random(seed))
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
}

function expectSound(playback: Playback, events: EventRecord[], records: number): void {
  expectIdentity(playback.stream.accounts, records)
  expectCausalOrder(events)
  expectEachOnce(events)
}

test('at the start, what was there and what is new are told once each', () => {
  eachSeed((random) => {
    const { records, moments } = live(random)
    const [attached, begun, ended] = someMoments(3, random) as [number, number, number]
    const stream = records.slice(moments[attached]!.records)

    const playback = new Playback()
    const rows = rowsOf(moments.slice(begun, ended + 1), random)
    const { events, rundown } = playback.takeOver(rows, moments[attached]!.nowMs)
    events.push(...playback.play(...stream))
    playback.pass(rundown)
    expectTruth(playback, moments.at(-1)!)
    expectSound(playback, [...events, ...playback.finish()], stream.length)
  })
})

test('after a loss, a snapshot makes the table the machine again', () => {
  eachSeed((random) => {
    const { records, moments } = live(random)
    const [first, last, asked, begun, ended, used] = someMoments(6, random) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const between = (from: number, to: number) => records.slice(moments[from]!.records, moments[to]!.records)

    const playback = new Playback()
    const events = playback.play(...records.slice(0, moments[first]!.records))
    // All between `first` and `last` is lost; the consumer is at `asked` when the snapshot begins.
    events.push(...playback.play(...between(last, asked)))
    const rows = rowsOf(moments.slice(begun, ended + 1), random)
    events.push(...playback.reconcile(rows, moments[begun]!.nowMs, between(asked, used)))
    expectTruth(playback, moments[used]!)

    events.push(...playback.play(...between(used, STEPS)), ...playback.finish())
    expectTruth(playback, moments.at(-1)!)
    expectSound(playback, events, records.length - between(first, last).length)
  })
})
