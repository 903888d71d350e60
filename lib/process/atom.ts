/**
 * Atoms.
 *
 * The atom of an image is 12 bytes of a hash over (machine, boot, pid, start, exec id) and then the
 * big-endian Unix seconds of its start: the same in two sensors, after a restart, in a replay.
 */
import { newBytes } from '../records.js'
import { Mixer, seedOf, writeHex } from './mixer.js'

const WORD = 2 ** 32

/** Digits of an atom before its seconds. */
export const ATOM_CHARACTERS = 24

/** The seed for the atoms of one boot of one machine. */
export function bootSeed(machineId: string, bootId: string): Uint32Array {
  return seedOf('kernelwire atom 1', machineId, bootId)
}

/** The last four bytes of an atom; events of the same second share the string. */
export class Seconds {
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
  readonly #text = newBytes(ATOM_CHARACTERS)
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
    writeAtom(this.#text, 0, mixer)
    const startMs = ((startHigh >>> 0) * WORD + (startLow >>> 0)) / 1e6
    return this.#text.latin1Slice(0, ATOM_CHARACTERS) + this.#seconds.of(startMs + this.#bootToEpochMs)
  }
}

export function writeAtom(to: Uint8Array, at: number, { a, b, c }: Mixer): void {
  writeHex(to, at, a)
  writeHex(to, at + 8, b)
  writeHex(to, at + 16, c)
}
