/** Atoms of processes on Windows: of what the recording has instead of a start in nanoseconds. */
import { atomOf, Seconds } from '../../process/atom.js'
import { Mixer } from '../../process/mixer.js'

export class EtwAtoms {
  readonly #mixer: Mixer
  readonly #seconds = new Seconds()

  constructor(seed: Uint32Array) {
    this.#mixer = new Mixer(seed)
  }

  /** `low`, `high`: the time of creation, else the kernel's own object for the process. */
  of(pid: number, low: number, high: number, startedMs: number): string {
    this.#mixer.mix(pid, 0, low, high)
    return atomOf(this.#mixer, this.#seconds, startedMs)
  }
}
