/** One process's life in a stream in which pids come again, but never within one life. */
import { type EventOf, type EventRecord, isEvent } from '../../lib/events/index.js'
import type { Lifetime } from './storm.js'

/** Event times are whole milliseconds, and the two clocks may differ by as much. */
const CLOCK_MS = 2

export interface Placed<R> {
  record: R
  /** In the stream. */
  place: number
}

export interface Life {
  starts: Placed<EventOf<'NEW_PROCESS'>>[]
  ends: Placed<EventOf<'TERMINATE_PROCESS'>>[]
  environments: Placed<EventOf<'PROCESS_ENVIRONMENT'>>[]
}

export class Lives {
  readonly #byPid = new Map<number, Placed<EventRecord>[]>()

  constructor(events: readonly EventRecord[]) {
    events.forEach((record, place) => {
      if (!('PROCESS_ID' in record.event)) return
      const placed = this.#byPid.get(record.event.PROCESS_ID) ?? []
      this.#byPid.set(record.event.PROCESS_ID, placed)
      placed.push({ record, place })
    })
  }

  /** What the stream tells of it. */
  of({ pid, from, to }: Lifetime): Life {
    const life: Life = { starts: [], ends: [], environments: [] }
    for (const { record, place } of this.#byPid.get(pid) ?? []) {
      const { event_time: time } = record.routing
      if (time < from - CLOCK_MS || time > to + CLOCK_MS) continue
      if (isEvent(record, 'NEW_PROCESS')) life.starts.push({ record, place })
      if (isEvent(record, 'TERMINATE_PROCESS')) life.ends.push({ record, place })
      if (isEvent(record, 'PROCESS_ENVIRONMENT')) life.environments.push({ record, place })
    }
    return life
  }
}

/** Whether there is one start and one end, in this order, of the same image. */
export function isWhole({ starts: [start, ...more], ends: [end, ...others] }: Life): boolean {
  if (start === undefined || end === undefined || more.length > 0 || others.length > 0) return false
  return start.place < end.place && end.record.routing.parent === start.record.routing.this
}
