/**
 * Images that ended a moment ago, for whoever still asks after them: an event is looked at after the
 * drain that brought it, and by then its process may be gone.
 *
 * Few outlive the next drain, because what is alive while the collector runs is copied by it.
 */
import type { ProcessImage } from './image.js'

/** As many as one drain can end, so that none is forgotten before its events were delivered. */
const PLACES = 4_096
/** As many of former drains. */
const KEPT = 128

export class DepartedImages {
  readonly #images: (ProcessImage | undefined)[] = new Array(PLACES).fill(undefined)
  /** Places are counted from the start of the stream. */
  #next = 0
  #oldest = 0

  add(image: ProcessImage): void {
    this.#images[this.#next & (PLACES - 1)] = image
    this.#next++
  }

  /** Before the next drain: what the former ones ended was delivered. */
  forget(): void {
    const oldest = this.#next - KEPT
    for (let place = Math.max(this.#oldest, this.#next - PLACES); place < oldest; place++)
      this.#images[place & (PLACES - 1)] = undefined
    this.#oldest = Math.max(this.#oldest, oldest)
  }

  /** The latest first. */
  *[Symbol.iterator](): Generator<ProcessImage> {
    for (let place = this.#next - 1; ; place--) {
      const image = this.#images[place & (PLACES - 1)]
      if (image === undefined || place < this.#next - PLACES) return
      yield image
    }
  }
}
