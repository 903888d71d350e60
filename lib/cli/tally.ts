/** What a command delivered, for the line that it says at its end. */
import { type EventName, type EventRecord, isEvent } from '../events/index.js'

export class Tally {
  /** Events, LOSS_ACCOUNTING included. */
  total = 0

  readonly #events = new Map<EventName, number>()
  readonly #lost = new Map<string, number>()
  /** Of which nobody says how many records. */
  #uncounted = 0
  readonly #startedMs = performance.now()

  add(record: EventRecord): void {
    this.total++
    increase(this.#events, record.routing.event_type, 1)
    if (!isEvent(record, 'LOSS_ACCOUNTING')) return
    const lost = Object.entries(record.event.LOST)
    if (lost.length === 0) this.#uncounted++
    for (const [type, count] of lost) increase(this.#lost, type, count)
  }

  /** `12.3 s, 643 events (600 EXISTING_PROCESS, 43 NEW_PROCESS), nothing lost`. */
  summary(): string {
    const seconds = ((performance.now() - this.#startedMs) / 1_000).toFixed(1)
    const lost = this.#losses()
    const byName = this.total === 0 ? '' : ` (${listed(this.#events)})`
    return `${seconds} s, ${this.total} ${this.total === 1 ? 'event' : 'events'}${byName}, ${lost}`
  }

  #losses(): string {
    if (this.#lost.size > 0) return `${sum(this.#lost)} records lost (${listed(this.#lost)})`
    if (this.#uncounted === 0) return 'nothing lost'
    return `records lost at ${this.#uncounted} ${this.#uncounted === 1 ? 'place' : 'places'}, nobody counted how many`
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
