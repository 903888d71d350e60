/** How many records there were, and what became of each. */
import { RECORD_NAMES, type RecordName, typeOf } from './accounts.js'
import type { EventName } from './events/index.js'
import type { IdentityStats } from './identity/identities.js'
import type { LinuxSource } from './linux/source.js'
import type { EventStream } from './stream.js'
import type { WindowsStats } from './windows/stats.js'

/**
 * Of one type of record: attempts = read + failed + refused, once the ring is empty; and
 * read = delivered + folded + filtered + bad + dropped + waiting.
 */
export interface RecordStats {
  /** Raised by the program before it asks the ring for space. */
  attempts: number
  /** The ring was full. */
  failed: number
  /** Arguments and environments: they had used up their share of the ring. */
  refused: number
  /** May be missing: there was no memory for what they would have been made of. */
  forgotten: number
  read: number
  /** Became an event. */
  delivered: number
  /** Became part of another event, or said what was known already. */
  folded: number
  /** Would have become an event that was not asked for. */
  filtered: number
  /** Made no sense. */
  bad: number
  /** Part of an event of which another part was lost. */
  dropped: number
  /** Forks that an exec may still follow. */
  waiting: number
}

/** Of a type that there is not. */
export const NO_RECORDS: Readonly<RecordStats> = Object.freeze({
  attempts: 0,
  failed: 0,
  refused: 0,
  forgotten: 0,
  read: 0,
  delivered: 0,
  folded: 0,
  filtered: 0,
  bad: 0,
  dropped: 0,
  waiting: 0,
})

export interface SensorStats {
  records: Record<RecordName, RecordStats>
  /** Delivered events, by name. */
  events: Record<EventName, number>
  /** Records that could not be written: failed + refused + forgotten, of all types. */
  lost: number
  /** Runs that the kernel skipped, by program. */
  missedRuns: Readonly<Record<string, number>>
  /** Files that code was run from; undefined where neither CODE_IDENTITY nor ONGOING_IDENTITY is asked for. */
  identities: IdentityStats | undefined
  /** Processes in the table. */
  processes: number
  ringBytes: number
  /** On Windows: what became of its events, and its trace sessions. */
  windows?: WindowsStats
}

export function statsOf(
  stream: EventStream,
  source: Pick<LinuxSource, 'counts' | 'missedRuns'>,
  ringBytes: number,
): SensorStats {
  const { accounts } = stream
  const kernel = source.counts()
  const entries = RECORD_NAMES.map((name) => {
    const type = typeOf(name)
    const settled =
      accounts.delivered[type]! +
      accounts.folded[type]! +
      accounts.filtered[type]! +
      accounts.bad[type]! +
      accounts.dropped[type]!
    const stats: RecordStats = {
      attempts: kernel.attempts[type]!,
      failed: kernel.failed[type]!,
      refused: kernel.refused[type]!,
      forgotten: kernel.forgotten[type]!,
      read: accounts.read[type]!,
      delivered: accounts.delivered[type]!,
      folded: accounts.folded[type]!,
      filtered: accounts.filtered[type]!,
      bad: accounts.bad[type]!,
      dropped: accounts.dropped[type]!,
      waiting: accounts.read[type]! - settled,
    }
    return [name, stats] as const
  })
  return {
    records: Object.fromEntries(entries) as Record<RecordName, RecordStats>,
    events: { ...stream.delivered },
    lost: sum(kernel.failed) + sum(kernel.refused) + sum(kernel.forgotten),
    missedRuns: source.missedRuns(),
    identities: stream.identities?.stats,
    processes: stream.processes.size,
    ringBytes,
  }
}

function sum(counts: Float64Array): number {
  return counts.reduce((total, count) => total + count, 0)
}
