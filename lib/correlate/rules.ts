/**
 * Rules about processes: by the path of the program and the user it runs as.
 *
 * A name alone says nothing, since anybody can give it to a program: a path in a folder of the
 * system's does.
 */

import { hostPath, partsOfPath } from '../process/path.js'

export interface ProcessRule {
  /**
   * The whole path of the program; with `*` in front, every path that ends like this. A path with a
   * backslash is one of Windows and compared without regard to case.
   */
  path?: string | undefined
  /** USER_NAME, or on Linux the number of the user. */
  user?: string | number | undefined
}

/** What a rule looks at: fields as the events have them. */
export interface Party {
  readonly FILE_PATH?: string
  readonly USER_NAME?: string
  readonly USER_ID?: number
}

interface Prepared {
  path: string | undefined
  isEnd: boolean
  isWindows: boolean
  user: string | number | undefined
}

const DELETED = / \(deleted\)$/

export class ProcessRules {
  /** By the last component of the path, in lower case: most processes are none of any rule's. */
  readonly #byName = new Map<string, Prepared[]>()
  readonly #byUser: Prepared[] = []

  constructor(rules: readonly ProcessRule[]) {
    for (const rule of rules) this.#add(prepare(rule))
  }

  /** Whether one of them says exactly this. `isOfHost`: whether the path is that of the host's own file. */
  match(party: Party, isOfHost = true): boolean {
    const path = party.FILE_PATH
    if (path !== undefined && isOfHost && isWhole(path) && this.#byName.size > 0) {
      const rules = this.#byName.get(nameOf(path))
      if (rules?.some((rule) => hasPath(rule, path) && hasUser(rule, party))) return true
    }
    return this.#byUser.some((rule) => hasUser(rule, party))
  }

  /** Also where only a part of the path is known, or its file was removed or replaced since it was executed. */
  mayMatch(party: Party, hostNamespace: number | undefined): boolean {
    if (this.match(party)) return true
    const path = party.FILE_PATH?.replace(DELETED, '')
    if (path === undefined || this.#byName.size === 0) return false
    const rules = this.#byName.get(nameOf(path))
    return rules?.some((rule) => mayHavePath(rule, path, hostNamespace) && hasUser(rule, party)) === true
  }

  #add(rule: Prepared): void {
    if (rule.path === undefined) {
      if (rule.user !== undefined) this.#byUser.push(rule)
      return
    }
    const name = nameOf(rule.path)
    const rules = this.#byName.get(name)
    if (rules === undefined) this.#byName.set(name, [rule])
    else rules.push(rule)
  }
}

function prepare({ path, user }: ProcessRule): Prepared {
  const isEnd = path?.startsWith('*') ?? false
  const bare = isEnd ? path?.slice(1) : path
  const isWindows = bare?.includes('\\') ?? false
  return { path: isWindows ? bare?.toLowerCase() : bare, isEnd, isWindows, user }
}

function nameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase()
}

function hasPath(rule: Prepared, path: string): boolean {
  const compared = rule.isWindows ? path.toLowerCase() : path
  return rule.isEnd ? compared.endsWith(rule.path!) : compared === rule.path
}

/** One that begins in the middle, or in a place of its own, names no file by itself: process/path.ts. */
function isWhole(path: string): boolean {
  return partsOfPath(path) === undefined
}

function mayHavePath(rule: Prepared, path: string, hostNamespace: number | undefined): boolean {
  if (isWhole(path)) return hasPath(rule, path)
  const parts = rule.isEnd ? partsOfPath(path) : hostPath(path, hostNamespace)
  if (parts === undefined) return false
  return hasPath(rule, parts.rest) || (parts.isCut && rule.path!.endsWith(parts.rest))
}

function hasUser({ user }: Prepared, party: Party): boolean {
  if (user === undefined) return true
  return typeof user === 'number' ? party.USER_ID === user : party.USER_NAME === user
}
