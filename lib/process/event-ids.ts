/**
 * Event ids, and the atoms of events that start no image: what the run's seed says, and then the
 * event's number. Unique, and the same again in a replay.
 */
import { type Bytes, newBytes } from '../records.js'
import { ATOM_CHARACTERS, Seconds } from './atom.js'
import { Mixer } from './mixer.js'

/** Ids are made so many at a time, in one string of which each is a slice; a kept event keeps its block's. */
const BLOCK = 64
const BASE = 16
const ID_DIGITS = 12
const ATOM_DIGITS = 8

export class EventIds {
  /** The number of the latest event, from 1. */
  sequence = 0

  readonly #ids: Numbered
  readonly #atoms: Numbered
  readonly #seconds = new Seconds()

  constructor(seed: Uint32Array) {
    const mixer = new Mixer(seed)
    this.#ids = new Numbered(uuidStart(randomDigits(mixer, 0)), ID_DIGITS)
    this.#atoms = new Numbered(randomDigits(mixer, 1).slice(0, ATOM_CHARACTERS - ATOM_DIGITS), ATOM_DIGITS)
  }

  /** Goes on to the next event. */
  next(): void {
    this.sequence++
  }

  /** The event's id: a UUID of version 4's form, random in its first 74 bits. */
  eventId(): string {
    return this.#ids.of(this.sequence)
  }

  /** The event's own atom, where it is not that of an image: 8 random bytes, 4 of its number, its second. */
  atom(epochMs: number): string {
    return this.#atoms.of(this.sequence) + this.#seconds.of(epochMs)
  }
}

/** One start, and so many hexadecimal digits of a number that rises. */
class Numbered {
  readonly #characters: number
  readonly #digits: number
  readonly #bytes: Bytes
  /** The first number that `#text` holds, and the first behind it. */
  #first = 0
  #end = 0
  #text = ''

  constructor(start: string, digits: number) {
    this.#characters = start.length + digits
    this.#digits = digits
    this.#bytes = newBytes(BLOCK * this.#characters)
    for (let i = 0; i < BLOCK; i++) {
      this.#bytes.write(start + digitsOf(i, digits), i * this.#characters, 'latin1')
    }
  }

  /** `number`: not less than the one before. */
  of(number: number): string {
    if (number >= this.#end) this.#fill(number - (number % BLOCK))
    const at = (number % BLOCK) * this.#characters
    return this.#text.substring(at, at + this.#characters)
  }

  #fill(first: number): void {
    // Most digits are those of the block before.
    for (let place = 1, weight = BASE; place < this.#digits; place++, weight *= BASE) {
      if (digitAt(this.#first, weight) !== digitAt(first, weight)) this.#putDigits(place, weight, first)
    }
    this.#text = this.#bytes.latin1Slice(0, BLOCK * this.#characters)
    this.#first = first
    this.#end = first + BLOCK
  }

  /** The same digit in as many numbers in a row as its weight. */
  #putDigits(place: number, weight: number, first: number): void {
    const bytes = this.#bytes
    let at = this.#characters - 1 - place
    for (let i = 0; i < BLOCK; ) {
      const digit = '0123456789abcdef'.charCodeAt(digitAt(first + i, weight))
      for (const end = Math.min(BLOCK, i + weight); i < end; i++, at += this.#characters) bytes[at] = digit
    }
  }
}

function digitAt(number: number, weight: number): number {
  return Math.floor(number / weight) % BASE
}

function digitsOf(number: number, digits: number): string {
  return number.toString(BASE).padStart(digits, '0')
}

function randomDigits(mixer: Mixer, purpose: number): string {
  mixer.mix(purpose, 0, 0, 0)
  return [mixer.a, mixer.b, mixer.c, mixer.d].map((word) => digitsOf(word >>> 0, 8)).join('')
}

/** RFC 9562: 8-4-4-4-12 digits, of which one is the version and two bits are the variant. */
function uuidStart(digits: string): string {
  const variant = ((Number.parseInt(digits[15]!, BASE) & 3) | 8).toString(BASE)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-${variant}${digits.slice(16, 19)}-`
}
