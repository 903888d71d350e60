/**
 * What processes do, beside starting and ending: modules they load, pipes, what they do to each
 * other; and what follows from that. The images that are given here are announced.
 */
import { buildHandle, buildRemoteThread, type PartyOf } from './build/access.js'
import { nestedProcess } from './build/process.js'
import { buildRouting } from './build/routing.js'
import { buildTargetedRouting } from './build/targeted-routing.js'
import { reachesIn } from './correlate/access.js'
import { Correlator, type ResolvedCorrelation } from './correlate/correlator.js'
import type { Finding } from './correlate/finding.js'
import type {
  EventName,
  EventRecord,
  NewNamedPipe,
  NewRemoteThread,
  RemoteProcessHandle,
  TerminateProcess,
} from './events/index.js'
import type { KnownFile } from './identity/known-file.js'
import type { ProcessImage } from './process/image.js'
import type { EventStream, StreamOptions } from './stream.js'

/** What is told of a path only now and then. */
export interface PathExtras {
  /** True lengths of values that were cut. */
  truncated: Record<string, number> | undefined
  /** Exact bytes of values that are no UTF-8, as base64. */
  rawBytes: Record<string, string> | undefined
}

export class Acts {
  correlator: Correlator
  wantsModules = false
  readonly #stream: EventStream
  readonly #options: StreamOptions
  readonly #correlation: ResolvedCorrelation
  #wanted: ReadonlySet<EventName> = new Set()
  #correlates = false
  #forgotten = 0

  constructor(stream: EventStream, options: StreamOptions, correlation: ResolvedCorrelation = {}) {
    this.#stream = stream
    this.#options = options
    this.#correlation = correlation
    this.correlator = this.#newCorrelator()
    this.ask(options.events)
  }

