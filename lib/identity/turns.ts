/** What waits, by user: users take turns, and of one user the smallest goes first. */
interface Waiting<T> {
  size: number
  item: T
}

export class Turns<T> {
  /** In the order of their turns. */
  readonly #byUser = new Map<number, Waiting<T>[]>()
  #count = 0

  get count(): number {
    return this.#count
  }

  add(uid: number, size: number, item: T): void {
    const waiting = this.#byUser.get(uid)
    this.#count++
    if (waiting === undefined) {
      this.#byUser.set(uid, [{ size, item }])
      return
    }
    // The largest first: the next one is taken from the end. Of equal ones the older is nearer to it.
    let low = 0
    let high = waiting.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (waiting[middle]!.size > size) low = middle + 1
      else high = middle
    }
    waiting.splice(low, 0, { size, item })
  }

  /** The next one of the users that `mayGo`. */
  take(mayGo: (uid: number) => boolean): T | undefined {
    for (const [uid, waiting] of this.#byUser) {
      if (!mayGo(uid)) continue
      const { item } = waiting.pop()!
      this.#count--
      this.#byUser.delete(uid)
      if (waiting.length > 0) this.#byUser.set(uid, waiting)
      return item
    }
    return undefined
  }

  clear(): void {
    this.#byUser.clear()
    this.#count = 0
  }
}
