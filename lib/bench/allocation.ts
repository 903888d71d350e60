/**
 * Bytes that a piece of work allocates, on the heap and beside it, whether it keeps them or not.
 *
 * As the collector sees them: what there is more of before each collection than was left by the one
 * before it. So a collection in the middle of the work takes nothing out of the sum.
 */
import { GCProfiler } from 'node:v8'
import { collectGarbage } from './garbage.js'
import type { Work } from './micro.js'

/** For each of the `count`. */
export function bytesAllocated({ count, make }: Work): number {
  const { prepare, run } = make()
  prepare?.()
  return bytesAllocatedBy(run) / count
}

export function bytesAllocatedBy(run: () => void): number {
  return bytesBetween(run) - own()
}

/** What the profiler and the two collections allocate themselves. */
function own(): number {
  ownBytes ??= Math.min(...Array.from({ length: 8 }, () => bytesBetween(() => undefined)))
  return ownBytes
}

let ownBytes: number | undefined

function bytesBetween(run: () => void): number {
  const profiler = new GCProfiler()
  profiler.start()
  collectGarbage()
  run()
  collectGarbage()
  const { statistics } = profiler.stop()
  return statistics.slice(1).reduce((sum, { beforeGC }, i) => sum + used(beforeGC) - used(statistics[i]!.afterGC), 0)
}

function used({ heapStatistics }: { heapStatistics: { usedHeapSize: number; externalMemory: number } }): number {
  return heapStatistics.usedHeapSize + heapStatistics.externalMemory
}
