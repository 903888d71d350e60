/**
 * Records in memory, read in place.
 *
 * The one view of a ring, of a snapshot, of a recording: absolute offsets, no view per record.
 * Nothing read here may outlive the drain unless it was copied, as every number and string is.
 */

const WORD = 2 ** 32
const NS_PER_MS = 1e6

/** The framing's header precedes each record (native/ring.h). */
export const FRAME_BYTES = 8
const LENGTH_MASK = 0x3fffffff

/** Not in Node's types, but in every Node: the quickest way from bytes to a string. */
interface Slicing {
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
}

export type Bytes = Buffer & Slicing

export function newBytes(length: number): Bytes {
  return Buffer.allocUnsafeSlow(length) as unknown as Bytes
}

export class Records {
  readonly u32: Uint32Array
  readonly u16: Uint16Array
  readonly u8: Bytes

  constructor(memory: ArrayBuffer) {
    this.u32 = new Uint32Array(memory)
    this.u16 = new Uint16Array(memory)
    this.u8 = Buffer.from(memory) as unknown as Bytes
  }

  /** Bytes of the record at `at`, as its frame says. */
  length(at: number): number {
    return this.u32[(at - FRAME_BYTES) >>> 2]! & LENGTH_MASK
  }

  /** A 64-bit number; exact to 2^53. */
  u64(at: number): number {
    const word = at >>> 2
    return this.u32[word + 1]! * WORD + this.u32[word]!
  }

  /** A 64-bit number of nanoseconds, as milliseconds. */
  ms(at: number): number {
    return this.u64(at) / NS_PER_MS
  }

  /** UTF-8; each invalid sequence becomes U+FFFD. */
  text(start: number, end: number): string {
    return this.u8.utf8Slice(start, end)
  }
}
