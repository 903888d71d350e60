/** SENSITIVE_PROCESS_ACCESS: somebody reached into a process that guards secrets. */
import type { ExistingProcess, NewProcess } from '../events/index.js'
import { reachesIn } from './access.js'
import { BoundedMap } from './bounded.js'
import { type Access, type Find, frozen, ownerOf } from './finding.js'
import type { Party, ProcessRules } from './rules.js'

/** The same access by the same process is told once in this time. */
export const REPEAT_MS = 60_000
/** Records may come a little later than the end of the process that they are about. */
const ENDED_KEPT_MS = 10_000

const TARGETS_MAX = 4_096
const TOLD_MAX = 4_096

interface Target {
  start: NewProcess | ExistingProcess
  endedMs: number
}

interface Told {
  timeMs: number
  repeats: number
}

export class SensitiveAccesses {
  readonly #targets = new BoundedMap<Target>(TARGETS_MAX)
  readonly #ended: string[] = []
  readonly #told = new BoundedMap<Told>(TOLD_MAX)
  readonly #sensitive: ProcessRules
  readonly #ignored: ProcessRules
  readonly #hostNamespace: number | undefined
  readonly #find: Find
  #repeats = 0

  constructor(sensitive: ProcessRules, ignored: ProcessRules, hostNamespace: number | undefined, find: Find) {
    this.#sensitive = sensitive
    this.#ignored = ignored
    this.#hostNamespace = hostNamespace
    this.#find = find
  }

  /** Accesses that were the same as one told before. */
  get repeats(): number {
    return this.#repeats
  }

  /** Sensitive processes that were given up because there were too many. */
  get forgotten(): number {
    return this.#targets.forgotten
  }

  isSensitive(party: Party): boolean {
    return this.#sensitive.mayMatch(party, this.#hostNamespace)
  }

  start(record: NewProcess | ExistingProcess): void {
    if (!this.isSensitive(record.event)) return
    const start = frozen(record)
    this.#targets.put(record.routing.this, { start, endedMs: Number.POSITIVE_INFINITY }, ownerOf(record.event))
  }

  end(atom: string, time: number): void {
    this.#dropEnded(time)
    const target = this.#targets.get(atom)
    if (target === undefined) return
    target.endedMs = time
    this.#ended.push(atom)
  }

  /** `mask`: of a handle; 0 for a thread. `isOfHost`: whether the path of who acts is that of the host's own file. */
  access(record: Access, mask: number, isOfHost: boolean): void {
    if (mask !== 0 && !reachesIn(mask)) return
    const start = this.#startOf(record)
    if (start === undefined) return
    if (record.event.SOURCE !== undefined && this.#ignored.match(record.event.SOURCE, isOfHost)) return
    const { routing } = record
    const repeats = this.#repeatsBefore(
      `${routing.parent} ${routing.target} ${mask}`,
      routing.event_time,
      ownerOf(record.event.SOURCE),
    )
    if (repeats === undefined) return
    const access = frozen(record)
    this.#find({
      name: 'SENSITIVE_PROCESS_ACCESS',
      events: start === 'unseen' ? [access] : [start, access],
      time: routing.event_time,
      parent: routing.parent,
      target: routing.target,
      repeats,
    })
  }

  /** Undefined for a target that is not sensitive; 'unseen' for one of which the start is not at hand. */
  #startOf(record: Access): NewProcess | ExistingProcess | 'unseen' | undefined {
    const { parent, target } = record.routing
    if (target === undefined || target === parent) return undefined
    const start = this.#targets.get(target)?.start
    if (start !== undefined) return start
    const { TARGET } = record.event
    return TARGET !== undefined && this.isSensitive(TARGET) ? 'unseen' : undefined
  }

  /** How many were left out since it was last told; undefined when this one is left out too. */
  #repeatsBefore(key: string, time: number, owner: string | number | undefined): number | undefined {
    const before = this.#told.get(key)
    if (before !== undefined && time - before.timeMs < REPEAT_MS) {
      before.repeats++
      this.#repeats++
      return undefined
    }
    this.#told.dropWhile((told) => told.repeats === 0 && time - told.timeMs >= REPEAT_MS)
    this.#told.put(key, { timeMs: time, repeats: 0 }, owner)
    return before?.repeats ?? 0
  }

  #dropEnded(time: number): void {
    while (this.#ended.length > 0) {
      const target = this.#targets.get(this.#ended[0]!)
      if (target !== undefined && time - target.endedMs < ENDED_KEPT_MS) return
      this.#targets.delete(this.#ended.shift()!)
    }
  }
}
