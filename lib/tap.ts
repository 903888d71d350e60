/** A second reader of the records of a drain: the recorder, the raw view. The ring has one consumer all the same. */
import type { DrainSource } from './drain.js'
import type { Records } from './records.js'

/** Sees the records of a drain when it is through with them, before they are given back. */
export type Tap = (records: Records, offsets: Uint32Array, count: number) => void

/** The same source, tapped. */
export class TappedSource implements DrainSource {
  readonly #source: DrainSource
  readonly #tap: Tap

  constructor(source: DrainSource, tap: Tap) {
    this.#source = source
    this.#tap = tap
  }

  get records(): Records {
    return this.#source.records
  }

  get offsets(): Uint32Array {
    return this.#source.offsets
  }

  get counters(): DrainSource['counters'] {
    return this.#source.counters
  }

  get attachedMs(): number {
    return this.#source.attachedMs
  }

  get drainMs(): number | undefined {
    return this.#source.drainMs
  }

  scan(): number {
    return this.#source.scan()
  }

  release(count: number): void {
    this.#tap(this.#source.records, this.#source.offsets, count)
    this.#source.release(count)
  }

  missedRuns(): ReturnType<DrainSource['missedRuns']> {
    return this.#source.missedRuns()
  }
}
