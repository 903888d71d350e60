/** Records in memory of our own in the place of the kernel's ring. Scans as native/ring.cc does. */
import type { DrainSource } from '../../drain.js'
import { KernelCounters } from '../../linux/counters.js'
import { FRAME_BYTES, Records } from '../../records.js'
import type { RecordMemory } from './records.js'

/** native/ring.h, kScanCapacity. */
const SCAN_CAPACITY = 512

export class MemorySource implements DrainSource {
  records = new Records(new ArrayBuffer(0))
  readonly offsets = new Uint32Array(SCAN_CAPACITY)
  readonly counters = new KernelCounters(new ArrayBuffer(0))
  /** All processes of a snapshot were there before. */
  readonly attachedMs = Number.POSITIVE_INFINITY
  #position = 0
  #scanned = 0
  #end = 0
  #bytes = 0

  /** From now on these are what the ring holds. */
  fill(memory: RecordMemory, records: Records): void {
    this.records = records
    this.#position = 0
    this.#bytes = memory.bytes
  }

  scan(): number {
    const { records, offsets } = this
    let at = this.#position
    let count = 0
    while (at < this.#bytes && count < SCAN_CAPACITY) {
      offsets[count++] = at + FRAME_BYTES
      at += FRAME_BYTES + ((records.length(at + FRAME_BYTES) + 7) & ~7)
    }
    this.#scanned = count
    this.#end = at
    return count
  }

  release(count: number): void {
    this.#position = count < this.#scanned ? this.offsets[count]! - FRAME_BYTES : this.#end
  }

  missedRuns(): Readonly<Record<string, number>> {
    return {}
  }
}
