/**
 * From the records' clock to event times.
 *
 * Records carry CLOCK_BOOTTIME. Its offset to the epoch changes only when somebody sets the wall
 * clock, since slewing moves both: so event times use the boot's own offset (boot.ts), on which all
 * sensors agree, until a step shows. Atoms use it for ever, so that a step does not rename a process.
 */

/** Less than this is how two clocks are read, not a step. */
const STEP_MS = 5

export class EventClock {
  /** Called when the wall clock was set. */
  onStep: ((bootToEpochMs: number) => void) | undefined
  #bootToEpochMs: number

  constructor(bootToEpochMs: number) {
    this.#bootToEpochMs = bootToEpochMs
  }

  get bootToEpochMs(): number {
    return this.#bootToEpochMs
  }

  /** `bootToEpochMs`: as it was measured now. */
  adjust(bootToEpochMs: number): void {
    if (Math.abs(bootToEpochMs - this.#bootToEpochMs) < STEP_MS) return
    this.#bootToEpochMs = bootToEpochMs
    this.onStep?.(bootToEpochMs)
  }

  /** Milliseconds since 1970, whole. */
  epochMs(bootMs: number): number {
    return Math.floor(bootMs + this.#bootToEpochMs)
  }
}
