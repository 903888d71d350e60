/** The raw view: a record as the kernel's program wrote it, for those who want more than events. */
import { RECORD_NAMES, type RecordName, typeOf } from './accounts.js'
import { HEADER } from './decode/linux/layout.js'
import { KernelwireError } from './errors.js'
import type { Records } from './records.js'
import type { Tap } from './tap.js'

/** Called with each record after its events were made, before they are delivered. */
export type OnRecord = (record: RawRecord) => void

const NAMES = new Map<number, RecordName>(RECORD_NAMES.map((name) => [typeOf(name), name]))

/**
 * One record where it lies in the ring. Its layout is native/record.h; offsets count from its first
 * byte. It can be used until the callback returns, and throws afterwards: the kernel writes there again.
 */
export class RawRecord {
  /** Bytes. */
  readonly length: number
  readonly #at: number
  #records: Records | undefined

  constructor(records: Records, at: number) {
    this.#records = records
    this.#at = at
    this.length = records.length(at)
  }

  /** Undefined for a type that this version does not know. */
  get name(): RecordName | undefined {
    return NAMES.get(this.type)
  }

  get type(): number {
    return this.u8(HEADER.type)
  }

  get cpu(): number {
    return this.u16(HEADER.cpu)
  }

  /** CLOCK_BOOTTIME in milliseconds. */
  get bootMs(): number {
    return this.u64(HEADER.boot_ns) / 1e6
  }

  get pid(): number {
    return this.u32(HEADER.pid)
  }

  u8(offset: number): number {
    return this.#view(offset, 1).u8[this.#at + offset]!
  }

  u16(offset: number): number {
    const { u8 } = this.#view(offset, 2)
    return u8[this.#at + offset]! | (u8[this.#at + offset + 1]! << 8)
  }

  u32(offset: number): number {
    return (this.u16(offset) | (this.u16(offset + 2) << 16)) >>> 0
  }

  /** Exact to 2^53. */
  u64(offset: number): number {
    return this.u32(offset + 4) * 2 ** 32 + this.u32(offset)
  }

  /** UTF-8; each invalid sequence becomes U+FFFD. */
  text(start: number, end: number): string {
    return this.#view(start, end - start).text(this.#at + start, this.#at + end)
  }

  /** A copy. */
  bytes(start = 0, end: number = this.length): Uint8Array {
    const { u8 } = this.#view(start, end - start)
    return Uint8Array.prototype.slice.call(u8, this.#at + start, this.#at + end)
  }

  /** The callback has returned. */
  expire(): void {
    this.#records = undefined
  }

  #view(offset: number, bytes: number): Records {
    if (this.#records === undefined) {
      throw new KernelwireError(
        'ERR_RECORD_GONE',
        'a raw record can be used only until onRecord returns; copy what you need with bytes() or text()',
      )
    }
    const isWithin = Number.isInteger(offset) && offset >= 0 && bytes >= 0 && offset + bytes <= this.length
    if (!isWithin) throw new RangeError(`a record of ${this.length} bytes has none from ${offset} to ${offset + bytes}`)
    return this.#records
  }
}

/** Shows each record to `onRecord`. What that throws is an uncaught exception, as of `onBatch`. */
export function showing(onRecord: OnRecord): Tap {
  return (records, offsets, count) => {
    for (let i = 0; i < count; i++) show(records, offsets[i]!, onRecord)
  }
}

function show(records: Records, at: number, onRecord: OnRecord): void {
  const record = new RawRecord(records, at)
  try {
    onRecord(record)
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  } finally {
    record.expire()
  }
}
