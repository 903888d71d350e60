/**
 * What follows from several events together: SENSITIVE_PROCESS_ACCESS and THREAD_INJECTION.
 *
 * Fed by events and nothing else, whatever platform they come from. Time is that of the events: no
 * clock, so that a replay finds the same. What is remembered is bounded.
 */
import { type EventRecord, isEvent } from '../events/index.js'
import { SENSITIVE_PROCESSES } from './defaults.js'
import type { Find } from './finding.js'
import { INJECTION_WINDOW_MS_DEFAULT, Injections } from './injection.js'
import { type Party, type ProcessRule, ProcessRules } from './rules.js'
import { SensitiveAccesses } from './sensitive.js'

export interface CorrelationOptions {
  /** The processes that count as sensitive. Default: lsass.exe; on Linux what keeps or checks secrets. */
  sensitive?: readonly ProcessRule[] | undefined
  /**
   * Whose access to sensitive processes is not told. Default: nobody's. A path holds in the initial mount namespace:
   * elsewhere anyone can have a file of that name.
   */
  ignore?: readonly ProcessRule[] | undefined
  /** Applies the paths of `ignore` in every mount namespace. Default: false. */
  ignoreEverywhere?: boolean | undefined
  /** How long after an access a thread still makes it a THREAD_INJECTION. Default: 10 s. */
  injectionWindowMs?: number | undefined
}

/** CorrelationOptions with what the machine says: no more than JSON can hold. */
export interface ResolvedCorrelation extends CorrelationOptions {
  /** The initial mount namespace, where it is known; where it is not, nothing asks for it. */
  hostNamespace?: number | undefined
}

export interface CorrelationStats {
  /** Accesses and threads that were the same as one told before. */
  repeats: number
  /** Processes and pairs that were given up because there were too many. */
  forgotten: number
}

export class Correlator {
  readonly #accesses: SensitiveAccesses
  readonly #injections: Injections
  /** Where the paths of `ignore` hold; undefined: everywhere. */
  readonly #ignoredIn: number | undefined

  constructor(options: ResolvedCorrelation, find: Find) {
    const { sensitive, ignore, ignoreEverywhere, hostNamespace } = options
    this.#accesses = new SensitiveAccesses(
      new ProcessRules(sensitive ?? SENSITIVE_PROCESSES),
      new ProcessRules(ignore ?? []),
      hostNamespace,
      find,
    )
    this.#ignoredIn = ignoreEverywhere ? undefined : hostNamespace
    this.#injections = new Injections(options.injectionWindowMs ?? INJECTION_WINDOW_MS_DEFAULT, find)
  }

  /** Whether the start of this process is wanted, also where nobody asked for starts. */
  isSensitive(process: Party): boolean {
    return this.#accesses.isSensitive(process)
  }

  /**
   * In the order of the stream. What a record leads to is found before this returns. `pathNamespace`: the mount
   * namespace in which the path of who acts is what that process called its file; 0: in none.
   */
  observe(record: EventRecord, pathNamespace = 0): void {
    if (isEvent(record, 'NEW_PROCESS') || isEvent(record, 'EXISTING_PROCESS')) {
      this.#accesses.start(record)
    } else if (isEvent(record, 'TERMINATE_PROCESS')) {
      const { parent, event_time } = record.routing
      if (parent !== undefined) this.end(parent, event_time)
    } else if (isEvent(record, 'REMOTE_PROCESS_HANDLE')) {
      this.#accesses.access(record, record.event.ACCESS_FLAGS, this.#isOfHost(pathNamespace))
      this.#injections.handle(record)
    } else if (isEvent(record, 'NEW_REMOTE_THREAD')) {
      this.#accesses.access(record, 0, this.#isOfHost(pathNamespace))
      this.#injections.thread(record)
    }
  }

  #isOfHost(pathNamespace: number): boolean {
    return this.#ignoredIn === undefined || this.#ignoredIn === pathNamespace
  }

  /** The process with this atom ended. */
  end(atom: string, time: number): void {
    this.#accesses.end(atom, time)
  }

  /** The source wrote into the target or changed one of its registers: the window begins anew. False without an access. */
  change(source: string, target: string, time: number): boolean {
    return this.#injections.change(source, target, time)
  }

  /** The source attached itself to the target: the window stays open until it detaches. */
  attach(source: string, target: string): void {
    this.#injections.attach(source, target)
  }

  detach(source: string, target: string, time: number): void {
    this.#injections.detach(source, target, time)
  }

  stats(): CorrelationStats {
    return {
      repeats: this.#accesses.repeats + this.#injections.repeats,
      forgotten: this.#accesses.forgotten + this.#injections.forgotten,
    }
  }
}
