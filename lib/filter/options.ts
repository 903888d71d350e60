/** Which events to deliver, by the process that they are about. */
import { given, isNumber32, isUser, isWritten, listOf, refusal, shown } from '../given.js'

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

/** What the entries of each list must be. */
const LISTS = {
  paths: isPath,
  excludePaths: isPath,
  users: isUser,
  excludeUsers: isUser,
  cgroups: isPath,
  excludeCgroups: isPath,
} as const satisfies Partial<Record<keyof FilterOptions, (value: unknown) => boolean>>

type ListName = keyof typeof LISTS

const LIST_NAMES = Object.keys(LISTS) as ListName[]
const SWITCHES = ['self', 'excludeEverywhere'] as const
const KEYS = [...LIST_NAMES, ...SWITCHES, 'subtreeOf'] as const satisfies readonly (keyof FilterOptions)[]

/** A copy; undefined where nothing is filtered. */
export function validateFilter(options: unknown): FilterOptions | undefined {
  if (options === undefined) return undefined
  const read = given(options, KEYS, { what: '"filter"', example: "{ users: ['root'] }" })
  const filter = {
    ...Object.fromEntries(LIST_NAMES.filter((key) => key in read).map((key) => [key, list(key, read[key])])),
    ...Object.fromEntries(SWITCHES.filter((key) => key in read).map((key) => [key, flag(key, read[key])])),
    ...(read.subtreeOf !== undefined && { subtreeOf: root(read.subtreeOf) }),
  } as FilterOptions
  return filtersNothing(filter) ? undefined : filter
}

function list(key: ListName, value: unknown): readonly (string | number)[] {
  const entries = listOf<string | number>(value, LISTS[key])
  if (entries !== undefined && entries.length > 0) return entries
  const kind = LISTS[key] === isPath ? 'absolute paths' : 'user ids or names'
  throw refusal(`"${key}" of "filter" must be an array of ${kind}, of one at least`)
}

function flag(key: (typeof SWITCHES)[number], value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw refusal(`"${key}" of "filter" must be true or false, not ${shown(value)}`)
}

function root(value: unknown): number {
  if (isNumber32(value) && value > 0) return value
  throw refusal(`"subtreeOf" of "filter" must be the number of a process, not ${shown(value)}`)
}

function filtersNothing(filter: FilterOptions): boolean {
  return KEYS.every(
    (key) => filter[key] === undefined || key === 'excludeEverywhere' || (key === 'self' && filter.self),
  )
}

function isPath(value: unknown): value is string {
  return isWritten(value) && isAbsolute(value)
}

/** From the root of Linux or, on Windows, of a drive, the kernel's names or another machine. */
export function isAbsolute(path: string): boolean {
  if (process.platform === 'win32' && /^([A-Za-z]:)?\\/.test(path)) return true
  return path.startsWith('/')
}
