/**
 * The verdict on an image, computed once, when it is announced: its events then look at a number.
 *
 * Belonging to a subtree goes over at a fork; all else is looked at anew for each image.
 */
import type { ProcessImage } from '../process/image.js'
import { hostPath, partsOfPath } from '../process/path.js'
import type { ProcessTable } from '../process/table.js'
import type { FilterOptions } from './options.js'
import { VERDICT, type Verdict } from './verdict.js'

/** FilterOptions in numbers, with what the machine says: no more than JSON can hold. */
export interface ResolvedFilter extends Omit<FilterOptions, 'users' | 'excludeUsers' | 'self'> {
  users?: readonly number[] | undefined
  excludeUsers?: readonly number[] | undefined
  /** The sensor's own process, where it is excluded. */
  self?: { pid: number; pidNamespace: number | undefined } | undefined
  /** Windows: users, as DOMAIN\user or SID, in lower case; and paths are in lower case too. */
  accounts?: readonly string[] | undefined
  excludeAccounts?: readonly string[] | undefined
  isWindows?: boolean | undefined
  /** Where excludePaths hold; undefined: everywhere. */
  mountNamespace?: number | undefined
  /** The initial mount namespace, where it is known. */
  hostNamespace?: number | undefined
}

export class ProcessFilter {
  /** On what no image is known of. */
  readonly unknown: Verdict

  readonly #filter: ResolvedFilter
  readonly #processes: ProcessTable
  /** Start of the process that the subtree begins with. */
  #root: ProcessImage | undefined

  constructor(filter: ResolvedFilter, processes: ProcessTable) {
    this.#filter = filter
    this.#processes = processes
    const { paths, users, accounts, cgroups, subtreeOf } = filter
    const asksFor = [paths, users, accounts, cgroups, subtreeOf].some((kind) => kind !== undefined)
    this.unknown = asksFor ? VERDICT.OTHER : VERDICT.WANTED
  }

  /** Whether this is the filter of these options, as far as a recording can tell. */
  static isOf(filter: ProcessFilter | undefined, options: ResolvedFilter | undefined): boolean {
    return JSON.stringify(filter === undefined ? undefined : filter.#filter) === JSON.stringify(options)
  }

  /** Goes on with the subtree of the filter before it, if it is of the same process. */
  takeSubtree(before: ProcessFilter): boolean {
    if (this.#filter.subtreeOf === undefined || this.#filter.subtreeOf !== before.#filter.subtreeOf) return false
    this.#root = before.#root
    return true
  }

  /** Before the image lets its parent go. */
  judge(image: ProcessImage): void {
    if (this.#filter.subtreeOf !== undefined) image.isInSubtree ||= this.#descends(image)
    if (this.#isExcluded(image)) image.verdict = VERDICT.EXCLUDED
    else image.verdict = this.#isAskedFor(image) ? VERDICT.WANTED : VERDICT.OTHER
  }

  #descends(image: ProcessImage): boolean {
    if (image.pid === this.#filter.subtreeOf) {
      this.#root ??= image
      // The number may be given to another process later.
      if (this.#root.isOfStart(image.startLow, image.startHigh)) return true
    }
    // Who decodes Windows' events has looked whether it is the parent, or another process with its number.
    if (this.#filter.isWindows) return image.parent?.isInSubtree === true
    const parent = image.parent ?? this.#processes.ofPid(image.parentPid)
    return parent?.isInSubtree === true && parent.startMs <= image.startMs
  }

  #isAskedFor(image: ProcessImage): boolean {
    const { paths, users, accounts, cgroups, subtreeOf, isWindows, hostNamespace } = this.#filter
    return (
      (paths === undefined || mayBeAmong(image.path, paths, isWindows, hostNamespace)) &&
      (users === undefined || users.includes(image.userId!)) &&
      (accounts === undefined || isAccount(image, accounts)) &&
      (cgroups === undefined || mayBeBelow(image.details?.CGROUP_PATH, cgroups)) &&
      (subtreeOf === undefined || image.isInSubtree)
    )
  }

  #isExcluded(image: ProcessImage): boolean {
    const { excludePaths, excludeUsers, excludeAccounts, excludeCgroups, self, isWindows } = this.#filter
    return (
      (self !== undefined && isProcess(image, self)) ||
      (excludePaths !== undefined && isAmong(image.path, excludePaths, isWindows) && this.#trustsPath(image)) ||
      excludeUsers?.includes(image.userId!) === true ||
      (excludeAccounts !== undefined && isAccount(image, excludeAccounts)) ||
      (excludeCgroups !== undefined && isBelow(image.details?.CGROUP_PATH, excludeCgroups))
    )
  }

  /**
   * In a mount namespace of one's own one can have any file at any path. What counts is where the path holds: a process
   * outside can execute what is inside.
   */
  #trustsPath(image: ProcessImage): boolean {
    const { mountNamespace } = this.#filter
    return mountNamespace === undefined || image.pathNamespace === mountNamespace
  }
}

/** Whether records must say in which cgroup and which pid namespace a process is. */
export function needsDetails(filter: ResolvedFilter | undefined): boolean {
  return (
    filter !== undefined &&
    (filter.cgroups !== undefined || filter.excludeCgroups !== undefined || filter.self?.pidNamespace !== undefined)
  )
}

function isProcess({ pid, details }: ProcessImage, self: { pid: number; pidNamespace: number | undefined }): boolean {
  if (self.pidNamespace === undefined) return pid === self.pid
  return details?.NAMESPACE_PROCESS_ID === self.pid && details.NAMESPACES?.PID === self.pidNamespace
}

function isAmong(path: string | undefined, paths: readonly string[], isWindows = false): boolean {
  if (path === undefined) return false
  const [name, slash] = isWindows ? [path.toLowerCase(), '\\'] : [path, '/']
  return paths.some((each) => (each.endsWith(slash) ? name.startsWith(each) : name === each))
}

/** Also where only a part of the path is known, and the rest may be as asked for. */
function mayBeAmong(
  path: string | undefined,
  paths: readonly string[],
  isWindows: boolean | undefined,
  hostNamespace: number | undefined,
): boolean {
  if (isAmong(path, paths, isWindows)) return true
  const parts = path === undefined || isWindows ? undefined : hostPath(path, hostNamespace)
  if (parts === undefined) return false
  const { isCut, rest } = parts
  return isCut ? paths.some((each) => each.endsWith('/') || each.endsWith(rest)) : isAmong(rest, paths)
}

function isAccount({ userName, details }: ProcessImage, accounts: readonly string[]): boolean {
  return [userName, details?.USER_SID].some((name) => name !== undefined && accounts.includes(name.toLowerCase()))
}

function isBelow(cgroup: string | undefined, cgroups: readonly string[]): boolean {
  return cgroup !== undefined && cgroups.some((each) => cgroup === each || cgroup.startsWith(withSlash(each)))
}

/** Of a path that is cut, what is above may be any of them. */
function mayBeBelow(cgroup: string | undefined, cgroups: readonly string[]): boolean {
  return isBelow(cgroup, cgroups) || (cgroup !== undefined && partsOfPath(cgroup)?.isCut === true)
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}
