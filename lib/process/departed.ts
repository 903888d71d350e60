/**
 * Images that ended a moment ago, for whoever still asks after them: an event is looked at after the
 * drain that brought it, and by then its process may be gone.
 */
import type { ProcessImage } from './image.js'

/** As many as one drain can end, so that none is forgotten before its events were delivered. */
const KEPT = 4_096

export class DepartedImages {
  readonly #images: (ProcessImage | undefined)[] = []
  #next = 0

  add(image: ProcessImage): void {
    this.#images[this.#next] = image
    this.#next = (this.#next + 1) & (KEPT - 1)
  }

  /** The latest first. */
  *[Symbol.iterator](): Generator<ProcessImage> {
    for (let i = 1; i <= KEPT; i++) {
      const image = this.#images[(this.#next - i) & (KEPT - 1)]
      if (image === undefined) return
      yield image
    }
  }
}
