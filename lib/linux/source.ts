/** The live source on Linux: the addon's source, opened, with its failures in words. */
import type { Coverage, Limit } from '../coverage.js'
import { KernelwireError } from '../errors.js'
import type { EventName } from '../events/index.js'
import { type NativeSource, type NativeSourceOptions, native } from '../native.js'
import { Records } from '../records.js'
import { KernelCounters, type KernelCounts } from './counters.js'
import type { MissedRuns } from './gaps.js'
import { limitsOf } from './limits.js'
import { lockdownMode } from './lockdown.js'
import { BEGINNINGS, coverageOf, laddersFor } from './programs.js'
import { refusalOfPrograms, refusalOfRing } from './refusal.js'

export interface SnapshotRecords {
  records: Records
  bytes: number
  begunMs: number
  endedMs: number
  /** Processes may be missing that are there. */
  isPartial?: boolean | undefined
}

export class LinuxSource {
  readonly records: Records
  /** Where the records of the latest scan are. */
  readonly offsets: Uint32Array
  /** Read while the source is open; afterwards see counts(). */
  readonly counters: KernelCounters
  readonly attachedMs: number
  coverage: Coverage

  readonly #native: NativeSource
  readonly #allAccess: boolean
  #onAnswer: (() => void) | undefined
  #last: { counts: KernelCounts; missedRuns: MissedRuns } | undefined

  /** Throws a KernelwireError; nothing is left in the kernel then. */
  static async open(
    events: ReadonlySet<EventName>,
    options: Omit<NativeSourceOptions, 'ladders'>,
    allAccess = false,
  ): Promise<LinuxSource> {
    let source: LinuxSource | undefined
    const inner = new (native().Source)({ ...options, ladders: laddersFor(events, allAccess) }, () => source?.answer())
    const opened = await inner.open()
    if ('step' in opened) throw await refusalOfRing(opened)
    const programs = inner.programs()
    const beginnings = programs.filter(({ name }) => BEGINNINGS.includes(name))
    if (!beginnings.some(({ attached }) => attached)) {
      inner.close()
      throw await refusalOfPrograms(beginnings, await lockdownMode())
    }
    source = new LinuxSource(
      inner,
      new Records(opened.ring),
      opened.offsets,
      new KernelCounters(opened.counters),
      opened.attachedBootMs,
      coverageOf(events, programs, allAccess, limitsOf(opened.viewpoint)),
      allAccess,
    )
    return source
  }

  private constructor(
    inner: NativeSource,
    records: Records,
    offsets: Uint32Array,
    counters: KernelCounters,
    attachedMs: number,
    coverage: Coverage,
    allAccess: boolean,
  ) {
    this.#native = inner
    this.records = records
    this.offsets = offsets
    this.counters = counters
    this.attachedMs = attachedMs
    this.coverage = coverage
    this.#allAccess = allAccess
  }

  scan(): number {
    return this.#native.scan()
  }

  release(count: number): void {
    this.#native.release(count)
  }

  get isDrained(): boolean {
    return this.#native.isDrained()
  }

  /** Resolves at the next record, after `timeoutMs` at the latest. */
  waitForRecord(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve
      this.#native.waitForRecord(timeoutMs)
    })
  }

  /** Resolves after `pauseMs`, or when the ring is a quarter full: lets records gather. */
  pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve
      this.#native.pause(pauseMs)
    })
  }

  /** Ends a wait that is under way. */
  interrupt(): void {
    this.#native.interrupt()
  }

  /** Called by the addon, once for each wait. */
  answer(): void {
    const resolve = this.#onAnswer
    this.#onAnswer = undefined
    resolve?.()
  }

  async takeSnapshot(): Promise<SnapshotRecords> {
    const snapshot = await this.#native.takeSnapshot()
    if (snapshot.errno !== 0) {
      throw new KernelwireError(
        'ERR_SOURCE',
        `could not list the processes (errno ${snapshot.errno}); open the sensor again`,
      )
    }
    return {
      records: new Records(snapshot.records),
      bytes: snapshot.records.byteLength,
      begunMs: snapshot.begunBootMs,
      endedMs: snapshot.endedBootMs,
      isPartial: snapshot.isPartial,
    }
  }

  /** Attaches what these events need beside what is there. `asks`: enum asks, in all. Resolves to what there is then. */
  async extend(events: ReadonlySet<EventName>, asks: number): Promise<Coverage> {
    await this.#native.extend(asks, laddersFor(events, this.#allAccess))
    return coverageOf(events, this.#native.programs(), this.#allAccess, this.coverage.limits)
  }

  addLimit(limit: Limit): void {
    this.coverage = { ...this.coverage, limits: [...(this.coverage.limits ?? []), limit] }
  }

  /** Detaches what these events do not need. */
  async restrict(events: ReadonlySet<EventName>, asks: number): Promise<void> {
    await this.#native.restrict(asks, laddersFor(events, this.#allAccess))
  }

  /** What the programs counted; when the source is closed, what they had counted then. */
  counts(): KernelCounts {
    return this.#last?.counts ?? this.counters.read()
  }

  missedRuns(): MissedRuns {
    if (this.#last !== undefined) return this.#last.missedRuns
    return this.#native.missedRuns()
  }

  /** What to say when somebody has taken one of the programs out of the kernel. */
  detachment(): KernelwireError | undefined {
    const lost = this.#native.lostPrograms()
    if (lost.length === 0) return undefined
    const names = lost.length === 1 ? `the program ${lost[0]} is` : `the programs ${lost.join(', ')} are`
    return new KernelwireError(
      'ERR_DETACHED',
      `${names} not attached to the kernel any more, so events are missing; find out who closed its link, and open the sensor again`,
    )
  }

  /** Takes the programs out of the kernel; what they wrote can still be read. */
  async detach(): Promise<void> {
    await within(DETACH_LIMIT_MS, this.#native.detach())
  }

  /** Gives everything back. A wait that is under way ends at once. */
  async close(): Promise<void> {
    this.#last ??= { counts: this.counts(), missedRuns: this.missedRuns() }
    const detached = this.#native.detach()
    this.#native.close()
    this.answer()
    await within(DETACH_LIMIT_MS, detached)
  }

  ref(): void {
    this.#native.ref()
  }

  unref(): void {
    this.#native.unref()
  }
}

/** It is done on a thread of Node's pool, which calls of the host that hang may have taken, all of them. */
const DETACH_LIMIT_MS = 5_000

/** Resolves with it, or when the time is over. */
async function within(limitMs: number, promise: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([promise, over])
  clearTimeout(timer)
}
