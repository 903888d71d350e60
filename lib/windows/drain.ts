/** From the lanes to a batch, as lib/drain.ts does for the kernel's ring. */
import type { EtwDecoder } from '../decode/etw/decoder.js'
import type { EventRecord } from '../events/index.js'
import type { FileResult } from '../identity/known-file.js'
import type { Records } from '../records.js'
import type { EventStream } from '../stream.js'

const DRAIN_MS = 5
const RECORDS_MAX = 4_096
const CLOCK_EVERY = 128
/** As long as the source holds a record back (native/windows/etw_source.cc). */
const TICK_DELAY_MS = 150

export interface LaneSource {
  readonly records: Records
  readonly offsets: Uint32Array
  scan(): number
  release(count: number): void
  /** How long a drain may take, where that is not the usual time. */
  readonly drainMs?: number | undefined
}

export class WindowsDrain {
  /** Whether the latest drain found anything. */
  foundRecords = false
  /** Whether it left records behind, so that the next one should follow at once. */
  hasMore = false
  readonly #source: LaneSource
  readonly #stream: EventStream
  readonly #decoder: EtwDecoder

  constructor(source: LaneSource, stream: EventStream, decoder: EtwDecoder) {
    this.#source = source
    this.#stream = stream
    this.#decoder = decoder
  }

  /** `nowMs`: by the clock of the events, before the call. */
  run(nowMs: number): EventRecord[] {
    this.foundRecords = false
    this.hasMore = false
    const endMs = performance.now() + (this.#source.drainMs ?? DRAIN_MS)
    for (let total = 0, count = this.#source.scan(); count > 0; count = this.#source.scan()) {
      this.foundRecords = true
      const done = this.#records(count, endMs)
      total += done
      this.hasMore = done < count || total >= RECORDS_MAX
      if (this.hasMore) break
    }
    if (!this.foundRecords) this.#decoder.tick(nowMs - TICK_DELAY_MS)
    return this.#stream.takeBatch()
  }

  /** What was found out about a file enters the stream here, before the next run(). */
  accept(result: FileResult): void {
    this.#stream.identities?.accept(result)
  }

  /** The sessions are stopped and the lanes are empty: the rest. */
  finish(): EventRecord[] {
    this.#decoder.finish()
    return this.#stream.takeBatch()
  }

  /** Nothing more is found out about files. */
  closeFiles(): EventRecord[] {
    this.#stream.identities?.close()
    return this.#stream.takeBatch()
  }

  #records(count: number, endMs: number): number {
    const { records, offsets } = this.#source
    let done = 0
    while (done < count) {
      this.#decoder.record(records, offsets[done]!)
      done++
      if (done % CLOCK_EVERY === 0 && performance.now() > endMs) break
    }
    this.#source.release(done)
    return done
  }
}
