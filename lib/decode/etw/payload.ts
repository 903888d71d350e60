/**
 * The payload of one event, read from front to back.
 *
 * One of these is aimed at each record in turn: no view and no object per record. Every read is
 * checked against the payload's end; after the first that does not fit, the payload has a fault and
 * all further reads give nothing.
 */
import type { Bytes, Records } from '../../records.js'
import { RECORD } from './layout.js'

/** Why a payload makes no sense. */
export const FAULT = { NONE: 0, SHORT: 1, TEXT: 2, SID: 3, TIME: 4 } as const
export const FAULT_NAMES = [
  'none',
  'shorter than its fields',
  'text without an end',
  'no SID where one must be',
  'a time before 1970',
] as const

const WORD = 2 ** 32

/** Not in the types, but in every Node: the quickest way from bytes to a string, and a check of ES2024. */
interface Slicing {
  ucs2Slice(start: number, end: number): { toWellFormed(): string }
}

const SID_AUTHORITIES_MAX = 15
const SID_HEADER = 8

export class Payload {
  /** Where the next field begins. */
  at = 0
  end = 0
  pointerSize = 8
  fault: number = FAULT.NONE
  /** Of the latest SID; -1 when it was absent. */
  sidAt = -1

  readonly view: DataView
  readonly #u8: Bytes & Slicing

  constructor(records: Records) {
    this.view = new DataView(records.u8.buffer, records.u8.byteOffset, records.u8.byteLength)
    this.#u8 = records.u8 as Bytes & Slicing
  }

  /** `record`: offset of a whole record; `length`: its bytes, as the frame says. */
  aim(record: number, length: number): void {
    this.at = record + RECORD.SIZE
    this.end = this.at + this.view.getUint32(record + RECORD.payload_length, true)
    this.pointerSize = this.view.getUint8(record + RECORD.pointer_size) === 4 ? 4 : 8
    this.sidAt = -1
    this.fault = this.end > record + length ? FAULT.SHORT : FAULT.NONE
    if (this.fault !== FAULT.NONE) this.end = this.at
  }

  /** Once more at the start of the same payload, with pointers of the other size. */
  aimOther(record: number): void {
    this.at = record + RECORD.SIZE
    this.pointerSize = this.pointerSize === 8 ? 4 : 8
    this.sidAt = -1
    this.fault = FAULT.NONE
  }

  get left(): number {
    return this.end - this.at
  }

  u8(): number {
    return this.#take(1) ? this.view.getUint8(this.at - 1) : 0
  }

  i8(): number {
    return this.#take(1) ? this.view.getInt8(this.at - 1) : 0
  }

  u16(): number {
    return this.#take(2) ? this.view.getUint16(this.at - 2, true) : 0
  }

  u32(): number {
    return this.#take(4) ? this.view.getUint32(this.at - 4, true) : 0
  }

  i32(): number {
    return this.#take(4) ? this.view.getInt32(this.at - 4, true) : 0
  }

  /** Exact to 2^53: addresses of user space are, those of the kernel are not. */
  u64(): number {
    if (!this.#take(8)) return 0
    return this.view.getUint32(this.at - 4, true) * WORD + this.view.getUint32(this.at - 8, true)
  }

  pointer(): number {
    return this.pointerSize === 8 ? this.u64() : this.u32()
  }

  skip(bytes: number): void {
    this.#take(bytes)
  }

  skipPointers(count: number): void {
    this.#take(count * this.pointerSize)
  }

  /** UTF-16 up to its NUL. */
  wide(): string {
    const start = this.at
    const end = this.#wideEnd()
    return end <= start ? '' : this.#u8.ucs2Slice(start, end).toWellFormed()
  }

  skipWide(): void {
    this.#wideEnd()
  }

  /** Bytes of the system's code page up to their NUL: ASCII and, for what is beyond, Latin-1. */
  narrow(): string {
    const start = this.at
    if (this.fault !== FAULT.NONE) return ''
    for (let at = start; at < this.end; at++) {
      if (this.view.getUint8(at) !== 0) continue
      this.at = at + 1
      return at === start ? '' : this.#u8.latin1Slice(start, at)
    }
    this.fault = FAULT.TEXT
    return ''
  }

  /** Whether the text from here on begins so; it is not taken. */
  startsWide(prefix: string): boolean {
    if (this.at + 2 * prefix.length > this.end) return false
    for (let i = 0; i < prefix.length; i++) {
      if (this.view.getUint16(this.at + 2 * i, true) !== prefix.charCodeAt(i)) return false
    }
    return true
  }

  /**
   * TOKEN_USER and the SID behind it. A null TOKEN_USER is four bytes and has no SID; but there are
   * recordings in which its pointer is null, and the SID there: so the place of the SID is looked at.
   */
  tokenUser(): void {
    const before = 2 * this.pointerSize
    if (this.#isSid(this.at + before)) {
      this.at += before
      this.sid()
    } else if (this.u32() !== 0 && this.fault === FAULT.NONE) {
      this.fault = FAULT.SID
    }
  }

  sid(): void {
    const at = this.at
    if (this.fault !== FAULT.NONE) return
    if (!this.#isSid(at)) {
      this.fault = FAULT.SID
      return
    }
    this.sidAt = at
    this.at = at + sidLength(this.view, at)
  }

  #isSid(at: number): boolean {
    if (at + SID_HEADER > this.end) return false
    const { view } = this
    if (view.getUint8(at) !== 1 || view.getUint8(at + 1) > SID_AUTHORITIES_MAX) return false
    return view.getUint16(at + 2) === 0 && at + sidLength(view, at) <= this.end
  }

  /** Takes the text and its NUL. */
  #wideEnd(): number {
    if (this.fault !== FAULT.NONE) return this.at
    const { view } = this
    const last = this.end - 2
    for (let at = this.at; at <= last; at += 2) {
      if (view.getUint16(at, true) !== 0) continue
      this.at = at + 2
      return at
    }
    this.fault = FAULT.TEXT
    return this.at
  }

  #take(bytes: number): boolean {
    if (this.at + bytes > this.end || this.fault !== FAULT.NONE) {
      if (this.fault === FAULT.NONE) this.fault = FAULT.SHORT
      return false
    }
    this.at += bytes
    return true
  }
}

/** Bytes of the SID at `at`. */
export function sidLength(view: DataView, at: number): number {
  return SID_HEADER + 4 * view.getUint8(at + 1)
}
