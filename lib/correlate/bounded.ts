/**
 * A map that forgets what was not used for the longest time. What an attacker can make many of
 * must not take memory without end.
 */
export class BoundedMap<V> {
  /** Entries that had to go although nobody said so. */
  forgotten = 0

  readonly #entries = new Map<string, V>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  /** The entry is the youngest from now on. */
  put(key: string, value: V): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#limit) {
      this.#entries.delete(this.#entries.keys().next().value!)
      this.forgotten++
    }
    this.#entries.set(key, value)
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  /** From the oldest on, as long as `isOver` says so. */
  dropWhile(isOver: (value: V) => boolean): void {
    for (const [key, value] of this.#entries) {
      if (!isOver(value)) return
      this.#entries.delete(key)
    }
  }
}
