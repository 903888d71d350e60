/** The world as the journal has it: records in memory, names as they were learned, losses as they were counted. */
import { type Accounts, type RecordName, typeOf } from '../accounts.js'
import { HEADER } from '../decode/linux/layout.js'
import type { DrainSource } from '../drain.js'
import { KernelCounters, type KernelCounts, noCounts, PROGRAMS_OF_RECORD } from '../linux/counters.js'
import type { Loss, MissedRuns } from '../linux/gaps.js'
import { Records } from '../records.js'

const NOTHING = new ArrayBuffer(0)
const CAPACITY = 4_096

/** One drain's records at a time. */
export class PlayedSource implements DrainSource {
  records = new Records(NOTHING)
  offsets = new Uint32Array(CAPACITY)
  readonly counters = new KernelCounters(NOTHING)
  readonly attachedMs: number
  /** The journal says where a drain ended. */
  readonly drainMs = Number.POSITIVE_INFINITY
  #count = 0

  constructor(attachedMs: number) {
    this.attachedMs = attachedMs
  }

  /** Of the drain that follows. */
  add(at: number): void {
    if (this.#count === this.offsets.length) {
      const larger = new Uint32Array(2 * this.#count)
      larger.set(this.offsets)
      this.offsets = larger
    }
    this.offsets[this.#count++] = at
  }

  get count(): number {
    return this.#count
  }

  scan(): number {
    return this.#count
  }

  release(): void {
    this.#count = 0
  }

  missedRuns(): MissedRuns {
    return {}
  }
}

export class PlayedUsers {
  readonly #names = new Map<number, string | undefined>()

  learn(uid: number, name: string | undefined): void {
    this.#names.set(uid, name)
  }

  name(uid: number): string | undefined {
    return this.#names.get(uid)
  }
}

export class PlayedGaps {
  readonly #lost: number[] = []
  readonly #isFromTheStart: boolean
  readonly #said: Loss[][] = []
  readonly #counts = noCounts()
  readonly #missed: Record<string, number> = {}

  /** `isFromTheStart`: whether the first record of a CPU can say that something was lost before. */
  constructor(isFromTheStart: boolean) {
    this.#isFromTheStart = isFromTheStart
  }

  /** What the counters said when they were read once more. */
  add(losses: Loss[]): void {
    this.#said.push(losses)
  }

  isBehind(records: Records, at: number): boolean {
    const lost = records.u32[(at + HEADER.lost) >>> 2]!
    const cpu = records.u16[(at + HEADER.cpu) >>> 1]!
    const before = this.#lost[cpu] ?? (this.#isFromTheStart ? 0 : lost)
    this.#lost[cpu] = lost
    return before !== lost
  }

  take(): Loss[] {
    const losses = this.#said.shift() ?? []
    for (const loss of losses) this.#count(loss)
    return losses
  }

  /** Answers that no step asked for are of no use to the next one. */
  clear(): void {
    this.#said.length = 0
  }

  /** What a sensor's counters would say now. */
  counts({ read }: Accounts): KernelCounts {
    const { failed, refused } = this.#counts
    return { ...this.#counts, attempts: read.map((count, type) => count + failed[type]! + refused[type]!) }
  }

  missedRuns(): MissedRuns {
    return this.#missed
  }

  #count({ LOST, BYTES, REASON }: Loss): void {
    const counts = this.#counts
    for (const [name, count] of Object.entries(LOST) as [RecordName, number][]) {
      if (REASON === 'RING_FULL') counts.failed[typeOf(name)]! += count
      else if (REASON === 'BULK_SHARE') counts.refused[typeOf(name)]! += count
      else if (REASON === 'MEMORY') counts.forgotten[typeOf(name)]! += count
      else this.#countMissed(PROGRAMS_OF_RECORD[name]?.[0] ?? name, count)
    }
    if (REASON === 'RING_FULL') counts.failedBytes += BYTES ?? 0
    if (REASON === 'BULK_SHARE') counts.refusedBytes += BYTES ?? 0
  }

  #countMissed(program: string, count: number): void {
    this.#missed[program] = (this.#missed[program] ?? 0) + count
  }
}
