/** What a command delivered, for the line that it says at its end. */
import { type EventName, type EventRecord, isEvent } from '../events/index.js'

export class Tally {
  /** Events, LOSS_ACCOUNTING included. */
  total = 0

  readonly #events = new Map<EventName, number>()
  readonly #lost = new Map<string, number>()
  readonly #startedMs = performance.now()

  add(record: EventRecord): void {
    this.total++
    increase(this.#events, record.routing.event_type, 1)
    if (!isEvent(record, 'LOSS_ACCOUNTING')) return
    for (const [type, count] of Object.entries(record.event.LOST)) increase(this.#lost, type, count)
  }

  /**
   * `12.3 s, 643 events (600 EXISTING_PROCESS, 43 NEW_PROCESS), nothing lost`. `overflowed`: executions
   * and loads whose files were not hashed, because too many waited.
   */
  summary(overflowed = 0): string {
    const seconds = ((performance.now() - this.#startedMs) / 1_000).toFixed(1)
    const lost = this.#lost.size === 0 ? 'nothing lost' : `${sum(this.#lost)} records lost (${listed(this.#lost)})`
    const unhashed = overflowed === 0 ? '' : `, ${overflowed} identities not told (too many files waited)`
    const byName = this.total === 0 ? '' : ` (${listed(this.#events)})`
    return `${seconds} s, ${this.total} ${this.total === 1 ? 'event' : 'events'}${byName}, ${lost}${unhashed}`
  }
}

function increase<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function listed(counts: ReadonlyMap<string, number>): string {
  const descending = [...counts].sort(([, a], [, b]) => b - a)
  return descending.map(([name, count]) => `${count} ${name}`).join(', ')
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}
