/** The reader of native/etl/face.h, through the addon or as WebAssembly: the same faces, the same results. */
import type { Records } from '../records.js'

/** What step() returns instead of a number of records. */
export const STEP = { BUSY: 0, WAIT: -1, END: -2 } as const
/** What open() returns. */
export const OPEN = { DONE: 0, WAIT: 1, REFUSED: 2 } as const

/** One file, read as records or counted. */
export interface EtlCore {
  /** Reads the file's header. */
  open(): number
  /** Why it was refused: the end of a sentence. */
  refusal(): string
  /**
   * Replaces the records by the next ones, of the providers whose bits are set; takes some
   * milliseconds at most. Returns how many, or one of STEP.
   */
  step(providers: number): number
  /** The memory of the records. To be asked for anew after each step(). */
  readonly records: Records
  /** Where in it the records lie. Likewise. */
  readonly offsets: Uint32Array
  /** The next bytes, where the file is a pipe. */
  push(bytes: Uint8Array): void
  /** It has no more. */
  end(): void
  /** Of a pipe, so many bytes may wait for those that are to come before them; 64 MiB by default. */
  holdAtMost(bytes: number): void
  facts(): Float64Array
  /** Of the session, and of the file as it was called there. */
  names(): [session: string, file: string]
  totals(): Float64Array
  /** Rows of EventCount (native/etl/etl_counter.h). */
  counts(): ArrayBuffer
  close(): void
}

export interface CoreOptions {
  /** Undefined: a pipe, whose bytes are pushed. */
  path: string | undefined
  /** Counts events instead of reading them. */
  isCounting: boolean
}
