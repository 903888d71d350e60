/**
 * Where records are missing, and which.
 *
 * Each record carries its CPU's running count of what could not be written; a change marks the gap.
 * Which types were lost stands in the programs' counters.
 */
import { RECORD_NAMES, type RecordName, typeOf } from '../accounts.js'
import { HEADER } from '../decode/linux/layout.js'
import type { LossAccounting } from '../events/index.js'
import type { Records } from '../records.js'
import { type KernelCounters, noCounts, PROGRAMS_OF_RECORD } from './counters.js'

export type Loss = Omit<LossAccounting['event'], 'FROM' | 'TO'>
type LostRecords = Partial<Record<RecordName, number>>

/** By the names of the programs; a run that was skipped would have made one record at most. */
export type MissedRuns = Readonly<Record<string, number>>

export class Gaps {
  readonly #counters: KernelCounters
  readonly #missedRuns: () => MissedRuns
  /** What each CPU had lost at its latest record. */
  readonly #lost: number[] = []
  #told = noCounts()
  #toldLost = 0
  #toldMissed: MissedRuns = {}

  constructor(counters: KernelCounters, missedRuns: () => MissedRuns) {
    this.#counters = counters
    this.#missedRuns = missedRuns
  }

  /** Whether this record comes behind a gap. */
  isBehind(records: Records, at: number): boolean {
    const lost = records.u32[(at + HEADER.lost) >>> 2]!
    const cpu = records.u16[(at + HEADER.cpu) >>> 1]!
    if ((this.#lost[cpu] ?? 0) === lost) return false
    this.#lost[cpu] = lost
    return true
  }

  /** What was lost since the last time it was asked: one entry for each reason. */
  take(): Loss[] {
    const losses: Loss[] = this.#counters.lost() === this.#toldLost ? [] : this.#takeCounted()
    const missed = this.#takeMissed()
    if (missed !== undefined) losses.push({ LOST: missed, BYTES: 0, REASON: 'MISSED_RUN' })
    return losses
  }

  #takeCounted(): Loss[] {
    const before = this.#told
    this.#toldLost = this.#counters.lost()
    const now = this.#counters.read()
    this.#told = now
    const losses: Loss[] = []
    const failed = since(before.failed, now.failed)
    const refused = since(before.refused, now.refused)
    if (failed !== undefined) {
      losses.push({ LOST: failed, BYTES: now.failedBytes - before.failedBytes, REASON: 'RING_FULL' })
    }
    if (refused !== undefined) {
      losses.push({ LOST: refused, BYTES: now.refusedBytes - before.refusedBytes, REASON: 'BULK_SHARE' })
    }
    const forgotten = since(before.forgotten, now.forgotten)
    if (forgotten !== undefined) losses.push({ LOST: forgotten, BYTES: 0, REASON: 'MEMORY' })
    return losses
  }

  #takeMissed(): LostRecords | undefined {
    const now = this.#missedRuns()
    const before = this.#toldMissed
    this.#toldMissed = now
    const counts = RECORD_NAMES.map((name) => {
      const programs = PROGRAMS_OF_RECORD[name] ?? []
      const missed = programs.reduce((sum, program) => sum + (now[program] ?? 0) - (before[program] ?? 0), 0)
      return [name, missed] as const
    })
    return onlyLost(counts)
  }
}

function since(before: Float64Array, now: Float64Array): LostRecords | undefined {
  return onlyLost(RECORD_NAMES.map((name) => [name, now[typeOf(name)]! - before[typeOf(name)]!] as const))
}

function onlyLost(counts: (readonly [RecordName, number])[]): LostRecords | undefined {
  const lost = counts.filter(([, count]) => count > 0)
  return lost.length === 0 ? undefined : Object.fromEntries(lost)
}
