/** How late the event loop of this process is, asked every millisecond. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds, beyond the one that was waited for. */
export interface Lateness {
  half: number
  most: number
  nearlyAll: number
  longest: number
}

/** The timer by which it is measured. */
const EVERY_MS = 1

/** Answers its parent: on "measure" it begins anew, on all else it sends what was measured since, and what `rest` says. */
export function answer<Rest extends object>(rest: () => Rest): void {
  const histogram = monitorEventLoopDelay({ resolution: EVERY_MS })
  const late = (ns: number) => Math.max(0, ns / 1e6 - EVERY_MS)
  process.on('message', (message) => {
    if (message === 'measure') {
      histogram.enable()
      histogram.reset()
      return
    }
    const lateness: Lateness = {
      half: late(histogram.percentile(50)),
      most: late(histogram.percentile(99)),
      nearlyAll: late(histogram.percentile(99.9)),
      longest: late(histogram.max),
    }
    process.send!({ ...lateness, ...rest() })
  })
  process.send!('ready')
}
