/** The pairs of path and content that were told: the newest of them, so that memory is bounded. */
export const PAIRS_MAX = 16_384

export class Pairs {
  readonly #told = new Set<string>()

  /** False where it was there already. */
  add(content: string, path: string): boolean {
    const pair = `${content} ${path}`
    const isNew = !this.#told.delete(pair)
    this.#told.add(pair)
    if (this.#told.size > PAIRS_MAX) this.#told.delete(this.#told.values().next().value!)
    return isNew
  }
}
