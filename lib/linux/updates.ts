/**
 * sensor.update(): attaches what is asked for now, tells the stream from when on, detaches the rest.
 * What is asked for before and after is not touched: its programs stay where they are.
 */
import { existsSync } from 'node:fs'
import { KernelwireError } from '../errors.js'
import type { EventName } from '../events/index.js'
import { needsDetails } from '../filter/process-filter.js'
import { native } from '../native.js'
import { closedRefusal, type ResolvedUpdate } from '../update.js'
import { resolveFilter } from './filter.js'
import type { Asked, Mapping } from './mapping.js'
import { asksFor } from './programs.js'
import type { LinuxSource, SnapshotRecords } from './source.js'

export class Updates {
  readonly #source: LinuxSource
  readonly #mapping: Mapping
  readonly #isOpen: () => boolean
  /** One after the other. */
  #latest: Promise<void> = Promise.resolve()

  constructor(source: LinuxSource, mapping: Mapping, isOpen: () => boolean) {
    this.#source = source
    this.#mapping = mapping
    this.#isOpen = isOpen
  }

  /** `onAsked`: before the stream is told, with what it will be. */
  make(update: ResolvedUpdate, onAsked: (asked: Asked) => Promise<void>): Promise<void> {
    const made = this.#latest.then(() => this.#make(update, onAsked))
    this.#latest = made.catch(() => {})
    return made
  }

  async #make(update: ResolvedUpdate, onAsked: (asked: Asked) => Promise<void>): Promise<void> {
    this.#requireOpen()
    const { drain, asked: before } = this.#mapping
    const asked = await this.#resolve(update)
    this.#requireOpen()
    await onAsked(asked)
    this.#requireOpen()
    drain.prepareUpdate()
    try {
      const coverage = await this.#source.extend(asked.events, this.#asks(before) | this.#asks(asked))
      this.#requireOpen()
      const rows = await this.#rows(asked)
      this.#requireOpen()
      this.#source.coverage = coverage
      this.#take(asked, rows)
    } catch (error) {
      // The stream counts on it.
      if (this.#isOpen()) this.#take(before, undefined)
      throw error
    } finally {
      const { events } = this.#mapping.asked
      if (this.#isOpen()) await this.#source.restrict(events, this.#asks(this.#mapping.asked))
    }
  }

  async #resolve({ events, filter }: ResolvedUpdate): Promise<Asked> {
    const { asked } = this.#mapping
    const resolved = filter === undefined ? asked.filter : await resolveFilter(filter.options)
    const root = resolved?.subtreeOf
    if (root !== undefined && root !== asked.filter?.subtreeOf && !this.#isThere(root)) {
      throw new KernelwireError('ERR_OPTION', `"subtreeOf" is ${root}, but no such process runs; name one that does`)
    }
    return { events: events ?? asked.events, filter: resolved }
  }

  /** The stream may not have come to its start yet. */
  #isThere(pid: number): boolean {
    return this.#mapping.stream.processes.ofPid(pid) !== undefined || existsSync(`/proc/${pid}`)
  }

  #asks({ events, filter }: Asked): number {
    return asksFor(events, this.#mapping.stream.extended, needsDetails(filter))
  }

  /** All processes, where records did not have to say so far what is to be known of them now. */
  async #rows({ events, filter }: Asked): Promise<SnapshotRecords | undefined> {
    const { stream, asked } = this.#mapping
    const lacksDetails = filter !== asked.filter && needsDetails(filter) && !stream.extended
    const lacksFiles = wantsFiles(events) && stream.identities === undefined
    return lacksDetails || lacksFiles ? this.#source.takeSnapshot() : undefined
  }

  /** From this moment on. */
  #take(asked: Asked, rows: SnapshotRecords | undefined): void {
    const mapping = this.#mapping
    mapping.asked = asked
    const { coverage } = this.#source
    const atMs = native().bootMs()
    mapping.drain.update({ atMs, events: [...asked.events], filter: asked.filter, coverage }, rows)
  }

  #requireOpen(): void {
    if (!this.#isOpen()) throw closedRefusal()
  }
}

/** Whether files are looked into for any of them. */
export function wantsFiles(events: ReadonlySet<EventName>): boolean {
  return events.has('CODE_IDENTITY') || events.has('ONGOING_IDENTITY')
}
