/** What can be said about how a sensor is recorded. */
import { given, isWritten, refusal, shown } from '../given.js'

export interface RecordOptions {
  /** The file. Left out with `lastMs`, where dump() names it. */
  path?: string | undefined
  /** Replaces a regular file that is there; nothing else is ever replaced. Default: false. */
  force?: boolean | undefined
  /** A file that would grow beyond this is followed by another one, NAME.1.kwr behind NAME.kwr. Default: no limit. */
  maxBytes?: number | undefined
  /** How many files are kept, the latest ones. Default: all. */
  maxFiles?: number | undefined
  /**
   * A flight recorder: keeps so much of the past in memory, of at most `maxBytes` (default: 64 MiB),
   * and writes it when `dump()` is called.
   */
  lastMs?: number | undefined
}

export interface ResolvedRecordOptions {
  path: string | undefined
  force: boolean
  maxBytes: number
  maxFiles: number
  lastMs: number | undefined
}

export const FLIGHT_BYTES_DEFAULT = 64 * 2 ** 20
/** What a timer of Node.js can wait: 24.8 days. */
export const LAST_MS_MAX = 2 ** 31 - 1
/** Some blocks: less would be a file for each drain. */
export const PART_BYTES_MIN = 2 ** 20
const NAMES = ['path', 'force', 'maxBytes', 'maxFiles', 'lastMs'] as const satisfies readonly (keyof RecordOptions)[]

export function validateRecord(value: unknown): ResolvedRecordOptions | undefined {
  if (value === undefined) return undefined
  const options = typeof value === 'string' ? { path: value } : value
  const { path, force, maxBytes, maxFiles, lastMs } = given(options, NAMES, {
    what: '"record"',
    example: '{ path: "run.kwr" }, or a file name',
  })
  if (path !== undefined && !isWritten(path)) throw refusal(`"record.path" must be a file name, not ${shown(path)}`)
  if (path === undefined && lastMs === undefined) throw refusal('"record" needs a path, or lastMs and a dump() later')
  if (path !== undefined && lastMs !== undefined) {
    throw refusal('"record.lastMs" keeps the past in memory until dump(path) is called; leave out "record.path"')
  }
  return {
    path,
    force: isForced('record.force', force),
    maxBytes: within('maxBytes', PART_BYTES_MIN, maxBytes) ?? (lastMs === undefined ? Infinity : FLIGHT_BYTES_DEFAULT),
    maxFiles: within('maxFiles', 1, maxFiles) ?? Infinity,
    lastMs: within('lastMs', 1_000, lastMs, LAST_MS_MAX),
  }
}

/** What sensor.dump() can be told. */
export function validateDump(path: unknown, options: unknown = {}): { path: string; force: boolean } {
  if (!isWritten(path)) throw refusal(`dump() needs a file name, not ${shown(path)}`)
  const { force } = given(options, ['force'], { what: 'the options of dump()', example: '{ force: true }' })
  return { path, force: isForced('force', force) }
}

function isForced(name: string, value: unknown = false): boolean {
  if (typeof value === 'boolean') return value
  throw refusal(`"${name}" must be true or false, not ${shown(value)}`)
}

function within(name: string, least: number, value: unknown, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (value === undefined) return undefined
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw refusal(`"record.${name}" must be a whole number from ${least} to ${most}, not ${shown(value)}`)
}
