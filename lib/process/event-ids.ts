/** Event ids, and the atoms of events that start no image: from the run's seed and the event's number. */
import { type Bytes, newBytes } from '../records.js'
import { ATOM_CHARACTERS, Seconds, writeAtom } from './atom.js'
import { Mixer, writeHex, writeHex4 } from './mixer.js'

const WORD = 2 ** 32

/** Ids are made so many at a time: one string for all of them, of which each is a slice. */
const BLOCK = 64
const UUID_CHARACTERS = 36

export class EventIds {
  /** The number of the latest event, from 1. */
  sequence = 0

  readonly #ids: Texts
  readonly #atoms: Texts
  readonly #seconds = new Seconds()

  constructor(seed: Uint32Array) {
    this.#ids = new Texts(new Mixer(seed), UUID_CHARACTERS, writeUuid)
    this.#atoms = new Texts(new Mixer(seed.map((word) => ~word)), ATOM_CHARACTERS, writeAtom)
  }

  /** Goes on to the next event. */
  next(): void {
    this.sequence++
  }

  /** The event's id: a UUID of version 4's form. */
  eventId(): string {
    return this.#ids.of(this.sequence)
  }

  /** The event's own atom, where it is not that of an image. */
  atom(epochMs: number): string {
    return this.#atoms.of(this.sequence) + this.#seconds.of(epochMs)
  }
}

class Texts {
  readonly #mixer: Mixer
  readonly #characters: number
  readonly #write: (to: Uint8Array, at: number, mixer: Mixer) => void
  readonly #bytes: Bytes
  /** The first number that `#text` does not hold. */
  #end = 0
  #text = ''

  constructor(mixer: Mixer, characters: number, write: (to: Uint8Array, at: number, mixer: Mixer) => void) {
    this.#mixer = mixer
    this.#characters = characters
    this.#write = write
    this.#bytes = newBytes(BLOCK * characters)
  }

  /** `number`: not less than the one before. */
  of(number: number): string {
    if (number >= this.#end) this.#fill(number)
    const at = (number % BLOCK) * this.#characters
    return this.#text.substring(at, at + this.#characters)
  }

  #fill(number: number): void {
    const first = number - (number % BLOCK)
    for (let i = 0; i < BLOCK; i++) {
      this.#mixer.mix((first + i) >>> 0, ((first + i) / WORD) >>> 0, 0, 0)
      this.#write(this.#bytes, i * this.#characters, this.#mixer)
    }
    this.#text = this.#bytes.latin1Slice(0, BLOCK * this.#characters)
    this.#end = first + BLOCK
  }
}

const DASH = 0x2d

/** RFC 9562: 8-4-4-4-12 digits, of which one is the version and two bits are the variant. */
function writeUuid(to: Uint8Array, at: number, { a, b, c, d }: Mixer): void {
  writeHex(to, at, a)
  to[at + 8] = DASH
  writeHex4(to, at + 9, b >>> 16)
  to[at + 13] = DASH
  writeHex4(to, at + 14, (b & 0x0fff) | 0x4000)
  to[at + 18] = DASH
  writeHex4(to, at + 19, ((c >>> 16) & 0x3fff) | 0x8000)
  to[at + 23] = DASH
  writeHex4(to, at + 24, c)
  writeHex(to, at + 28, d)
}
