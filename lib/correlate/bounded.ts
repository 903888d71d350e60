/**
 * A map that forgets what was not used for the longest time, of who has most in it. What an attacker can
 * make many of must not take memory without end, and must not push out what others do.
 */
export class BoundedMap<V> {
  /** Entries that had to go although nobody said so. */
  forgotten = 0

  readonly #entries = new Map<string, { value: V; owner: Map<string, V> }>()
  /** By owner, each in the order of use. */
  readonly #owners = new Map<string | number | undefined, Map<string, V>>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value
  }

  /** The entry is the youngest from now on. `owner`: the user who made it. */
  put(key: string, value: V, owner?: string | number): void {
    this.delete(key)
    if (this.#entries.size >= this.#limit) this.#makePlace()
    const own = this.#owners.get(owner) ?? new Map<string, V>()
    this.#owners.set(owner, own)
    own.set(key, value)
    this.#entries.set(key, { value, owner: own })
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    entry.owner.delete(key)
  }

  /** From the oldest on, as long as `isOver` says so. */
  dropWhile(isOver: (value: V) => boolean): void {
    for (const [key, { value }] of this.#entries) {
      if (!isOver(value)) return
      this.delete(key)
    }
  }

  #makePlace(): void {
    let largest: Map<string, V> | undefined
    for (const [owner, own] of this.#owners) {
      if (own.size === 0) this.#owners.delete(owner)
      else if (largest === undefined || own.size > largest.size) largest = own
    }
    this.delete(largest!.keys().next().value!)
    this.forgotten++
  }
}
