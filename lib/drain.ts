/**
 * From the ring to a batch: the loop that every record goes through.
 *
 * A drain ends when the ring is empty, or after so many records or milliseconds, so that the program
 * around it gets its turn. Strings are made before the records are released; nothing of the ring is kept.
 */

import { type Change, PendingChanges } from './change.js'
import type { Context } from './decode/linux/context.js'
import { LinuxDecoder } from './decode/linux/decoder.js'
import { HEADER } from './decode/linux/layout.js'
import type { EventName, EventRecord, LossAccounting } from './events/index.js'
import type { FileResult } from './identity/known-file.js'
import { Gaps } from './linux/gaps.js'
import type { LinuxSource, SnapshotRecords } from './linux/source.js'
import type { ProcessImage } from './process/image.js'
import { dropZombies, type Rundown, reconcile, takeOverFirst } from './process/rundown.js'
import { FRAME_BYTES } from './records.js'
import type { EventStream } from './stream.js'

const DRAIN_MS = 5
const RECORDS_MAX = 4_096
/** How many records pass between two looks at the clock. */
const CLOCK_EVERY = 128
/** How far behind the present a tick stays: a program may have taken its time and not yet its place in the ring. */
const TICK_DELAY_MS = 10

/** What a drain needs of a source: the kernel's ring, or records in memory. */
export type DrainSource = Pick<
  LinuxSource,
  'records' | 'offsets' | 'counters' | 'attachedMs' | 'scan' | 'release' | 'missedRuns'
> & {
  /** How long a drain may take, where that is not the usual time. */
  drainMs?: number | undefined
}

export class Drain {
  /** How many records the latest drain took. */
  found = 0
  /** Whether it left records behind, so that the next one should follow at once. */
  hasMore = false

  readonly #source: DrainSource
  readonly #stream: EventStream
  readonly #decoder: LinuxDecoder
  readonly #context: Context
  readonly #gaps: Pick<Gaps, 'isBehind' | 'take'>
  readonly #changes = new PendingChanges()
  #isLossUnsettled = false
  #rundown: Rundown | undefined
  #isFirst = true
  /** How much LOSS_ACCOUNTING has told of what was forgotten. */
  #forgotten = { processes: 0, correlation: 0 }

  /** `gaps`: where the kernel's counters are not at hand, who knows what they said. */
  constructor(
    source: DrainSource,
    stream: EventStream,
    context: Context,
    forkWindowMs: number,
    gaps: Pick<Gaps, 'isBehind' | 'take'> = new Gaps(source.counters, () => source.missedRuns()),
  ) {
    this.#source = source
    this.#stream = stream
    this.#context = context
    this.#decoder = new LinuxDecoder(stream, context, forkWindowMs)
    this.#gaps = gaps
  }

