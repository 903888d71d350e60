/** The frames of a block, and how entries among them are read. */
import { FRAME_BYTES, Records } from '../records.js'
import { FIELD } from './format.js'
import { MS_MAX } from './json.js'

/** The frames of a block, in their order. */
export class Frames {
  readonly records: Records
  /** False where a frame makes no sense: what follows it cannot be found. */
  isWhole = true
  #at = FRAME_BYTES
  readonly #bytes: number

  constructor(memory: ArrayBuffer) {
    this.records = new Records(memory)
    this.#bytes = memory.byteLength
  }

  /** Where the next one's contents are. */
  next(): number | undefined {
    const at = this.#at
    if (at > this.#bytes) return undefined
    const length = this.records.u32[(at - FRAME_BYTES) >>> 2]!
    if (length > this.#bytes - at) {
      this.isWhole = false
      this.#at = this.#bytes + FRAME_BYTES
      return undefined
    }
    this.#at = at + ((length + 7) & ~7) + FRAME_BYTES
    return at
  }
}

export function isMs(value: number): boolean {
  return value >= 0 && value <= MS_MAX
}

const words = new Uint32Array(2)
const double = new Float64Array(words.buffer)

export function numberAt({ u32 }: Records, at: number): number {
  words[0] = u32[at >>> 2] ?? 0
  words[1] = u32[(at >>> 2) + 1] ?? 0
  return double[0]!
}

export function textAt(records: Records, at: number): string {
  return records.text(at + FIELD.value, at + Math.max(FIELD.value, records.length(at)))
}
