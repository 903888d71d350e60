/** Records with random changes. Each seed is one machine's life; a failure names the seed that repeats it. */
import { expect, test } from 'vitest'
import { expectCausalOrder, expectIdentity } from './invariants.js'
import { machineLife } from './machine-life.js'
import { Playback } from './playback.js'
import { Random } from './random.js'
import { changed, row } from './record-bytes.js'

const SEEDS = 100
const ROUNDS = 200

/** Values on which arithmetic and comparisons turn. */
const BYTES = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xfe, 0xff]

function mutate(record: Uint8Array, random: Random): Uint8Array {
  const at = random.below(record.length)
  switch (random.below(5)) {
    case 0:
      return record.subarray(0, at)
    case 1:
      return changed(record, at, random.pick(BYTES))
    case 2:
      return changed(record, random.below(Math.min(record.length, 96)), random.below(256))
    case 3:
      return record.length < 8
        ? record
        : changed(record, Math.min(at & ~3, (record.length & ~3) - 4), ...Array(4).fill(random.pick(BYTES)))
    default:
      return changed(record, 0, random.pick([1, 2, 3, 4, 5, 6, 0, 255]))
  }
}

function mutated(records: readonly Uint8Array[], random: Random): Uint8Array[] {
  const result: Uint8Array[] = []
  for (const record of records) {
    const chance = random.below(40)
    if (chance === 0) continue
    result.push(chance <= 4 ? mutate(record, random) : record)
    if (chance === 5) result.push(record)
    if (chance === 6) result.splice(random.below(result.length), 0, record)
  }
  return result
}

test('whatever is changed in a stream of records, nothing throws, each is accounted for, and order holds', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const random = new Random(seed)
    const extended = random.chance(0.5)
    const records = mutated(machineLife(random, ROUNDS, extended), random)
    const playback = new Playback({ extended, forkWindowMs: random.pick([0, 100, 1_000]) })
    try {
      const events = records.flatMap((record) => playback.play(record))
      events.push(...playback.finish())
      expectIdentity(playback.stream.accounts, records.length)
      expectCausalOrder(events)
      expect(playback.stream.processes.size).toBeLessThanOrEqual(records.length)
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
})

test('whatever is changed in the rows of a snapshot, nothing throws, and parents come first', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const random = new Random(seed)
    const image = () => ({ pid: random.below(50), execId: random.below(3), startMs: random.below(20) })
    const rows = Array.from({ length: 60 }, () => row(image(), image(), { atMs: 30, path: '/x', arguments: 'x\0' }))
    const playback = new Playback({ extended: random.chance(0.5) })
    try {
      const { events } = playback.takeOver(mutated(rows, random), 15)
      events.push(...playback.reconcile(mutated(rows, random), 40, machineLife(random, 50)))
      expectCausalOrder([...events, ...playback.finish()])
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
})
