/**
 * CPU time of small pieces of work, in rounds: each round times all of them, and those that are compared one right
 * after the other, so that whatever slows the machine for a while slows both, and shows in the spread.
 *
 * CPU time of the whole process and not the wall clock: other programs do not count, the collector's
 * threads do.
 */
import { setImmediate } from 'node:timers/promises'
import { Bench } from 'tinybench'

export interface Work {
  name: string
  /** Events, or whatever the time is divided by, of one run. */
  count: number
  /** What it works on is made anew for each round, and is garbage after it: no work pays for another's heap. */
  make(): Run
}

export interface Run {
  /** Not timed, before each run. */
  prepare?(): void
  run(): void
}

export interface Rounds {
  rounds: number
  /** For each work in each round. */
  milliseconds: number
}

/** Nanoseconds of CPU for each of the `count`, by name: one value a round. What is compared is in one group. */
export async function nanoseconds(
  groups: readonly (readonly Work[])[],
  { rounds, milliseconds }: Rounds,
): Promise<Map<string, number[]>> {
  const values = new Map(groups.flat().map(({ name }) => [name, [] as number[]]))
  // Round 0 is for the compiler.
  for (let round = 0; round <= rounds; round++) {
    for (const work of rotated(groups, round).flatMap((works) => rotated(works, round))) {
      const value = nanosecondsOf(work, milliseconds)
      if (round > 0) values.get(work.name)!.push(value)
      await setImmediate()
    }
  }
  return values
}

function nanosecondsOf({ name, count, make }: Work, milliseconds: number): number {
  const { prepare, run } = make()
  const bench = new Bench({
    now: cpuMs,
    time: milliseconds,
    iterations: 8,
    warmupTime: milliseconds / 2,
    warmupIterations: 2,
  })
  bench.add(name, run, prepare === undefined ? {} : { beforeEach: prepare })
  const [task] = bench.runSync()
  const { result } = task!
  if (result.state === 'errored') throw result.error
  if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`)
  // The mean and not the median: a collection that only some of the runs contain is a cost of all.
  return (result.latency.mean * 1e6) / count
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

/** In another order each time. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const at = by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}
