type Owner = string | number | undefined

/**
 * A map that forgets what was not used for the longest time, of who has most in it. What an attacker can
 * make many of must not take memory without end, and must not push out what others do.
 */
export class BoundedMap<V> {
  /** Entries that had to go although nobody said so. */
  forgotten = 0

  readonly #entries = new Map<string, { value: V; owner: Owner }>()
  /** The keys of each owner that has any, in the order of use. */
  readonly #owned = new Map<Owner, Set<string>>()
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
  put(key: string, value: V, owner?: Owner): void {
    this.delete(key)
    if (this.#entries.size >= this.#limit) this.#makePlace()
    const keys = this.#owned.get(owner)
    if (keys === undefined) this.#owned.set(owner, new Set([key]))
    else keys.add(key)
    this.#entries.set(key, { value, owner })
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    const keys = this.#owned.get(entry.owner)!
    keys.delete(key)
    if (keys.size === 0) this.#owned.delete(entry.owner)
  }

  /** From the oldest on, as long as `isOver` says so. */
  dropWhile(isOver: (value: V) => boolean): void {
    for (const [key, { value }] of this.#entries) {
      if (!isOver(value)) return
      this.delete(key)
    }
  }

  #makePlace(): void {
    let most: Set<string> | undefined
    for (const keys of this.#owned.values()) if (most === undefined || keys.size > most.size) most = keys
    this.delete(most!.values().next().value!)
    this.forgotten++
  }
}
