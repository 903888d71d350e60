/** Bytes that a piece of work allocates, on the heap and beside it, whether it keeps them or not. */
import { collectGarbage } from './garbage.js'
import type { Work } from './micro.js'

const TIMES = 7

/**
 * For each of the `count`: one value for each time. A run must allocate less than the young
 * generation has (16 MiB), since a collection in the middle would take it out of the sum.
 */
export function bytesAllocated({ count, make }: Work): number[] {
  const { prepare, run } = make()
  const values: number[] = []
  for (let i = 0; i < TIMES; i++) {
    prepare?.()
    collectGarbage()
    const before = allocated()
    run()
    values.push((allocated() - before) / count)
  }
  return values
}

function allocated(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
