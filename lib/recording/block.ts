/** A block while it is gathered: frames one after another, each aligned to eight, nothing left unwritten. */
import { type Bytes, FRAME_BYTES, newBytes, type Records } from '../records.js'
import { FIELD } from './format.js'

/** Reached by a block that is full (journal.ts), and by one step of usual size. */
const CAPACITY = 384 * 2 ** 10

export class Block {
  #bytes: Bytes = newBytes(CAPACITY)
  #words = new Uint32Array(this.#bytes.buffer)
  #doubles = new Float64Array(this.#bytes.buffer)
  #end = 0

  get length(): number {
    return this.#end
  }

  /** Everything that was gathered. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#end)
    this.#replace(newBytes(CAPACITY))
    this.#end = 0
    return taken
  }

  /** An entry of numbers. */
  entry(type: number, ...values: number[]): void {
    const at = this.#frame(FIELD.SIZE + 8 * values.length)
    this.#putHead(at, type, 0, 0)
    for (const [i, value] of values.entries()) this.#doubles[((at + FIELD.value) >> 3) + i] = value
  }

  /** An entry of text. */
  text(type: number, text: string, isKnown = 1, uid = 0): void {
    const bytes = Buffer.byteLength(text)
    const at = this.#frame(FIELD.SIZE + bytes)
    this.#putHead(at, type, isKnown, uid)
    this.#bytes.write(text, at + FIELD.value)
  }

  /**
   * Records of a ring, as they are in their frames, without what a frame has beside their length: a
   * ring is memory that was used before, and so is what follows a record's last byte.
   */
  records(from: Records, offsets: ArrayLike<number>, count: number): void {
    for (let i = 0; i < count; ) {
      let next = i
      const start = offsets[i]! - FRAME_BYTES
      let end = start
      // Together where they are neighbours: what a program discarded stands between others.
      while (next < count && offsets[next] === end + FRAME_BYTES) end += sizeOf(from.length(offsets[next++]!))
      const at = this.#room(end - start)
      from.u8.copy(this.#bytes, at, start, end)
      for (; i < next; i++) this.#clean(at + offsets[i]! - FRAME_BYTES - start, from.length(offsets[i]!))
    }
  }

  #clean(frame: number, length: number): void {
    this.#words[frame >> 2] = length
    this.#words[(frame >> 2) + 1] = 0
    const end = frame + FRAME_BYTES + length
    this.#bytes.fill(0, end, frame + sizeOf(length))
  }

  #putHead(at: number, type: number, isKnown: number, uid: number): void {
    this.#words[at >> 2] = 0
    this.#bytes[at + FIELD.type] = type
    this.#bytes[at + FIELD.isKnown] = isKnown
    this.#words[(at + FIELD.uid) >> 2] = uid
  }

  /** Where the contents of a new frame begin. */
  #frame(length: number): number {
    const frame = this.#room(sizeOf(length))
    this.#clean(frame, length)
    return frame + FRAME_BYTES
  }

  #room(bytes: number): number {
    const at = this.#end
    if (at + bytes > this.#bytes.length) {
      const larger = newBytes(Math.max(2 * this.#bytes.length, at + bytes))
      this.#bytes.copy(larger, 0, 0, at)
      this.#replace(larger)
    }
    this.#end = at + bytes
    return at
  }

  #replace(bytes: Bytes): void {
    this.#bytes = bytes
    this.#words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2)
    this.#doubles = new Float64Array(bytes.buffer, 0, bytes.length >> 3)
  }
}

/** Of a frame in a ring or a block. */
function sizeOf(length: number): number {
  return FRAME_BYTES + ((length + 7) & ~7)
}
