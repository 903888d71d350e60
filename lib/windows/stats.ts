/** What became of the records of Windows, by provider, and what its sessions counted. */
import { RECORD_NAMES } from '../accounts.js'
import { PROVIDER } from '../decode/etw/layout.js'
import { NO_RECORDS, type RecordStats, type SensorStats } from '../stats.js'
import type { EventStream } from '../stream.js'
import type { NativeSession } from './native.js'

/** Of one provider: read = delivered + folded + filtered + bad + dropped + waiting. */
export type ProviderStats = Omit<RecordStats, 'attempts' | 'failed' | 'refused' | 'forgotten'>

export interface WindowsStats {
  providers: Record<string, ProviderStats>
  sessions: { name: string; eventsLost: number; buffersLost: number; restarts: number }[]
  /** Sessions that a program which crashed had left behind, and which were stopped when the sensor was opened. */
  orphans: readonly string[]
}

/** There are no records of Linux's types. */
export function windowsStats(
  stream: EventStream,
  sessions: readonly NativeSession[],
  orphans: readonly string[],
  ringBytes: number,
): SensorStats {
  const records = Object.fromEntries(RECORD_NAMES.map((name) => [name, NO_RECORDS])) as SensorStats['records']
  return {
    records,
    events: { ...stream.delivered },
    lost: sessions.reduce((sum, { eventsLost }) => sum + eventsLost, 0),
    missedRuns: {},
    identities: stream.identities?.stats,
    processes: stream.processes.size,
    ringBytes,
    windows: { providers: providersOf(stream), sessions: sessions.map(sessionOf), orphans },
  }
}

function providersOf({ accounts }: EventStream): Record<string, ProviderStats> {
  const entries = Object.entries(PROVIDER).map(([name, provider]) => {
    const settled = {
      delivered: accounts.delivered[provider]!,
      folded: accounts.folded[provider]!,
      filtered: accounts.filtered[provider]!,
      bad: accounts.bad[provider]!,
      dropped: accounts.dropped[provider]!,
    }
    const read = accounts.read[provider]!
    const waiting = Object.values(settled).reduce((left, count) => left - count, read)
    return [name, { read, ...settled, waiting }] as const
  })
  return Object.fromEntries(entries.filter(([, { read }]) => read > 0))
}

function sessionOf({ name, eventsLost, logBuffersLost, realTimeBuffersLost, restarts }: NativeSession) {
  return { name, eventsLost, buffersLost: logBuffersLost + realTimeBuffersLost, restarts }
}
