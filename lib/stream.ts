/**
 * The second half of the way: from what a record was about to events in the stream.
 *
 * Knows no platform. Everything that an event says comes from the record, from the process table
 * or from what was given at the start: no clock, no random source, so that a replay says the same.
 */
import { Accounts } from './accounts.js'
import { buildIdentity } from './build/identity.js'
import { buildModule } from './build/module.js'
import { allRawBytes, buildProcess, nestedProcess } from './build/process.js'
import { buildRouting } from './build/routing.js'
import type { Correlator } from './correlate/correlator.js'
import { TYPE } from './decode/linux/layout.js'
import type { Envelope } from './envelope.js'
import {
  type CodeIdentity,
  EVENT_NAMES,
  type EventName,
  type EventRecord,
  type LossAccounting,
  type ModuleLoad,
  type OngoingIdentity,
  type ProcessEnvironment,
  type TerminateProcess,
} from './events/index.js'
import { ProcessFilter, type ResolvedFilter } from './filter/process-filter.js'
import { concerns, VERDICT } from './filter/verdict.js'
import { type FileRequest, Identities, type LostSights } from './identity/identities.js'
import type { FileResult, KnownFile } from './identity/known-file.js'
import { executed, mapped, type Sight } from './identity/sight.js'
import type { AnyDetails } from './process/details.js'
import type { EventIds } from './process/event-ids.js'
import { type ProcessImage, STATE } from './process/image.js'
import type { ModuleExtras } from './process/module.js'
import { ProcessTable } from './process/table.js'

export interface StreamOptions {
  events: ReadonlySet<EventName>
  extended: boolean
  envelope: Envelope
  ids: EventIds
  atoms: Atoms
  filter?: ResolvedFilter | undefined
  /** How many processes are known at a time. Default: what a recording may take. */
  processesMax?: number | undefined
  /** Tells also of handles that do not reach into a process. */
  allAccess?: boolean | undefined
}

/** A change takes some milliseconds to prepare; a forged recording may never make it. */
const HIDDEN_MAX = 65_536

type Start = 'NEW_PROCESS' | 'EXISTING_PROCESS'

/** Names images: process/atom.ts. */
export interface Atoms {
  of(pid: number, execId: number, startLow: number, startHigh: number): string
}

export class EventStream {
  readonly processes: ProcessTable
  readonly accounts = new Accounts()
  /** Where files are hashed. */
  identities: Identities | undefined
  /** Called for each file that is to be read, unless the identities have somebody else. */
  onFileRequest: ((request: FileRequest) => void) | undefined
  readonly extended: boolean
  /** How many events of each name were delivered. */
  readonly delivered = Object.fromEntries(EVENT_NAMES.map((name) => [name, 0])) as Record<EventName, number>

  /** Sees every start that is delivered, those that it wants in any case, and every end. */
  correlator: Correlator | undefined

  readonly #envelope: Envelope
  readonly #ids: EventIds
  readonly #atoms: Atoms
  #filter: ProcessFilter | undefined
  #wantsNew = false
  #wantsExisting = false
  #wantsEnd = false
  #wantsModules = false
  wantsEnvironment = false
  /** Of images that came while a change is prepared: what only a later filter asks for. */
  #hidden: Map<ProcessImage, AnyDetails> | undefined
  #preparing = 0
  /** Which of them know the processes that live. */
  #informed: { correlator: Correlator | undefined; identities: boolean } = { correlator: undefined, identities: true }
  #batch: EventRecord[] = []

  constructor(options: StreamOptions) {
    this.processes = new ProcessTable(options.processesMax)
    this.extended = options.extended
    this.#envelope = options.envelope
    this.#ids = options.ids
    this.#atoms = options.atoms
    this.#filter = options.filter && new ProcessFilter(options.filter, this.processes)
    this.ask(options.events)
  }

  /** From now on these events are asked for. */
  ask(events: ReadonlySet<EventName>): void {
    this.#wantsNew = events.has('NEW_PROCESS')
    this.#wantsExisting = events.has('EXISTING_PROCESS')
    this.#wantsEnd = events.has('TERMINATE_PROCESS')
    this.wantsEnvironment = events.has('PROCESS_ENVIRONMENT')
    this.#wantsModules = events.has('MODULE_LOAD')
    this.#askForIdentities(events.has('CODE_IDENTITY'), events.has('ONGOING_IDENTITY'))
  }

