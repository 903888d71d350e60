/** The figures of a sensor behind which no kernel counts. */
import { RECORD_NAMES, type RecordName } from '../accounts.js'
import { EVENT_NAMES, type EventName } from '../events/index.js'
import { NO_RECORDS, type RecordStats, type SensorStats } from '../stats.js'

export function fakeStats(
  delivered: ReadonlyMap<EventName, number>,
  processes: number,
  ringBytes: number,
): SensorStats {
  const records = Object.fromEntries(RECORD_NAMES.map((name) => [name, { ...NO_RECORDS }]))
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
