/**
 * What two providers say of the same thing, when a recording has both: the second one is not told.
 * Numbers only, in a table that never grows.
 */

const SLOTS = 1_024
/** The kernel calls one provider right after the other. */
const TWIN_MS = 100

export class Twins {
  readonly #providers = new Uint8Array(SLOTS)
  readonly #pids = new Float64Array(SLOTS)
  readonly #keys = new Float64Array(SLOTS)
  readonly #times = new Float64Array(SLOTS)

  /** Whether another provider said it a moment ago. `key`: what else it is known by, beside the process. */
  isSecond(provider: number, pid: number, key: number, time: number): boolean {
    const slot = (Math.imul(pid, 0x9e3779b1) ^ Math.imul(key / 4096, 0x85ebca6b) ^ key) & (SLOTS - 1)
    const isSame = this.#pids[slot] === pid && this.#keys[slot] === key
    const isTwin = isSame && this.#providers[slot] !== provider && time - this.#times[slot]! <= TWIN_MS
    if (isTwin && this.#providers[slot] !== 0) {
      this.#providers[slot] = 0
      return true
    }
    this.#providers[slot] = provider
    this.#pids[slot] = pid
    this.#keys[slot] = key
    this.#times[slot] = time
    return false
  }
}