  /** Until the next review(): details that are not asked for yet may be. */
  keepDetails(): void {
    this.#preparing++
    this.#hidden ??= new Map()
  }

  /**
   * The processes that live are looked at anew, by another filter or for other events. Whoever comes into view is
   * an EXISTING_PROCESS now, before anything else names it. `rows`: what is known of them beside.
   */
  review(filter: ResolvedFilter | undefined, rows: readonly ProcessImage[]): void {
    const before = this.#filter
    const isAnother = !ProcessFilter.isOf(before, filter)
    if (isAnother) this.#filter = filter && new ProcessFilter(filter, this.processes)
    const leavesSubtree = isAnother && !(before !== undefined && this.#filter?.takeSubtree(before))
    const known = new Map(rows.map((row) => [row.pid, row]))
    const images = [...this.processes.images()].sort((a, b) => a.startMs - b.startMs)
    for (const image of images) {
      if (leavesSubtree) image.isInSubtree = false
      if (image.state === STATE.ANNOUNCED) this.#review(image, known.get(image.pid), isAnother)
    }
    this.#informed = { correlator: this.correlator, identities: true }
    if (--this.#preparing <= 0) this.#hidden = undefined
  }

  /** `isAnother`: whether the verdict on it may be another one. */
  #review(image: ProcessImage, row: ProcessImage | undefined, isAnother: boolean): void {
    if (row?.isOfStart(image.startLow, image.startHigh)) {
      image.details ??= row.details
      if (image.runs(row.execId)) image.file ??= row.file
    }
    image.details ??= this.#hidden?.get(image)
    const before = image.verdict
    if (isAnother) {
      image.verdict = VERDICT.WANTED
      this.#filter?.judge(image)
    }
    if (!this.extended) image.details = undefined
    if (!image.isTold && this.#wantsExisting && image.verdict === VERDICT.WANTED) {
      this.#push('EXISTING_PROCESS', image)
    } else if (this.correlator !== this.#informed.correlator) {
      this.#evidence('EXISTING_PROCESS', image)
    }
    if (before !== VERDICT.WANTED || !this.#informed.identities) this.seeFile(image)
  }

  /** What came since the last time. */
  takeBatch(): EventRecord[] {
    const lost = this.identities?.takeLost()
    if (lost !== undefined) this.#loseIdentities(lost)
    const batch = this.#batch
    this.#batch = []
    return batch
  }

  /**
   * Brings the start of an image into the stream, its parents' first where those still wait.
   * `account`: the type of the record that it is delivered for.
   */
  announce(image: ProcessImage, account: number): void {
    this.#announceParents(image)
    this.#announceAlone(image, account)
  }

  /** The same for a process that was there already; no record of the ring stands behind it. */
  announceExisting(image: ProcessImage): void {
    this.#announceParents(image)
    this.#settle(image)
    if (this.#wantsExisting && image.verdict === VERDICT.WANTED) this.#push('EXISTING_PROCESS', image)
    else this.#evidence('EXISTING_PROCESS', image)
    this.seeFile(image)
  }

  /** Its last thread ended: by itself with this code or, where it is not 0, by a signal. */
  terminate(
    image: ProcessImage,
    parentPid: number,
    time: number,
    exitCode: number,
    signal: number,
    account: number,
  ): void {
    this.processes.end(image)
    this.correlator?.end(image.atom, time)
    if (!this.#wantsEnd || image.verdict !== VERDICT.WANTED) {
      this.accounts.filtered[account]!++
      return
    }
    const ids = this.#ids
    ids.next()
    const record: TerminateProcess = {
      routing: buildRouting(this.#envelope, 'TERMINATE_PROCESS', time, ids.eventId(), ids.atom(time), image.atom),
      event: { PARENT_PROCESS_ID: parentPid, TIMESTAMP: time, PROCESS_ID: image.pid },
    }
    if (this.extended) {
      if (signal === 0) record.event.EXIT_CODE = exitCode
      else record.event.SIGNAL = signal
      record.event.SEQUENCE = ids.sequence
    }
    this.#batch.push(record)
    this.delivered.TERMINATE_PROCESS++
    this.accounts.delivered[account]!++
  }

  /** The environment of an image that was announced. `rawBytes`: where the variables are no UTF-8. */
  environment(image: ProcessImage, variables: readonly string[], time: number, rawBytes: string | undefined): void {
    if (!this.wantsEnvironment) return
    const ids = this.#ids
    ids.next()
    const record: ProcessEnvironment = {
      routing: buildRouting(this.#envelope, 'PROCESS_ENVIRONMENT', time, ids.eventId(), ids.atom(time), image.atom),
      event: { ENVIRONMENT_VARIABLES: variables, PROCESS_ID: image.pid },
    }
    if (this.extended) {
      record.event.SEQUENCE = ids.sequence
      if (rawBytes !== undefined) record.event.RAW_BYTES = { ENVIRONMENT_VARIABLES: rawBytes }
    }
    this.deliver('PROCESS_ENVIRONMENT', record)
  }

  /** Code was loaded. `image`: into which; undefined when that was never announced. `size`, `base`: 0 where unknown. */
  module(
    image: ProcessImage | undefined,
    pid: number,
    path: string | undefined,
    size: number,
    base: number,
    time: number,
    extras: ModuleExtras | undefined,
    account: number,
    file?: KnownFile,
  ): void {
    if (!this.#wantsModules || !this.isWanted(image)) {
      this.accounts.filtered[account]!++
      return
    }
    const ids = this.#ids
    ids.next()
    const record: ModuleLoad = {
      routing: buildRouting(this.#envelope, 'MODULE_LOAD', time, ids.eventId(), ids.atom(time), image?.atom),
      event: buildModule(pid, path, size, base, time, extras, file?.hash, file?.result?.signature?.isSigned),
    }
    if (this.extended) {
      record.event.SEQUENCE = ids.sequence
      if (extras?.rawBytes !== undefined) record.event.RAW_BYTES = extras.rawBytes
    }
    this.deliver('MODULE_LOAD', record)
    this.accounts.delivered[account]!++
    if (file === undefined || path === undefined || !this.identities?.wants(file, path)) return
    this.identities.see(mapped(image, file, path, size, time, record.routing.this, extras))
  }

  /** Here something is missing. */
  loss(event: LossAccounting['event']): void {
    const ids = this.#ids
    ids.next()
    const time = event.TO
    const record: LossAccounting = {
      routing: buildRouting(this.#envelope, 'LOSS_ACCOUNTING', time, ids.eventId(), ids.atom(time), undefined),
      event,
    }
    if (this.extended) event.SEQUENCE = ids.sequence
    this.deliver('LOSS_ACCOUNTING', record)
  }

  #loseIdentities({ count, reason, fromMs, toMs }: LostSights): void {
    this.loss({ LOST: { IDENTITY: count }, BYTES: 0, REASON: reason, FROM: fromMs, TO: toMs })
  }

  #push(name: Start, image: ProcessImage): void {
    image.isTold = true
    const record = this.#start(name, image)
    this.#batch.push(record)
    if (name === 'NEW_PROCESS') this.delivered.NEW_PROCESS++
    else this.delivered.EXISTING_PROCESS++
    this.correlator?.observe(record)
  }

  /** A start that nobody asked for, but that may be part of another event. */
  #evidence(name: Start, image: ProcessImage): void {
    if (this.correlator?.isSensitive(nestedProcess(image))) this.correlator.observe(this.#start(name, image))
  }

  #start(name: Start, image: ProcessImage): EventRecord {
    const ids = this.#ids
    ids.next()
    const event = buildProcess(image)
    if (this.extended) {
      event.SEQUENCE = ids.sequence
      const rawBytes = allRawBytes(image)
      if (rawBytes !== undefined) event.RAW_BYTES = rawBytes
    }
    const routing = buildRouting(this.#envelope, name, image.time, ids.eventId(), image.atom, image.parentAtom)
    return { routing, event } as EventRecord
  }

  /** Whether a filter has to be told more of an image than its events say. */
  get isFiltered(): boolean {
    return this.#filter !== undefined
  }

  /** Whether the filter lets events about this image pass; undefined: one that is not known. */
  isWanted(image: ProcessImage | undefined): boolean {
    return (image?.verdict ?? this.#unknown) === VERDICT.WANTED
  }

  /** The same of events about what one does to the other. */
  areWanted(source: ProcessImage | undefined, target: ProcessImage | undefined): boolean {
    return concerns(source, target, this.#unknown)
  }

  get #unknown() {
    return this.#filter?.unknown ?? VERDICT.WANTED
  }

  /** For what is rarer than starts and ends: a property found by a name that varies takes ten times as long. */
  deliver(name: EventName, record: EventRecord): void {
    this.#batch.push(record)
    this.delivered[name]++
  }

  /** Causal order: whatever names an atom comes after the event that introduces it. */
  #announceParents(image: ProcessImage): void {
    if (image.parent?.state !== STATE.PENDING) return
    const waiting: ProcessImage[] = []
    for (let above = image.parent; above?.state === STATE.PENDING; above = above.parent!) waiting.push(above)
    for (let i = waiting.length - 1; i >= 0; i--) this.#announceAlone(waiting[i]!, TYPE.FORK)
  }

  /** From now on others may name it. */
  #settle(image: ProcessImage): void {
    this.processes.waitNoLonger(image)
    this.#filter?.judge(image)
    if (image.details !== undefined && !this.extended) this.#hideDetails(image)
    takeParent(image)
    image.state = STATE.ANNOUNCED
    if (image.atom === '') {
      image.atom = this.#atoms.of(image.pid, image.execId, image.startLow, image.startHigh)
    }
  }

  #announceAlone(image: ProcessImage, account: number): void {
    this.#settle(image)
    if (this.#wantsNew && image.verdict === VERDICT.WANTED) {
      this.#push('NEW_PROCESS', image)
      this.accounts.delivered[account]!++
    } else {
      this.#evidence('NEW_PROCESS', image)
      this.accounts.filtered[account]!++
    }
    // What only a fork brought was executed before.
    if (account === TYPE.EXEC) this.seeFile(image)
  }

  /** What only a filter asked for. */
  #hideDetails(image: ProcessImage): void {
    if (this.#hidden !== undefined && this.#hidden.size < HIDDEN_MAX) this.#hidden.set(image, image.details!)
    image.details = undefined
  }

  /** An image that was announced executed its file. */
  seeFile(image: ProcessImage): void {
    const { file, path } = image
    if (file === undefined || path === undefined || image.verdict !== VERDICT.WANTED) return
    if (this.identities?.wants(file, path)) this.identities.see(executed(image, file, path))
  }

  /** What was seen is known for good: which sight of a file was the first. */
  #askForIdentities(wantsFirst: boolean, wantsLater: boolean): void {
    const { identities } = this
    if (identities !== undefined) {
      if (!identities.isAsked) this.#informed.identities = false
      identities.ask(wantsFirst, wantsLater)
    } else if (wantsFirst || wantsLater) {
      this.identities = new Identities({ wantsFirst, wantsLater, tell: this.#tellIdentity })
      this.#informed.identities = false
      this.identities.isRunning = ({ pid, startLow, startHigh, execId }) =>
        this.processes.find(pid, startLow, startHigh)?.runs(execId) === true
      this.identities.onRequest = (request) => this.onFileRequest?.(request)
    }
  }

  readonly #tellIdentity = (name: 'CODE_IDENTITY' | 'ONGOING_IDENTITY', sight: Sight, result: FileResult): void => {
    const ids = this.#ids
    ids.next()
    const { time } = sight
    const record = {
      routing: buildRouting(this.#envelope, name, time, ids.eventId(), ids.atom(time), sight.atom),
      event: buildIdentity(sight, result),
    } as CodeIdentity | OngoingIdentity
    if (this.extended) {
      record.event.SEQUENCE = ids.sequence
      if (sight.rawPath !== undefined) record.event.RAW_BYTES = { FILE_PATH: sight.rawPath }
    }
    this.deliver(name, record)
  }
}

/** Keeps of the parent what the event says of it, and lets the rest of the ancestors go. */
function takeParent(image: ProcessImage): void {
  const { parent } = image
  if (parent === undefined) return
  image.parent = undefined
  image.parentAtom = parent.atom
  image.parentObject = nestedProcess(parent)
}
