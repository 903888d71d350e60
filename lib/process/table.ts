/**
 * The process table: the image that each process runs now, those that ended a moment ago, and the
 * forks that an exec may still follow.
 */
import { type ProcessImage, STATE } from './image.js'

/** How many ended images are remembered, to recognise what comes late or twice. */
const ENDED_MAX = 4_096

/** Starts that /proc tells come in ticks. */
const TICK_MS = 10

export class ProcessTable {
  readonly #current = new Map<number, ProcessImage>()
  readonly #ended = new Map<number, ProcessImage>()
  #pending: ProcessImage[] = []
  #firstPending = 0
  /** While a snapshot is under way: what ended since it began. */
  #endedMeanwhile: Set<ProcessImage> | undefined

  get size(): number {
    return this.#current.size
  }

  images(): IterableIterator<ProcessImage> {
    return this.#current.values()
  }

  /** The image that this process runs now. */
  find(pid: number, startLow: number, startHigh: number): ProcessImage | undefined {
    const image = this.#current.get(pid)
    return image !== undefined && isStartOf(image, startLow, startHigh) ? image : undefined
  }

  /** Whatever process has this number now. */
  ofPid(pid: number): ProcessImage | undefined {
    return this.#current.get(pid)
  }

  /** The process, if it ended a moment ago. */
  findEnded(pid: number, startLow: number, startHigh: number): ProcessImage | undefined {
    const image = this.#ended.get(pid)
    return image !== undefined && isStartOf(image, startLow, startHigh) ? image : undefined
  }

  /** From now on the process runs this image. */
  put(image: ProcessImage): void {
    this.#current.set(image.pid, image)
  }

  end(image: ProcessImage): void {
    image.state = STATE.ENDED
    if (this.#current.get(image.pid) === image) this.#current.delete(image.pid)
    this.#endedMeanwhile?.add(image)
    this.#ended.delete(image.pid)
    if (this.#ended.size >= ENDED_MAX) this.#ended.delete(this.#ended.keys().next().value!)
    this.#ended.set(image.pid, image)
  }

  /** Between the start of a snapshot and its use: remember all that ends. */
  rememberEnds(): void {
    this.#endedMeanwhile ??= new Set()
  }

  /** The ends since rememberEnds(). */
  takeEnds(): Iterable<ProcessImage> {
    const ends = this.#endedMeanwhile ?? []
    this.#endedMeanwhile = undefined
    return ends
  }

  /** Forks wait in the order in which they came. */
  wait(image: ProcessImage): void {
    this.#pending.push(image)
  }

  get hasPending(): boolean {
    return this.#firstPending < this.#pending.length
  }

  /** The forks that came before `bootMs` and still wait; in order, each once. */
  *dueBefore(bootMs: number): Generator<ProcessImage> {
    while (this.#firstPending < this.#pending.length) {
      const image = this.#pending[this.#firstPending]!
      if (image.state === STATE.PENDING && image.bootMs >= bootMs) break
      this.#firstPending++
      if (image.state === STATE.PENDING) yield image
    }
    this.#forget()
  }

  /** When the oldest fork that waits came. */
  get oldestPendingMs(): number | undefined {
    for (let i = this.#firstPending; i < this.#pending.length; i++) {
      const image = this.#pending[i]!
      if (image.state === STATE.PENDING) return image.bootMs
    }
    return undefined
  }

  #forget(): void {
    if (this.#firstPending < 1_024 || this.#firstPending * 2 < this.#pending.length) return
    this.#pending = this.#pending.slice(this.#firstPending)
    this.#firstPending = 0
  }
}

/** A row from /proc and a record mean the same process when their starts fall into the same tick. */
function isStartOf(image: ProcessImage, startLow: number, startHigh: number): boolean {
  if (image.startedAt(startLow, startHigh)) return true
  if (!image.isCoarse) return false
  const startMs = ((startHigh >>> 0) * 2 ** 32 + (startLow >>> 0)) / 1e6
  return Math.floor(startMs / TICK_MS) === Math.floor(image.startMs / TICK_MS)
}
