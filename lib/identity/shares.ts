/**
 * Room for so many, and no user takes more than a share of it: what one user makes wait does not keep
 * out what others do. A part is left to the users of the system itself, since ordinary ones may have
 * many numbers (subuid(5)).
 */

/** Smaller numbers are the system's own (SYS_UID_MAX, login.defs(5)). */
const SYSTEM_UIDS = 1_000
/** The part of the whole that is left to them. */
const RESERVED = 1 / 8

export class Shares {
  readonly #most: number
  readonly #mostOfOne: number
  readonly #byUser = new Map<number, number>()
  #total = 0

  constructor(most: number, mostOfOne: number) {
    this.#most = most
    this.#mostOfOne = mostOfOne
  }

  get total(): number {
    return this.#total
  }

  hasRoom(uid: number): boolean {
    const most = uid < SYSTEM_UIDS ? this.#most : this.#most * (1 - RESERVED)
    return this.#total < most && (this.#byUser.get(uid) ?? 0) < this.#mostOfOne
  }

  take(uid: number): void {
    this.#total++
    this.#byUser.set(uid, (this.#byUser.get(uid) ?? 0) + 1)
  }

  giveBack(uid: number): void {
    this.#total--
    const left = (this.#byUser.get(uid) ?? 0) - 1
    if (left > 0) this.#byUser.set(uid, left)
    else this.#byUser.delete(uid)
  }
}
