/**
 * From the records' clock to event times.
 *
 * Records carry CLOCK_BOOTTIME. Atoms use one offset to the epoch for the whole boot (boot.ts), so
 * that a step of the wall clock does not rename a process; event times follow the wall clock.
 */
export class EventClock {
  #bootToEpochMs: number

  constructor(bootToEpochMs: number) {
    this.#bootToEpochMs = bootToEpochMs
  }

  /** The wall clock was stepped, or corrected by so much that it shows. */
  adjust(bootToEpochMs: number): void {
    if (Math.abs(bootToEpochMs - this.#bootToEpochMs) >= 1) this.#bootToEpochMs = bootToEpochMs
  }

  /** Milliseconds since 1970, whole. */
  epochMs(bootMs: number): number {
    return Math.floor(bootMs + this.#bootToEpochMs)
  }
}
