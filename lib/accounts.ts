/**
 * What became of each record: read = delivered + folded + filtered + bad + dropped (+ those that
 * still wait), by type. Plain arrays, since every record raises one of them.
 */
import { TYPE, TYPES } from './decode/linux/layout.js'

export class Accounts {
  readonly read = new Float64Array(TYPES)
  /** Became an event. */
  readonly delivered = new Float64Array(TYPES)
  /** Became part of another event, or said what was known already. */
  readonly folded = new Float64Array(TYPES)
  /** Would have become an event that was not asked for. */
  readonly filtered = new Float64Array(TYPES)
  /** Made no sense. */
  readonly bad = new Float64Array(TYPES)
  /** Part of an event of which another part was lost. */
  readonly dropped = new Float64Array(TYPES)
}

export const RECORD_NAMES = [
  'FORK',
  'EXEC',
  'EXIT',
  'ARGUMENTS',
  'ENVIRONMENT',
  'MODULE',
  'ACCESS',
  'THREAD',
  'PIPE',
] as const
export type RecordName = (typeof RECORD_NAMES)[number]

export function typeOf(name: RecordName): number {
  return TYPE[name]
}
