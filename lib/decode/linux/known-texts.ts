/**
 * Path and command line of an image, from the bytes that lie one behind the other in its record.
 *
 * Machines run the same programs again and again: a text that was made a moment ago is found by its
 * bytes, four at a time, which takes a sixth of the time of making it, and no memory. What a slot of
 * the table holds gives way to whatever comes to the same slot, so nothing grows.
 */
import { type Bytes, newBytes, type Records } from '../../records.js'

export interface ImageTexts {
  path: string
  commandLine: string
}

const SLOT_BITS = 10
const SLOTS = 2 ** SLOT_BITS
/** The high bits of a product depend on all bits of what was multiplied. */
const SLOT_SHIFT = 32 - SLOT_BITS
const SLOT_WORDS = 64
/** Longer ones are made anew each time. */
export const KNOWN_BYTES_MAX = 4 * (SLOT_WORDS - 1)

const NUL = 0
const EVERY_NUL = /\0/g
const NOT_ASCII = 0x80808080

export class KnownTexts {
  readonly #words = new Uint32Array(SLOTS * SLOT_WORDS)
  readonly #texts: (ImageTexts | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #pathBytes = new Uint16Array(SLOTS)
  readonly #bytes = new Uint16Array(SLOTS)
  readonly #scratch: Bytes = newBytes(4 * SLOT_WORDS)
  readonly #scratchWords = new Uint32Array(this.#scratch.buffer, this.#scratch.byteOffset, SLOT_WORDS)

  /** `at`: a multiple of 4; the path ends at `pathEnd`, the arguments and their last NUL at `end`. */
  of(records: Records, at: number, pathEnd: number, end: number): ImageTexts {
    const { u32 } = records
    const first = at >>> 2
    const bytes = end - at
    const words = bytes >>> 2
    // Two sums side by side: a multiplication waits for the one before it.
    let even = bytes
    let odd = pathEnd - at
    let seen = 0
    let i = 0
    for (; i + 1 < words; i += 2) {
      const one = u32[first + i]!
      const other = u32[first + i + 1]!
      seen |= one | other
      even = Math.imul(even ^ one, 0x9e3779b1)
      odd = Math.imul(odd ^ other, 0x85ebca6b)
    }
    if (i < words) {
      const last = u32[first + i]!
      seen |= last
      even = Math.imul(even ^ last, 0x9e3779b1)
    }
    const rest = (bytes & 3) === 0 ? 0 : u32[first + words]! & ((1 << ((bytes & 3) << 3)) - 1)
    const hash = Math.imul((even ^ (even >>> 15)) + (odd ^ (odd >>> 13)) + rest, 0xc2b2ae35)
    const slot = hash >>> SLOT_SHIFT

    if (this.#bytes[slot] === bytes && this.#pathBytes[slot] === pathEnd - at) {
      if (this.#isSame(u32, first, words, rest, slot * SLOT_WORDS)) return this.#texts[slot]!
    }
    const isAscii = ((seen | rest) & NOT_ASCII) === 0
    const texts = isAscii ? this.#ascii(records, at, pathEnd, end) : decodeTexts(records, at, pathEnd, end)
    this.#keep(u32, first, words, rest, slot)
    this.#bytes[slot] = bytes
    this.#pathBytes[slot] = pathEnd - at
    this.#texts[slot] = texts
    return texts
  }

  #isSame(u32: Uint32Array, first: number, words: number, rest: number, known: number): boolean {
    const kept = this.#words
    for (let i = 0; i < words; i++) if (kept[known + i] !== u32[first + i]) return false
    return kept[known + words] === rest >>> 0
  }

  #keep(u32: Uint32Array, first: number, words: number, rest: number, slot: number): void {
    const kept = this.#words
    const to = slot * SLOT_WORDS
    for (let i = 0; i < words; i++) kept[to + i] = u32[first + i]!
    kept[to + words] = rest
  }

  /** Each byte is a character: both are slices of one string. */
  #ascii(records: Records, at: number, pathEnd: number, end: number): ImageTexts {
    const { u8, u32 } = records
    const words = this.#scratchWords
    const first = at >>> 2
    const both = pathEnd >>> 2
    const last = (end - 1) >>> 2
    for (let word = first; word < both; word++) words[word - first] = u32[word]!
    words[both - first] = nulsToSpaces(u32[both]!, -1 << ((pathEnd & 3) << 3))
    for (let word = both + 1; word <= last; word++) words[word - first] = nulsToSpaces(u32[word]!, -1)
    const text = this.#scratch.latin1Slice(0, withoutLastNul(u8, pathEnd, end) - at)
    return { path: text.substring(0, pathEnd - at), commandLine: text.substring(pathEnd - at) }
  }
}

/** Four bytes at once, none above 127: adding 127 sets the high bit of all but a NUL. `where`: the bytes that count. */
function nulsToSpaces(word: number, where: number): number {
  return word | ((~(word + 0x7f7f7f7f) & NOT_ASCII & where) >>> 2)
}

function decodeTexts(records: Records, at: number, pathEnd: number, end: number): ImageTexts {
  const text = records.text(pathEnd, withoutLastNul(records.u8, pathEnd, end))
  return { path: records.text(at, pathEnd), commandLine: withSpaces(text) }
}

/** COMMAND_LINE of arguments with NULs between them. */
export function withSpaces(text: string): string {
  return text.includes('\0') ? text.replace(EVERY_NUL, ' ') : text
}

export function withoutLastNul(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === NUL ? end - 1 : end
}
