/** What was found out about files, until it is taken into the stream. */
import type { FileResult } from './known-file.js'

export abstract class FileResults {
  readonly #onResult: () => void
  #results: FileResult[] = []
  /** Until all is read that the kernel had said by then: whether a process has become another program. */
  #held: FileResult[] = []
  #onIdle: (() => void) | undefined

  /** `onResult`: there is something to take. */
  constructor(onResult: () => void) {
    this.#onResult = onResult
  }

  /** Whether nothing is under way or waits. */
  protected abstract get isIdle(): boolean

  get hasResults(): boolean {
    return this.#results.length > 0 || this.#held.length > 0
  }

  takeResults(): FileResult[] {
    const results = this.#results
    this.#results = []
    return results
  }

  /** All that the kernel has said so far was read. */
  drained(): void {
    if (this.#held.length === 0) return
    this.#results.push(...this.#held)
    this.#held = []
  }

  /** Resolves when all is found out, after `limitMs` at the latest. */
  async settle(limitMs: number): Promise<void> {
    if (this.isIdle) return
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, limitMs)
      this.#onIdle = () => {
        clearTimeout(limit)
        resolve()
      }
    })
  }

  protected put(result: FileResult): void {
    if (result.isOfImage === true) this.#held.push(result)
    else this.#results.push(result)
    this.#onResult()
    if (this.isIdle) this.#onIdle?.()
  }

  /** Nothing more comes. */
  protected end(): void {
    this.#onIdle?.()
  }
}
