/**
 * What a sensor is asked for can change while it runs: sensor.update(). A change takes effect at one
 * point of the stream: before the first record that was made after `atMs`.
 */
import type { Coverage } from './coverage.js'
import { HEADER } from './decode/linux/layout.js'
import type { EventName } from './events/index.js'
import type { ResolvedFilter } from './filter/process-filter.js'
import type { SnapshotRecords } from './linux/source.js'
import type { Records } from './records.js'

export interface Change {
  /** CLOCK_BOOTTIME in milliseconds. */
  atMs: number
  /** All that is asked for from then on, LOSS_ACCOUNTING included. */
  events: readonly EventName[]
  filter: ResolvedFilter | undefined
  coverage: Coverage
}

export interface PendingChange {
  change: Change
  /** All processes, where the change needs to know what earlier records did not have to say. */
  rows: SnapshotRecords | undefined
}

/** Those that the stream has not come to, in their order. */
export class PendingChanges {
  readonly #waiting: PendingChange[] = []

  add(pending: PendingChange): void {
    this.#waiting.push(pending)
  }

  /** When the next one takes effect. */
  get dueMs(): number | undefined {
    return this.#waiting[0]?.change.atMs
  }

  /** The next one, if it takes effect before `ms`. */
  take(ms: number): PendingChange | undefined {
    const dueMs = this.dueMs
    return dueMs !== undefined && dueMs < ms ? this.#waiting.shift() : undefined
  }

  /** How many of these records come before the next one. */
  before(records: Records, offsets: Uint32Array, count: number): number {
    const dueMs = this.dueMs
    if (dueMs === undefined) return count
    let before = 0
    while (before < count && records.ms(offsets[before]! + HEADER.boot_ns) <= dueMs) before++
    return before
  }
}
