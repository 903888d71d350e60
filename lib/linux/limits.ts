/** What a sensor cannot know from where it runs, whatever is attached. */
import type { Limit } from '../coverage.js'
import type { EventName } from '../events/index.js'
import type { NativeViewpoint } from '../native.js'

const HOST_PIDS = 'run it in the pid namespace of the machine (docker run --pid=host, hostPID: true)'
const STARTS = ['EXISTING_PROCESS', 'NEW_PROCESS'] as const satisfies readonly EventName[]
const EXISTING = ['EXISTING_PROCESS'] as const satisfies readonly EventName[]

export function limitsOf({ isNested, proc, procShowsAll, listsAll }: NativeViewpoint): Limit[] {
  const limits: Limit[] = []
  if (!listsAll && isNested) {
    limits.push({
      events: STARTS,
      text: 'processes outside of this pid namespace that were there before the sensor: they have no EXISTING_PROCESS, and are no PARENT',
      remedy: HOST_PIDS,
    })
  } else if (!listsAll) {
    limits.push({
      events: STARTS,
      text: 'processes that were there before the sensor and that /proc does not show: they have no EXISTING_PROCESS, and are no PARENT',
      remedy: 'mount /proc without hidepid',
    })
  } else if (isNested) {
    limits.push({
      events: EXISTING,
      text: 'of processes outside of this pid namespace that were there before: starts to less than 10 ms, and what only extended events say',
      remedy: HOST_PIDS,
    })
  }
  if (proc === 'none' || !procShowsAll) {
    limits.push({
      events: EXISTING,
      text: 'the arguments of processes that were there before the sensor and that /proc does not show',
      remedy: 'mount the /proc of this pid namespace, without hidepid',
    })
  }
  return limits
}

/** `reason`: why nothing can be agreed upon with other sensors; see boot.ts. */
export function clockLimit(reason: string): Limit {
  return {
    events: [],
    text: `the clock on which the sensors of this boot agree (${reason}): once the wall clock is set, another one gives the same processes other atoms`,
    remedy: 'let it write to /run/kernelwire',
  }
}
