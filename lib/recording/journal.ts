/**
 * The journal of a sensor: everything that the mapping takes from outside, in the order in which it
 * took effect.
 *
 * The mapping goes on in steps: a drain, a snapshot. While one is made, what is asked of the world
 * (a user's name, the kernel's counters) is written down; the step itself is written when it is over.
 * So whoever reads the journal has all answers at hand when a step is to be made again. Results that
 * come between two drains, such as a hash, belong here too: as an entry of their own.
 */
import type { Change } from '../change.js'
import type { FileResult } from '../identity/known-file.js'
import type { Loss } from '../linux/gaps.js'
import type { SnapshotRecords } from '../linux/source.js'
import { FRAME_BYTES, type Records } from '../records.js'
import { Block } from './block.js'
import { ENTRY } from './format.js'
import { encodeLosses } from './losses.js'

/** A block is full when it has so many bytes, or more at the end of a step. */
export const BLOCK_BYTES = 256 * 2 ** 10

/** Where blocks go. */
export interface Sink {
  /** `block`: whole steps. `latestMs`: of the last one, by the clock of the records. */
  add(block: Buffer, latestMs: number): void
}

export class Journal {
  /** The time of the latest record that was written, by the clock of the records. */
  latestMs = 0

  readonly #sink: Sink
  readonly #block = new Block()
  /** What the names in the journal are by now. */
  readonly #names = new Map<number, string | undefined>()

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** From now on this is added to CLOCK_BOOTTIME. */
  clock(bootToEpochMs: number): void {
    this.#block.entry(ENTRY.CLOCK, bootToEpochMs)
  }

  /** What the mapping was told when it asked for a name. */
  user(uid: number, name: string | undefined): void {
    if (this.#names.get(uid) === name && this.#names.has(uid)) return
    this.#names.set(uid, name)
    this.#block.text(ENTRY.USER, name ?? '', name === undefined ? 0 : 1, uid)
  }

  /** What the kernel's counters said. */
  losses(losses: readonly Loss[]): void {
    this.#block.text(ENTRY.LOSSES, encodeLosses(losses))
  }

  /** What was found out about a file. */
  file(result: FileResult): void {
    this.#block.text(ENTRY.FILE, JSON.stringify(result))
  }

  /** Records that the step under way used; they may be gone afterwards. `latestMs`: of the last of them. */
  records(
    records: Records,
    offsets: ArrayLike<number>,
    count: number,
    latestMs: number = latestOf(records, offsets, count),
  ): void {
    this.#block.records(records, offsets, count)
    this.latestMs = Math.max(this.latestMs, latestMs)
  }

  expectSnapshot(): void {
    this.#block.entry(ENTRY.EXPECT_SNAPSHOT)
    this.#stepMade(this.latestMs)
  }

  snapshot(snapshot: SnapshotRecords): void {
    const offsets = offsetsOf(snapshot)
    this.#block.records(snapshot.records, offsets, offsets.length)
    this.#block.entry(ENTRY.SNAPSHOT, snapshot.begunMs, snapshot.endedMs, snapshot.isPartial ? 1 : 0)
    this.#stepMade(snapshot.endedMs)
  }

  prepareUpdate(): void {
    this.#block.entry(ENTRY.PREPARE)
  }

  update(change: Change, rows: SnapshotRecords | undefined): void {
    if (rows !== undefined) {
      const offsets = offsetsOf(rows)
      this.#block.records(rows.records, offsets, offsets.length)
    }
    this.#block.text(ENTRY.UPDATE, JSON.stringify(change))
    this.#stepMade(this.latestMs)
  }

  drain(nowMs: number): void {
    this.#block.entry(ENTRY.DRAIN, nowMs)
    this.#stepMade(nowMs)
  }

  finish(): void {
    this.#block.entry(ENTRY.FINISH)
    this.#stepMade(this.latestMs)
  }

  closeFiles(): void {
    this.#block.entry(ENTRY.CLOSE_FILES)
    this.#stepMade(this.latestMs)
  }

  /** Gives the sink what was gathered so far. */
  seal(latestMs: number = this.latestMs): void {
    if (this.#block.length > 0) this.#sink.add(this.#block.take(), latestMs)
  }

  /** Names are told again: what follows may be read without what was before. */
  forgetNames(): void {
    this.#names.clear()
  }

  #stepMade(ms: number): void {
    if (this.#block.length >= BLOCK_BYTES) this.seal(ms)
  }
}

const BOOT_NS = 8

/** Of records of Linux. */
function latestOf(records: Records, offsets: ArrayLike<number>, count: number): number {
  let latestMs = 0
  for (let i = 0; i < count; i++) latestMs = Math.max(latestMs, records.ms(offsets[i]! + BOOT_NS))
  return latestMs
}

/** The rows of a snapshot; a last one that is not whole is left out. */
export function offsetsOf({ records, bytes }: SnapshotRecords): number[] {
  const offsets: number[] = []
  for (let at = FRAME_BYTES; at + records.length(at) <= bytes; ) {
    offsets.push(at)
    at += ((records.length(at) + 7) & ~7) + FRAME_BYTES
  }
  return offsets
}
