/** The reader in the addon. */
import { type NativeEtl, native } from '../native.js'
import { Records } from '../records.js'
import type { CoreOptions, EtlCore } from './core.js'

export class NativeCore implements EtlCore {
  readonly records: Records
  readonly offsets: Uint32Array
  readonly #etl: NativeEtl

  /** Throws where there is no addon. */
  constructor({ path, isCounting }: CoreOptions) {
    const { Etl, etlMemoryBytes, etlRecordsMax } = native()
    const memory = new ArrayBuffer(isCounting ? 0 : etlMemoryBytes)
    this.records = new Records(memory)
    this.offsets = new Uint32Array(isCounting ? 0 : etlRecordsMax)
    this.#etl = isCounting ? new Etl(path) : new Etl(path, memory, this.offsets)
  }

  open(): number {
    return this.#etl.open()
  }

  refusal(): string {
    return this.#etl.refusal()
  }

  step(providers: number): number {
    return this.#etl.step(providers)
  }

  push(bytes: Uint8Array): void {
    this.#etl.push(bytes)
  }

  end(): void {
    this.#etl.end()
  }

  holdAtMost(bytes: number): void {
    this.#etl.holdAtMost(bytes)
  }

  facts(): Float64Array {
    return this.#etl.facts()
  }

  names(): [string, string] {
    return this.#etl.names()
  }

  totals(): Float64Array {
    return this.#etl.totals()
  }

  counts(): ArrayBuffer {
    return this.#etl.counts()
  }

  close(): void {
    this.#etl.close()
  }
}
