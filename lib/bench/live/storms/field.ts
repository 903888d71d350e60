/** Who takes part in a suite, and who had to leave, and why. */
import type { Skip } from '../../figure.js'
import type { Contestant } from './contestants.js'
import type { Load } from './load.js'

export class Field {
  readonly #suite: string
  readonly #all: readonly Contestant[]
  readonly #reasons = new Map<Contestant, string>()

  constructor(suite: string, all: readonly Contestant[]) {
    this.#suite = suite
    this.#all = all
    for (const one of all) if (!one.isHere()) this.#reasons.set(one, 'not installed')
  }

  with(load: Load): Contestant[] {
    return this.#all.filter((one) => one.loads.includes(load) && !this.#reasons.has(one))
  }

  /** A rival that fails leaves the field; where ours fails, the suite does. Undefined then. */
  async attempt<T>(one: Contestant, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (error) {
      if (one.isOurs) throw error
      this.#reasons.set(one, (error as Error).message)
      return undefined
    }
  }

  skips(): Skip[] {
    return [...this.#reasons].map(([{ name, isPackaged }, reason]) => ({
      suite: this.#suite,
      name,
      reason,
      isRequirable: isPackaged,
    }))
  }
}
