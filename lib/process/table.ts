/**
 * The process table: the image that each process runs now, those that ended a moment ago, and the
 * forks that an exec may still follow.
 */
import { EndedProcesses } from './ended.js'
import { type ProcessImage, STATE } from './image.js'

export class ProcessTable {
  readonly #current = new Map<number, ProcessImage>()
  readonly #ended = new EndedProcesses()
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
    return image !== undefined && image.isOfStart(startLow, startHigh) ? image : undefined
  }

  /** Whatever process has this number now. */
  ofPid(pid: number): ProcessImage | undefined {
    return this.#current.get(pid)
  }

  /** Whether the process ended a moment ago. */
  hasEnded(pid: number, startLow: number, startHigh: number): boolean {
    return this.#ended.has(pid, startLow, startHigh)
  }

  /** What the process ran when it vanished, until its end comes after all. */
  takeVanished(pid: number, startLow: number, startHigh: number): ProcessImage | undefined {
    return this.#ended.takeVanished(pid, startLow, startHigh)
  }

  /** From now on the process runs this image. */
  put(image: ProcessImage): void {
    this.#current.set(image.pid, image)
  }

  end(image: ProcessImage): void {
    image.state = STATE.ENDED
    if (this.#current.get(image.pid) === image) this.#current.delete(image.pid)
    this.#endedMeanwhile?.add(image)
    this.#ended.add(image)
  }

  /** Its end was lost: it was not there any more when the table was reconciled. */
  vanish(image: ProcessImage): void {
    this.end(image)
    this.#ended.addVanished(image)
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

  /** The next fork in order that came before `bootMs` and still waits: it waits no longer. */
  takeDue(bootMs: number): ProcessImage | undefined {
    while (this.#firstPending < this.#pending.length) {
      const image = this.#pending[this.#firstPending]!
      if (image.state === STATE.PENDING && image.bootMs >= bootMs) break
      this.#firstPending++
      if (image.state === STATE.PENDING) return image
    }
    this.#forget()
    return undefined
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
