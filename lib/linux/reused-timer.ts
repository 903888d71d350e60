/** A timer for a time that comes again and again, two hundred times a second in a storm. Keeps no program running. */
export class ReusedTimer {
  isRunning = false

  readonly #onTime: () => void
  #timer: NodeJS.Timeout | undefined
  #ms = 0

  constructor(onTime: () => void) {
    this.#onTime = onTime
  }

  start(ms: number): void {
    this.isRunning = true
    if (this.#timer !== undefined && ms === this.#ms) {
      this.#timer.refresh()
      return
    }
    clearTimeout(this.#timer)
    this.#ms = ms
    this.#timer = setTimeout(() => {
      // One that was stopped is not taken out of Node's list: it is likely to be started again.
      if (this.isRunning) this.#onTime()
    }, ms).unref()
  }

  stop(): void {
    this.isRunning = false
  }
}
