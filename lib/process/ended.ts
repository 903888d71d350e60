/**
 * Processes that ended a moment ago: to recognise what comes late or twice.
 *
 * Numbers only, in a table that never grows: a busy machine ends thousands in a second, and an image
 * that is kept beyond its own drain is one that the collector has to copy.
 */
import { type ProcessImage, sameStart } from './image.js'

/** A process takes the place of the one that ended before it with the same low bits in its pid. */
const SLOTS = 4_096
const VANISHED_MAX = 4_096

const PID = 0
const START_LOW = 1
const START_HIGH = 2
const IS_COARSE = 3
const FIELDS = 4

export class EndedProcesses {
  readonly #slots = new Int32Array(SLOTS * FIELDS)
  readonly #vanished = new Map<number, ProcessImage>()

  add(image: ProcessImage): void {
    const slots = this.#slots
    const at = slotOf(image.pid)
    slots[at + PID] = image.pid
    slots[at + START_LOW] = image.startLow
    slots[at + START_HIGH] = image.startHigh
    slots[at + IS_COARSE] = image.isCoarse ? 1 : 0
  }

  has(pid: number, startLow: number, startHigh: number): boolean {
    const slots = this.#slots
    const at = slotOf(pid)
    if (slots[at + PID] !== pid) return false
    return sameStart(slots[at + START_LOW]!, slots[at + START_HIGH]!, slots[at + IS_COARSE] === 1, startLow, startHigh)
  }

  /** One whose end nobody saw: it may still come, out of order by a hair. */
  addVanished(image: ProcessImage): void {
    this.#vanished.delete(image.pid)
    if (this.#vanished.size >= VANISHED_MAX) this.#vanished.delete(this.#vanished.keys().next().value!)
    this.#vanished.set(image.pid, image)
  }

  /** The image of which the end was not seen until now. */
  takeVanished(pid: number, startLow: number, startHigh: number): ProcessImage | undefined {
    if (this.#vanished.size === 0) return undefined
    const image = this.#vanished.get(pid)
    if (image === undefined || !image.isOfStart(startLow, startHigh)) return undefined
    this.#vanished.delete(pid)
    return image
  }
}

function slotOf(pid: number): number {
  return (pid & (SLOTS - 1)) * FIELDS
}
