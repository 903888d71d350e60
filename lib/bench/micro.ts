/**
 * CPU time of small pieces of work, in rounds: each round times all of them, one after the other, so
 * that whatever slows the machine for a while slows them all.
 *
 * CPU time of the whole process and not the wall clock: other programs do not count, the collector's
 * threads do.
 */
import { Bench } from 'tinybench'

export interface Work {
  name: string
  /** Not timed, before each run. */
  prepare?(): void
  run(): void
  /** Events, or whatever the time is divided by, of one run. */
  count: number
}

export interface Rounds {
  rounds: number
  /** For each work in each round. */
  milliseconds: number
}

/** Nanoseconds of CPU for each of the `count`, by name: one value a round. */
export async function nanoseconds(
  works: readonly Work[],
  { rounds, milliseconds }: Rounds,
): Promise<Map<string, number[]>> {
  const values = new Map(works.map(({ name }) => [name, [] as number[]]))
  // Round 0 is for the compiler.
  for (let round = 0; round <= rounds; round++) {
    const bench = new Bench({ now: cpuMs, time: milliseconds, iterations: 8, warmup: false })
    for (const work of rotated(works, round)) {
      bench.add(work.name, work.run, work.prepare === undefined ? {} : { beforeEach: work.prepare })
    }
    for (const task of await bench.run()) {
      if (task.result.state !== 'completed')
        throw task.result.state === 'errored' ? task.result.error : new Error(task.name)
      // The mean and not the median: a collection that only some of the runs contain is a cost of all.
      const { count } = works.find(({ name }) => name === task.name)!
      if (round > 0) values.get(task.name)!.push((task.result.latency.mean * 1e6) / count)
    }
  }
  return values
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const at = by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}
