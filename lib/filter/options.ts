/** Which events to deliver, by the process that they are about. */
import { KernelwireError } from '../errors.js'
import { suggestion } from '../nearest.js'

/**
 * Of each kind that is given, one entry must fit, and no exclusion may. An event about two processes
 * is delivered if one of them fits and the one that acts is not excluded. What is filtered is counted
 * in `sensor.stats()`. LOSS_ACCOUNTING is always delivered.
 */
export interface FilterOptions {
  /** Programs: a path, or a folder with a slash (Windows: a backslash) at its end. */
  paths?: readonly string[] | undefined
  /** Programs not to deliver, in the initial mount namespace: elsewhere anyone can have a file of that name. */
  excludePaths?: readonly string[] | undefined
  /** Applies excludePaths in every mount namespace. Default: false. */
  excludeEverywhere?: boolean | undefined
  /** User ids or names. Windows: DOMAIN\\user or a SID. */
  users?: readonly (number | string)[] | undefined
  excludeUsers?: readonly (number | string)[] | undefined
  /** Paths of cgroups (version 2) and all below them. Linux only. */
  cgroups?: readonly string[] | undefined
  excludeCgroups?: readonly string[] | undefined
  /** The number of a process that runs: it, and all that descend from it. */
  subtreeOf?: number | undefined
  /** Whether to deliver what the sensor's own process does. Default: true. */
  self?: boolean | undefined
}

/** What each key takes; LISTS says what its entries must be. */
const LISTS = {
  paths: isPath,
  excludePaths: isPath,
  users: isUser,
  excludeUsers: isUser,
  cgroups: isPath,
  excludeCgroups: isPath,
} as const satisfies Partial<Record<keyof FilterOptions, (value: unknown) => boolean>>

const LIST_NAMES = Object.keys(LISTS) as (keyof typeof LISTS)[]
const SWITCHES = ['self', 'excludeEverywhere'] as const
const KEYS = [...LIST_NAMES, ...SWITCHES, 'subtreeOf'] as const satisfies readonly (keyof FilterOptions)[]

/** Undefined where nothing is filtered. */
export function validateFilter(filter: FilterOptions | undefined): FilterOptions | undefined {
  if (filter === undefined) return undefined
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw refusal(`"filter" must be an object such as { users: ['root'] }`)
  }
  for (const key of Object.keys(filter)) {
    if (!(KEYS as readonly string[]).includes(key)) {
      throw refusal(`no option of "filter" is called "${key}"; ${suggestion(key, KEYS)}`)
    }
  }
  for (const key of LIST_NAMES) checkList(key, filter[key])
  for (const key of SWITCHES) {
    if (filter[key] !== undefined && typeof filter[key] !== 'boolean') {
      throw refusal(`"${key}" of "filter" must be true or false`)
    }
  }
  const { subtreeOf } = filter
  if (subtreeOf !== undefined && (!Number.isInteger(subtreeOf) || subtreeOf < 1)) {
    throw refusal('"subtreeOf" of "filter" must be the number of a process')
  }
  return filtersNothing(filter) ? undefined : filter
}

function checkList(key: keyof typeof LISTS, value: unknown): void {
  const isFitting: (entry: unknown) => boolean = LISTS[key]
  if (value === undefined || (Array.isArray(value) && value.length > 0 && value.every(isFitting))) return
  const entries = isFitting === isPath ? 'absolute paths' : 'user ids or names'
  throw refusal(`"${key}" of "filter" must be an array of ${entries}, of one at least`)
}

function filtersNothing(filter: FilterOptions): boolean {
  return KEYS.every(
    (key) => filter[key] === undefined || key === 'excludeEverywhere' || (key === 'self' && filter.self),
  )
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && isAbsolute(value)
}

/** From the root of Linux or, on Windows, of a drive, the kernel's names or another machine. */
export function isAbsolute(path: string): boolean {
  if (process.platform === 'win32' && /^([A-Za-z]:)?\\/.test(path)) return true
  return path.startsWith('/')
}

function isUser(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : Number.isInteger(value) && (value as number) >= 0
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
