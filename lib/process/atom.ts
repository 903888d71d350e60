/**
 * Atoms.
 *
 * The atom of an image is 12 bytes of a hash over (machine, boot, pid, start, exec id) and then the
 * big-endian Unix seconds of its start: the same in two sensors, after a restart, in a replay.
 */
import { Mixer, seedOf } from './mixer.js'

const WORD = 2 ** 32

/** Digits of an atom before its seconds. */
export const ATOM_CHARACTERS = 24
const SECONDS_CHARACTERS = 8

/** The seed for the atoms of one boot of one machine. */
export function bootSeed(machineId: string, bootId: string): Uint32Array {
  return seedOf('kernelwire atom 1', machineId, bootId)
}

/** The last four bytes of an atom; events of the same second share the string. */
export class Seconds {
  #hex = ''
  /** The characters' codes. */
  readonly codes = new Uint8Array(SECONDS_CHARACTERS)
  #second = -1

  of(epochMs: number): string {
    const second = Math.floor(epochMs / 1_000)
    if (second !== this.#second) this.#set(second)
    return this.#hex
  }

  #set(second: number): void {
    this.#second = second
    this.#hex = (((second % WORD) + WORD) % WORD).toString(16).padStart(SECONDS_CHARACTERS, '0')
    for (let i = 0; i < SECONDS_CHARACTERS; i++) this.codes[i] = this.#hex.charCodeAt(i)
  }
}

export class ImageAtoms {
  readonly #mixer: Mixer
  readonly #seconds = new Seconds()
  readonly #bootToEpochMs: number

  /** `bootToEpochMs`: one value for the whole boot, see boot.ts. */
  constructor(seed: Uint32Array, bootToEpochMs: number) {
    this.#mixer = new Mixer(seed)
    this.#bootToEpochMs = bootToEpochMs
  }

  of(pid: number, execId: number, startLow: number, startHigh: number): string {
    this.#mixer.mix(pid, execId, startLow, startHigh)
    const startMs = ((startHigh >>> 0) * WORD + (startLow >>> 0)) / 1e6
    return atomOf(this.#mixer, this.#seconds, startMs + this.#bootToEpochMs)
  }
}

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** In one call, which is quicker than any way by memory or by pieces. */
// biome-ignore format: a line for each word
export function atomOf({ a, b, c }: Mixer, seconds: Seconds, epochMs: number): string {
  seconds.of(epochMs)
  const s = seconds.codes
  return String.fromCharCode(
    DIGITS[a >>> 28]!, DIGITS[(a >>> 24) & 15]!, DIGITS[(a >>> 20) & 15]!, DIGITS[(a >>> 16) & 15]!,
    DIGITS[(a >>> 12) & 15]!, DIGITS[(a >>> 8) & 15]!, DIGITS[(a >>> 4) & 15]!, DIGITS[a & 15]!,
    DIGITS[b >>> 28]!, DIGITS[(b >>> 24) & 15]!, DIGITS[(b >>> 20) & 15]!, DIGITS[(b >>> 16) & 15]!,
    DIGITS[(b >>> 12) & 15]!, DIGITS[(b >>> 8) & 15]!, DIGITS[(b >>> 4) & 15]!, DIGITS[b & 15]!,
    DIGITS[c >>> 28]!, DIGITS[(c >>> 24) & 15]!, DIGITS[(c >>> 20) & 15]!, DIGITS[(c >>> 16) & 15]!,
    DIGITS[(c >>> 12) & 15]!, DIGITS[(c >>> 8) & 15]!, DIGITS[(c >>> 4) & 15]!, DIGITS[c & 15]!,
    s[0]!, s[1]!, s[2]!, s[3]!, s[4]!, s[5]!, s[6]!, s[7]!,
  )
}
