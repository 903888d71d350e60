/**
 * What each process number stands for now: pages of neighbouring numbers, for as long as one of them
 * is in use.
 *
 * Not a Map: one from which as much is deleted as is put into it is copied again and again, and each
 * dead copy in the old generation keeps alive, until the next full collection, all that was in it.
 */
const PAGE_BITS = 8
const PAGE_NUMBERS = 2 ** PAGE_BITS

interface Page<T> {
  readonly items: (T | undefined)[]
  used: number
}

export class PidTable<T> {
  readonly #pages = new Map<number, Page<T>>()
  #size = 0
  /** The page of the latest number: those of one moment are neighbours. */
  #latest: Page<T> | undefined
  #latestKey = -1
  /** An empty page, kept for whoever needs one next. */
  #spare: Page<T> | undefined

  get size(): number {
    return this.#size
  }

  get(pid: number): T | undefined {
    return this.#page(pid >>> PAGE_BITS)?.items[pid & (PAGE_NUMBERS - 1)]
  }

  set(pid: number, item: T): void {
    const page = this.#page(pid >>> PAGE_BITS) ?? this.#addPage(pid >>> PAGE_BITS)
    const at = pid & (PAGE_NUMBERS - 1)
    if (page.items[at] === undefined) {
      page.used++
      this.#size++
    }
    page.items[at] = item
  }

  delete(pid: number): void {
    const key = pid >>> PAGE_BITS
    const page = this.#page(key)
    const at = pid & (PAGE_NUMBERS - 1)
    if (page === undefined || page.items[at] === undefined) return
    page.items[at] = undefined
    this.#size--
    page.used--
    if (page.used === 0) this.#removePage(key, page)
  }

  /** One of those that have been here for longest. */
  oldest(): T | undefined {
    const page: Page<T> | undefined = this.#pages.values().next().value
    return page?.items.find((item) => item !== undefined)
  }

  /** What is set or deleted meanwhile may be among them or not. */
  *values(): IterableIterator<T> {
    for (const { items } of this.#pages.values()) for (const item of items) if (item !== undefined) yield item
  }

  #page(key: number): Page<T> | undefined {
    if (key === this.#latestKey) return this.#latest
    const page = this.#pages.get(key)
    if (page === undefined) return undefined
    this.#latestKey = key
    this.#latest = page
    return page
  }

  #addPage(key: number): Page<T> {
    const page = this.#spare ?? { items: new Array(PAGE_NUMBERS).fill(undefined), used: 0 }
    this.#spare = undefined
    this.#pages.set(key, page)
    this.#latestKey = key
    this.#latest = page
    return page
  }

  #removePage(key: number, page: Page<T>): void {
    this.#pages.delete(key)
    this.#spare = page
    this.#latestKey = -1
    this.#latest = undefined
  }
}