  /** From now on these events are asked for. What was seen before correlation began is not part of it. */
  ask(events: ReadonlySet<EventName>): void {
    this.#wanted = events
    this.wantsModules = events.has('MODULE_LOAD')
    const correlates = events.has('SENSITIVE_PROCESS_ACCESS') || events.has('THREAD_INJECTION')
    if (correlates === this.#correlates) return
    this.#correlates = correlates
    if (correlates) {
      this.#forgotten += this.correlator.stats().forgotten
      this.correlator = this.#newCorrelator()
    }
    this.#stream.correlator = correlates ? this.correlator : undefined
  }

  #newCorrelator(): Correlator {
    return new Correlator(this.#correlation, (finding) => this.#find(finding))
  }

  /** What correlation had to give up so far, also before it was begun anew. */
  get forgotten(): number {
    return this.#forgotten + this.correlator.stats().forgotten
  }

  wants(name: EventName): boolean {
    return this.#wanted.has(name)
  }

  /** Whether events that name two processes are looked at at all. */
  get wantsAccesses(): boolean {
    return this.#correlates || this.wants('REMOTE_PROCESS_HANDLE') || this.wants('NEW_REMOTE_THREAD')
  }

  /** Whether nothing that is done to it goes unsaid. */
  isSensitive(image: ProcessImage): boolean {
    return this.correlator.isSensitive(nestedProcess(image))
  }

  /** `image`: of the process that loaded it, where it was announced. */
  module(
    image: ProcessImage | undefined,
    pid: number,
    path: string | undefined,
    size: number,
    base: number,
    time: number,
    account: number,
    file?: KnownFile,
  ): void {
    this.#stream.module(image, pid, path, size, base, time, undefined, account, file)
  }

  /** The end of a process of which nothing else is known. */
  unknownEnd(pid: number, time: number, exitCode: number, account: number): void {
    const { accounts } = this.#stream
    if (!this.wants('TERMINATE_PROCESS')) {
      accounts.filtered[account]!++
      return
    }
    const { ids, envelope } = this.#options
    ids.next()
    const routing = buildRouting(envelope, 'TERMINATE_PROCESS', time, ids.eventId(), ids.atom(time), undefined)
    const event: TerminateProcess['event'] = { TIMESTAMP: time, PROCESS_ID: pid }
    if (this.#stream.extended) {
      event.EXIT_CODE = exitCode
      event.SEQUENCE = ids.sequence
    }
    this.#stream.deliver('TERMINATE_PROCESS', { routing, event } as TerminateProcess)
    accounts.delivered[account]!++
  }

  pipe(
    name: 'NEW_NAMED_PIPE' | 'OPEN_NAMED_PIPE',
    image: ProcessImage | undefined,
    pid: number,
    path: string,
    time: number,
    account: number,
    extras?: PathExtras,
  ): void {
    const { accounts } = this.#stream
    if (!this.wants(name) || !this.#stream.isWanted(image)) {
      accounts.filtered[account]!++
      return
    }
    const { ids, envelope } = this.#options
    ids.next()
    const routing = buildRouting(envelope, name, time, ids.eventId(), ids.atom(time), image?.atom)
    const event: NewNamedPipe['event'] = { FILE_PATH: path, PROCESS_ID: pid }
    if (extras?.truncated !== undefined) event.TRUNCATED = extras.truncated
    if (this.#stream.extended) {
      event.SEQUENCE = ids.sequence
      if (extras?.rawBytes !== undefined) event.RAW_BYTES = extras.rawBytes
    }
    const record = { routing, event } as EventRecord
    this.#stream.deliver(name, record)
    accounts.delivered[account]!++
  }

  /** `mask`: of a handle that was opened; with `isDenied`, of one that was not. */
  handle(source: PartyOf, target: PartyOf, mask: number, isDenied: boolean, time: number, account: number): void {
    const { accounts, extended } = this.#stream
    const isWhole = reachesIn(mask)
    const isOne =
      (isWhole || this.#options.allAccess === true) &&
      (extended || !isDenied) &&
      this.#stream.areWanted(source.image, target.image)
    if (!isOne || !(this.#correlates || this.wants('REMOTE_PROCESS_HANDLE'))) {
      accounts.filtered[account]!++
      return
    }
    const { ids } = this.#options
    ids.next()
    const event = buildHandle(mask, source, target)
    if (isDenied) event.DENIED = 1
    if (extended) event.SEQUENCE = ids.sequence
    const routing = this.#upon('REMOTE_PROCESS_HANDLE', source, target, time)
    this.#take({ routing, event } as RemoteProcessHandle, source.image, account, isWhole && !isDenied)
  }

  /** With the handle that was told last. */
  attach(source: PartyOf, target: PartyOf): void {
    const [by, to] = [source.image?.atom, target.image?.atom]
    if (this.#correlates && by !== undefined && to !== undefined) this.correlator.attach(by, to)
  }

  /** The source wrote into the target, or moved one of its threads. `mask`: of the access that it has for it. */
  change(source: PartyOf, target: PartyOf, mask: number, time: number, account: number): void {
    const [by, to] = [source.image?.atom, target.image?.atom]
    const { folded } = this.#stream.accounts
    if (!this.#correlates || by === undefined || to === undefined) {
      folded[account]!++
    } else if (this.correlator.change(by, to, time)) {
      folded[account]!++
    } else {
      // The access was to an image that the target ran before.
      this.handle(source, target, mask, false, time, account)
    }
  }

  detach(source: PartyOf, target: PartyOf, time: number): void {
    const [by, to] = [source.image?.atom, target.image?.atom]
    if (this.#correlates && by !== undefined && to !== undefined) this.correlator.detach(by, to, time)
  }

  remoteThread(source: PartyOf, target: PartyOf, tid: number, time: number, account: number): void {
    const isOne = this.#stream.areWanted(source.image, target.image)
    if (!isOne || !(this.#correlates || this.wants('NEW_REMOTE_THREAD'))) {
      this.#stream.accounts.filtered[account]!++
      return
    }
    const { ids } = this.#options
    ids.next()
    const event = buildRemoteThread(tid, source, target)
    if (this.#stream.extended) event.SEQUENCE = ids.sequence
    const routing = this.#upon('NEW_REMOTE_THREAD', source, target, time)
    this.#take({ routing, event } as NewRemoteThread, source.image, account, true)
  }

  #upon<N extends EventName>(name: N, source: PartyOf, target: PartyOf, time: number) {
    const { ids, envelope } = this.#options
    const [parent, other] = [source.image?.atom, target.image?.atom]
    return buildTargetedRouting(envelope, name, time, ids.eventId(), ids.atom(time), parent, other)
  }

  #take(
    record: RemoteProcessHandle | NewRemoteThread,
    source: ProcessImage | undefined,
    account: number,
    isDone: boolean,
  ): void {
    const { accounts } = this.#stream
    const name = record.routing.event_type
    if (this.wants(name)) {
      this.#stream.deliver(name, record)
      accounts.delivered[account]!++
    } else {
      accounts.filtered[account]!++
    }
    if (isDone && this.#correlates) this.correlator.observe(record, source?.pathNamespace)
  }

  #find({ name, events, time, parent, target, repeats }: Finding): void {
    if (!this.wants(name)) return
    const { ids, envelope } = this.#options
    ids.next()
    const routing = buildTargetedRouting(envelope, name, time, ids.eventId(), ids.atom(time), parent, target)
    const record = { routing, event: { EVENTS: events } } as EventRecord & { event: { REPEATS?: number } }
    if (this.#stream.extended) {
      if (repeats > 0) record.event.REPEATS = repeats
      record.event.SEQUENCE = ids.sequence
    }
    this.#stream.deliver(name, record)
  }
}
