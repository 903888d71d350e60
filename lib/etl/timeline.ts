/**
 * Events in the order of their time. The start of a process is told when all is known of it, or when
 * another event names it: what happened meanwhile is held back until then.
 *
 * Causal order comes first: an event that was logged late stays behind the start that it names.
 */
import type { EventRecord } from '../events/index.js'

/** Held beyond that, events go without waiting: in a file that is made for it, a start may come late. */
const HELD_MAX = 65_536

interface Held {
  record: EventRecord
  /** Its time, or that of what it names. */
  key: number
}

export class Timeline {
  #held: Held[] = []
  /** Of starts that are held, by their atoms. */
  readonly #keys = new Map<string, number>()

  /** `batch`: in causal order. `settledMs`: nothing earlier than that will come. Returns what can go. */
  take(batch: readonly EventRecord[], settledMs: number): EventRecord[] {
    if (this.#held.length === 0 && isInOrder(batch, settledMs)) return batch as EventRecord[]
    for (const record of batch) this.#held.push({ record, key: this.#keyOf(record) })
    // Stable, and quick where most are in order already.
    this.#held.sort((one, other) => one.key - other.key || rankOf(one.record) - rankOf(other.record))
    let count = Math.max(0, this.#held.length - HELD_MAX)
    while (count < this.#held.length && this.#held[count]!.key <= settledMs) count++
    const ready = this.#held.splice(0, count).map(({ record }) => record)
    for (const { routing } of ready) this.#keys.delete(routing.this)
    return ready
  }

  #keyOf({ routing }: EventRecord): number {
    const { parent, target } = routing as { parent?: string; target?: string }
    let key = routing.event_time
    if (parent !== undefined) key = Math.max(key, this.#keys.get(parent) ?? 0)
    if (target !== undefined) key = Math.max(key, this.#keys.get(target) ?? 0)
    if (routing.event_type === 'NEW_PROCESS' || routing.event_type === 'EXISTING_PROCESS') {
      this.#keys.set(routing.this, key)
    }
    return key
  }
}

function isInOrder(batch: readonly EventRecord[], settledMs: number): boolean {
  let latest = 0
  let rank = 0
  for (const record of batch) {
    const { event_time } = record.routing
    if (event_time < latest || event_time > settledMs) return false
    if (event_time === latest && rankOf(record) < rank) return false
    latest = event_time
    rank = rankOf(record)
  }
  return true
}

/** Within one millisecond, what was there comes before what begins. */
function rankOf({ routing }: EventRecord): number {
  return routing.event_type === 'EXISTING_PROCESS' ? 0 : 1
}
