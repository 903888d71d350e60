/**
 * Atoms and event ids.
 *
 * The atom of an image is 12 bytes of a hash over (machine, boot, pid, start, exec id) and then the
 * big-endian Unix seconds of its start: the same in two sensors, after a restart, in a replay.
 * Atoms of other events and event ids come from the run's seed and the event's number.
 */
import { createHash } from 'node:crypto'
import { newBytes } from '../records.js'

const WORD = 2 ** 32

/** Four words that nobody can turn back into what they were made of. */
export function seedOf(...parts: string[]): Uint32Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return new Uint32Array(new Uint8Array(hash.digest()).buffer, 0, 4)
}

/** The seed for the atoms of one boot of one machine. */
export function bootSeed(machineId: string, bootId: string): Uint32Array {
  return seedOf('kernelwire atom 1', machineId, bootId)
}

const DIGITS = Buffer.from('0123456789abcdef', 'latin1')

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function finish(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}

/** Hashes four words under a seed, as MurmurHash3_x86_128 does one block (public domain, A. Appleby). */
class Mixer {
  a = 0
  b = 0
  c = 0
  d = 0
  readonly #seed: Uint32Array

  constructor(seed: Uint32Array) {
    this.#seed = seed
  }

  mix(k1: number, k2: number, k3: number, k4: number): void {
    const seed = this.#seed
    let a = seed[0]! ^ Math.imul(rotate(Math.imul(k1, 0x239b961b), 15), 0xab0e9789)
    let b = seed[1]! ^ Math.imul(rotate(Math.imul(k2, 0xab0e9789), 16), 0x38b34ae5)
    let c = seed[2]! ^ Math.imul(rotate(Math.imul(k3, 0x38b34ae5), 17), 0xa1e38b93)
    let d = seed[3]! ^ Math.imul(rotate(Math.imul(k4, 0xa1e38b93), 18), 0x239b961b)
    a = (Math.imul((rotate(a, 19) + b) | 0, 5) + 0x561ccd1b) | 0
    b = (Math.imul((rotate(b, 17) + c) | 0, 5) + 0x0bcaa747) | 0
    c = (Math.imul((rotate(c, 15) + d) | 0, 5) + 0x96cd1c35) | 0
    d = (Math.imul((rotate(d, 13) + a) | 0, 5) + 0x32ac3b17) | 0
    a = (a + b + c + d) | 0
    b = finish((b + a) | 0)
    c = finish((c + a) | 0)
    d = finish((d + a) | 0)
    a = finish(a)
    a = (a + b + c + d) | 0
    this.a = a
    this.b = (b + a) | 0
    this.c = (c + a) | 0
    this.d = (d + a) | 0
  }
}

function writeHex(to: Uint8Array, at: number, word: number): void {
  for (let i = 7; i >= 0; i--) {
    to[at + i] = DIGITS[word & 15]!
    word >>>= 4
  }
}

/** The last four bytes of an atom; events of the same second share the string. */
class Seconds {
  #second = -1
  #hex = ''

  of(epochMs: number): string {
    const second = Math.floor(epochMs / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#hex = (((second % WORD) + WORD) % WORD).toString(16).padStart(8, '0')
    }
    return this.#hex
  }
}

export class ImageAtoms {
  readonly #mixer: Mixer
  readonly #text = newBytes(24)
  readonly #seconds = new Seconds()
  readonly #bootToEpochMs: number

  /** `bootToEpochMs`: one value for the whole boot, see boot.ts. */
  constructor(seed: Uint32Array, bootToEpochMs: number) {
    this.#mixer = new Mixer(seed)
    this.#bootToEpochMs = bootToEpochMs
  }

  of(pid: number, execId: number, startLow: number, startHigh: number): string {
    const mixer = this.#mixer
    mixer.mix(pid, execId, startLow, startHigh)
    writeHex(this.#text, 0, mixer.a)
    writeHex(this.#text, 8, mixer.b)
    writeHex(this.#text, 16, mixer.c)
    const startMs = ((startHigh >>> 0) * WORD + (startLow >>> 0)) / 1e6
    return this.#text.latin1Slice(0, 24) + this.#seconds.of(startMs + this.#bootToEpochMs)
  }
}

/** Ids are made so many at a time: one string for all of them, of which each is a slice. */
const BLOCK = 64
const UUID_CHARACTERS = 36
const ATOM_CHARACTERS = 24
const ENTRY = UUID_CHARACTERS + ATOM_CHARACTERS

export class EventIds {
  /** The number of the latest event, from 1. */
  sequence = 0

  readonly #ids: Mixer
  readonly #atoms: Mixer
  readonly #text = newBytes(BLOCK * ENTRY)
  readonly #seconds = new Seconds()
  #block = ''

  constructor(seed: Uint32Array) {
    this.#ids = new Mixer(seed)
    this.#atoms = new Mixer(seed.map((word) => ~word))
  }

  /** Goes on to the next event. */
  next(): void {
    if (this.sequence % BLOCK === 0) this.#fill()
    this.sequence++
  }

  /** The event's id: a UUID of version 4's form. */
  eventId(): string {
    const at = ((this.sequence - 1) % BLOCK) * ENTRY
    return this.#block.substring(at, at + UUID_CHARACTERS)
  }

  /** The event's own atom, where it is not that of an image. */
  atom(epochMs: number): string {
    const at = ((this.sequence - 1) % BLOCK) * ENTRY + UUID_CHARACTERS
    return this.#block.substring(at, at + ATOM_CHARACTERS) + this.#seconds.of(epochMs)
  }

  #fill(): void {
    for (let i = 0; i < BLOCK; i++) this.#write(this.sequence + i + 1, i * ENTRY)
    this.#block = this.#text.latin1Slice(0, BLOCK * ENTRY)
  }

  #write(number: number, at: number): void {
    const low = number >>> 0
    const high = (number / WORD) >>> 0
    const text = this.#text
    this.#ids.mix(low, high, 1, 0)
    this.#writeUuid(at)
    this.#atoms.mix(low, high, 2, 0)
    writeHex(text, at + UUID_CHARACTERS, this.#atoms.a)
    writeHex(text, at + UUID_CHARACTERS + 8, this.#atoms.b)
    writeHex(text, at + UUID_CHARACTERS + 16, this.#atoms.c)
  }

  /** RFC 9562: 8-4-4-4-12 digits, of which one is the version and two bits are the variant. */
  #writeUuid(at: number): void {
    const { a, b, c, d } = this.#ids
    const text = this.#text
    const dash = 0x2d
    writeHex(text, at, a)
    // Each of these writes eight digits; the next ones overwrite what is over.
    writeHex(text, at + 9, (b & 0xffff0000) | 0x4000 | (b & 0x0fff))
    text.copyWithin(at + 14, at + 13, at + 17)
    writeHex(text, at + 19, (c & 0x3fffffff) | 0x80000000)
    text.copyWithin(at + 24, at + 23, at + 27)
    writeHex(text, at + 28, d)
    text[at + 8] = dash
    text[at + 13] = dash
    text[at + 18] = dash
    text[at + 23] = dash
  }
}
