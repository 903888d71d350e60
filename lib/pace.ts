/**
 * How a sensor waits for more: asleep until the next record, or in a pause that lets records gather.
 *
 * An event is worth most while it is young, but a wake-up costs ten times what the rest of a record
 * does. So few records are taken one by one, in so many wake-ups a second and no more, and a storm
 * in batches.
 */

const PAUSE_MS = 4
/** A batch of more is worth a pause. */
const HANDFUL = 8
/** A program's start, its modules and its end come one by one, and so do those of the next. */
const WAKE_UPS_AT_ONCE = 64
const WAKE_UPS_PER_MS = 0.2

export class Pace {
  #wakeUps = WAKE_UPS_AT_ONCE
  #latestMs = 0

  /** Milliseconds of a pause, 0 to sleep. `found`: how many records the latest drain had, which ended at `nowMs`. */
  pauseMs(found: number, nowMs: number): number {
    const earned = (nowMs - this.#latestMs) * WAKE_UPS_PER_MS
    this.#wakeUps = Math.min(WAKE_UPS_AT_ONCE, this.#wakeUps + earned)
    this.#latestMs = nowMs
    if (found === 0) return 0
    if (found > HANDFUL || this.#wakeUps < 1) return PAUSE_MS
    this.#wakeUps--
    return 0
  }
}
