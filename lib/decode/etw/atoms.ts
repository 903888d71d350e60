/** Atoms of processes on Windows: of what the recording has instead of a start in nanoseconds. */
import { ATOM_CHARACTERS, Seconds, writeAtom } from '../../process/atom.js'
import { Mixer } from '../../process/mixer.js'
import { newBytes } from '../../records.js'

export class EtwAtoms {
  readonly #mixer: Mixer
  readonly #text = newBytes(ATOM_CHARACTERS)
  readonly #seconds = new Seconds()

  constructor(seed: Uint32Array) {
    this.#mixer = new Mixer(seed)
  }

  /** `low`, `high`: the time of creation, else the kernel's own object for the process. */
  of(pid: number, low: number, high: number, startedMs: number): string {
    this.#mixer.mix(pid, 0, low, high)
    writeAtom(this.#text, 0, this.#mixer)
    return this.#text.latin1Slice(0, ATOM_CHARACTERS) + this.#seconds.of(startedMs)
  }
}