  /** `nowMs`: CLOCK_BOOTTIME before the call, so that a tick cannot overtake a record. */
  run(nowMs: number): EventRecord[] {
    this.found = 0
    this.hasMore = false
    this.#stream.processes.departed.forget()
    const endMs = performance.now() + (this.#source.drainMs ?? DRAIN_MS)
    const capacity = this.#source.offsets.length
    for (let count = this.#source.scan(); count > 0; count = this.#source.scan()) {
      const done = this.#records(count, endMs)
      this.found += done
      this.hasMore = done < count || (count === capacity && this.found >= RECORDS_MAX)
      if (count < capacity || this.hasMore) break
    }
    if (this.found === 0 && !this.hasMore) this.#idle(nowMs)
    this.#settleRundown()
    this.#tellForgotten()
    return this.#stream.takeBatch()
  }

  /** What was found out about a file enters the stream here, before the next run(). */
  accept(result: FileResult): void {
    this.#stream.identities?.accept(result)
  }

  /** Before what is asked for begins to change; update() follows. */
  prepareUpdate(): void {
    this.#stream.keepDetails()
  }

  /** Takes effect when the stream comes to its time. */
  update(change: Change, rows: SnapshotRecords | undefined): void {
    this.#changes.add({ change, rows })
  }

  /** Milliseconds until a tick is worth something, at most `limitMs`. */
  waitMs(nowMs: number, limitMs: number): number {
    const due = this.#changes.dueMs ?? this.#decoder.dueMs
    return due === undefined ? limitMs : Math.min(limitMs, Math.max(1, Math.ceil(due + TICK_DELAY_MS - nowMs)))
  }

  /** True when records were lost and the table is not reconciled yet: a snapshot is wanted. */
  get wantsSnapshot(): boolean {
    return this.#isLossUnsettled && this.#rundown === undefined
  }

  /** Before a snapshot is begun. */
  expectSnapshot(): void {
    this.#isLossUnsettled = false
    // The first one is taken over before any record is read: no end of it can be missed.
    if (!this.#isFirst) this.#stream.processes.rememberEnds()
  }

  /** Takes the rows over: at once the first time, later when the stream has come past them. */
  addSnapshot(snapshot: SnapshotRecords): void {
    const { begunMs, endedMs, isPartial } = snapshot
    const rundown = { images: this.#imagesOf(snapshot), begunMs, endedMs, isPartial }
    if (this.#isFirst) takeOverFirst(this.#stream, rundown, this.#source.attachedMs)
    this.#rundown = rundown
  }

  /** The programs are detached and the ring is empty: the rest. */
  finish(): EventRecord[] {
    this.#tellLosses(this.#decoder.latestMs, this.#decoder.latestMs)
    this.#decoder.finish()
    this.#tellForgotten()
    return this.#stream.takeBatch()
  }

  /** Nothing more is found out about files. */
  closeFiles(): EventRecord[] {
    this.#stream.identities?.close()
    return this.#stream.takeBatch()
  }

  /** Those of the latest scan; fewer of them when it takes too long. Returns how many. */
  #records(count: number, endMs: number): number {
    const { records, offsets } = this.#source
    const end = this.#changes.dueMs === undefined ? count : this.#untilChange(count)
    let done = 0
    while (done < end) {
      this.#record(records, offsets[done]!)
      done++
      if (done % CLOCK_EVERY === 0 && performance.now() > endMs) break
    }
    this.#source.release(done)
    return done
  }

  #record(records: DrainSource['records'], at: number): void {
    if (this.#gaps.isBehind(records, at)) this.#tellLosses(this.#decoder.latestMs, records.ms(at + HEADER.boot_ns))
    this.#decoder.record(records, at)
  }

  #idle(nowMs: number): void {
    this.#tellLosses(this.#decoder.latestMs, nowMs)
    this.#makeChanges(nowMs - TICK_DELAY_MS)
    this.#decoder.tick(nowMs - TICK_DELAY_MS)
  }

  /** How many of the latest scan's records come before the next change; one that stands before all of them is made. */
  #untilChange(count: number): number {
    const { records, offsets } = this.#source
    this.#makeChanges(records.ms(offsets[0]! + HEADER.boot_ns))
    return this.#changes.before(records, offsets, count)
  }

  #makeChanges(ms: number): void {
    for (let next = this.#changes.take(ms); next !== undefined; next = this.#changes.take(ms)) {
      this.#decoder.tick(next.change.atMs)
      const events = new Set<EventName>(next.change.events)
      this.#context.acts?.ask(events)
      this.#stream.ask(events)
      this.#context.files = this.#stream.identities?.files
      this.#stream.review(next.change.filter, next.rows === undefined ? [] : this.#imagesOf(next.rows))
    }
  }

  #tellLosses(fromMs: number, toMs: number): void {
    const { clock } = this.#context
    const { attachedMs } = this.#source
    for (const loss of this.#gaps.take()) {
      const to = clock.epochMs(Math.max(toMs, attachedMs))
      const from = clock.epochMs(Math.max(fromMs, attachedMs))
      this.#stream.loss({ ...loss, FROM: Math.min(from, to), TO: to })
      this.#isLossUnsettled ||= loss.REASON === 'RING_FULL' || loss.REASON === 'MISSED_RUN'
    }
  }

  /** Tables of the sensor's own, which have bounds. */
  #tellForgotten(): void {
    const processes = this.#stream.processes.forgotten
    const correlation = this.#context.acts?.forgotten ?? 0
    const before = this.#forgotten
    if (processes === before.processes && correlation === before.correlation) return
    this.#forgotten = { processes, correlation }
    const LOST: LossAccounting['event']['LOST'] = {}
    if (processes > before.processes) LOST.PROCESSES = processes - before.processes
    if (correlation > before.correlation) LOST.CORRELATION = correlation - before.correlation
    const time = this.#context.clock.epochMs(Math.max(this.#decoder.latestMs, this.#source.attachedMs))
    this.#stream.loss({ LOST, BYTES: 0, REASON: 'MEMORY', FROM: time, TO: time })
  }

  /** An empty ring, or a record from behind its end, says that all before it was read. */
  #settleRundown(): void {
    const rundown = this.#rundown
    if (rundown === undefined) return
    if ((this.found > 0 || this.hasMore) && this.#decoder.latestMs <= rundown.endedMs + TICK_DELAY_MS) return
    this.#rundown = undefined
    if (this.#isFirst) dropZombies(this.#stream, rundown)
    else reconcile(this.#stream, rundown)
    this.#isFirst = false
  }

  #imagesOf({ records, bytes }: SnapshotRecords): ProcessImage[] {
    const images: ProcessImage[] = []
    for (let at = FRAME_BYTES; at + records.length(at) <= bytes; ) {
      const image = this.#decoder.row(records, at)
      if (image !== undefined && images.length >= this.#stream.processes.limit) this.#stream.processes.forgotten++
      else if (image !== undefined) images.push(image)
      at += ((records.length(at) + 7) & ~7) + FRAME_BYTES
    }
    return images
  }
}
