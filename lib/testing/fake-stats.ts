/** The figures of a sensor behind which no kernel counts. */
import { RECORD_NAMES, type RecordName } from '../accounts.js'
import { EVENT_NAMES, type EventName } from '../events/index.js'
import type { RecordStats, SensorStats } from '../stats.js'

const NONE: RecordStats = {
  attempts: 0,
  failed: 0,
  refused: 0,
  read: 0,
  delivered: 0,
  folded: 0,
  filtered: 0,
  bad: 0,
  dropped: 0,
  waiting: 0,
}

export function fakeStats(
  delivered: ReadonlyMap<EventName, number>,
  processes: number,
  ringBytes: number,
): SensorStats {
  const records = Object.fromEntries(RECORD_NAMES.map((name) => [name, { ...NONE }]))
  const events = Object.fromEntries(EVENT_NAMES.map((name) => [name, delivered.get(name) ?? 0]))
  return {
    records: records as Record<RecordName, RecordStats>,
    events: events as Record<EventName, number>,
    lost: 0,
    missedRuns: {},
    identities: undefined,
    processes,
    ringBytes,
  }
}
