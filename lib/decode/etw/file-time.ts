/**
 * FILETIME, 100 ns since 1601, as milliseconds since 1970.
 *
 * A double cannot hold it to the last digit: the upper half is turned into milliseconds and a rest,
 * both whole, and kept, since it changes every seven minutes only.
 */

const WORD = 2 ** 32
const UNITS_PER_MS = 10_000
/** 1970 as a FILETIME: a multiple of 512, as every 2^32 is, so that the difference of the two is exact. */
const EPOCH = 116_444_736_000_000_000

export class FileTimes {
  #high = -1
  #highMs = 0
  #rest = 0

  /** Whole milliseconds. */
  epochMs(low: number, high: number): number {
    if (high !== this.#high) this.#take(high)
    return this.#highMs + Math.floor((this.#rest + (low >>> 0)) / UNITS_PER_MS)
  }

  #take(high: number): void {
    this.#high = high
    const units = (high >>> 0) * WORD - EPOCH
    this.#highMs = Math.floor(units / UNITS_PER_MS)
    this.#rest = units - this.#highMs * UNITS_PER_MS
  }
}
