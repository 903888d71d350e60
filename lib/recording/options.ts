/** What can be said about how a sensor is recorded. */
import { KernelwireError } from '../errors.js'
import { suggestion } from '../nearest.js'

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
/** Some blocks: less would be a file for each drain. */
export const PART_BYTES_MIN = 2 ** 20
const NAMES = ['path', 'force', 'maxBytes', 'maxFiles', 'lastMs'] as const satisfies readonly (keyof RecordOptions)[]

export function validateRecord(value: string | RecordOptions | undefined): ResolvedRecordOptions | undefined {
  if (value === undefined) return undefined
  const options = typeof value === 'string' ? { path: value } : value
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refusal('"record" must be a file name, or an object such as { path: "run.kwr" }')
  }
  for (const name of Object.keys(options)) {
    if ((NAMES as readonly string[]).includes(name)) continue
    throw refusal(`no option of "record" is called "${name}"; ${suggestion(name, NAMES)}`)
  }
  const { path, force = false, maxBytes, maxFiles, lastMs } = options
  if (path !== undefined && (typeof path !== 'string' || path === ''))
    throw refusal('"record.path" must be a file name')
  if (path === undefined && lastMs === undefined) throw refusal('"record" needs a path, or lastMs and a dump() later')
  if (path !== undefined && lastMs !== undefined) {
    throw refusal('"record.lastMs" keeps the past in memory until dump(path) is called; leave out "record.path"')
  }
  if (typeof force !== 'boolean') throw refusal('"record.force" must be true or false')
  return {
    path,
    force,
    maxBytes: atLeast('maxBytes', PART_BYTES_MIN, maxBytes) ?? (lastMs === undefined ? Infinity : FLIGHT_BYTES_DEFAULT),
    maxFiles: atLeast('maxFiles', 1, maxFiles) ?? Infinity,
    lastMs: atLeast('lastMs', 1_000, lastMs),
  }
}

function atLeast(name: string, least: number, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value
  throw refusal(`"record.${name}" must be a whole number from ${least}, not ${String(value)}`)
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
