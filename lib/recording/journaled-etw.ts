/** The drain of a sensor on Windows that is recorded: it does what it did, and writes down what it was told. */
import type { EtwDecoder } from '../decode/etw/decoder.js'
import type { EventRecord } from '../events/index.js'
import type { FileResult } from '../identity/known-file.js'
import type { Records } from '../records.js'
import type { EventStream } from '../stream.js'
import { type LaneSource, WindowsDrain } from '../windows/drain.js'
import type { Journal } from './journal.js'

export class JournaledWindowsDrain extends WindowsDrain {
  readonly #journal: Journal

  constructor(source: LaneSource, stream: EventStream, decoder: EtwDecoder, journal: Journal) {
    super(new TappedLanes(source, decoder, journal), stream, decoder)
    this.#journal = journal
  }

  override run(nowMs: number): EventRecord[] {
    const batch = super.run(nowMs)
    this.#journal.drain(nowMs)
    return batch
  }

  override accept(result: FileResult): void {
    super.accept(result)
    this.#journal.file(result)
  }

  override finish(): EventRecord[] {
    const batch = super.finish()
    this.#journal.finish()
    return batch
  }

  override closeFiles(): EventRecord[] {
    const batch = super.closeFiles()
    this.#journal.closeFiles()
    return batch
  }
}

/** Records are written down before they are given back. */
class TappedLanes implements LaneSource {
  readonly #source: LaneSource
  readonly #decoder: EtwDecoder
  readonly #journal: Journal

  constructor(source: LaneSource, decoder: EtwDecoder, journal: Journal) {
    this.#source = source
    this.#decoder = decoder
    this.#journal = journal
  }

  get records(): Records {
    return this.#source.records
  }

  get offsets(): Uint32Array {
    return this.#source.offsets
  }

  scan(): number {
    return this.#source.scan()
  }

  release(count: number): void {
    const { records, offsets } = this.#source
    this.#journal.records(records, offsets, count, this.#decoder.latestMs)
    this.#source.release(count)
  }
}
