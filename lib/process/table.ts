/**
 * The process table: the image that each process runs now, those that ended a moment ago, and the
 * forks that an exec may still follow.
 */
import { DepartedImages } from './departed.js'
import { EndedProcesses } from './ended.js'
import { type ProcessImage, STATE } from './image.js'
import { PidTable } from './pid-table.js'

/** Holes at the start of the queue that are worth copying the rest of it. */
const FORGET_FROM = 1_024

/** Processes that are known at a time, and forks that wait: a forged recording can have any number of both. */
const PROCESSES_MAX = 131_072
/** Of a machine, which has them all in its own memory. */
export const LIVE_PROCESSES_MAX = 1_048_576

export class ProcessTable {
  readonly limit: number
  /** Processes that had to go although they may still run. */
  forgotten = 0
  /** Images that ended, or that another one took the place of, a moment ago. */
  readonly departed = new DepartedImages()
  /** Raised when an image is announced, and when one ends. */
  changes = 0

  readonly #current = new PidTable<ProcessImage>()
  readonly #ended = new EndedProcesses()
  /** In the order in which they came; one that waits no longer leaves a hole, so that nothing keeps it. */
  readonly #pending: (ProcessImage | undefined)[] = []
  /** Places are counted from the start of the stream: so many are not in #pending any more. */
  #forgotten = 0
  #first = 0
  #waiting = 0
  /** While a snapshot is under way: what ended since it began. */
  #endedMeanwhile: Set<ProcessImage> | undefined

  constructor(limit = PROCESSES_MAX) {
    this.limit = limit
  }

  get size(): number {
    return this.#current.size
  }

  images(): IterableIterator<ProcessImage> {
    return this.#current.values()
  }

  /** The image that this process runs now. */
  find(pid: number, startLow: number, startHigh: number): ProcessImage | undefined {
    const image = this.#current.get(pid)
    return image?.isOfStart(startLow, startHigh) ? image : undefined
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

  /** Of the processes that there are, one has to go before another one comes. */
  get isFull(): boolean {
    return this.#current.size >= this.limit
  }

  /** Whether no further fork may wait. */
  get isCrowded(): boolean {
    return this.#waiting >= this.limit
  }

  /** One of those that have been here for longest. */
  get oldest(): ProcessImage | undefined {
    return this.#current.oldest()
  }

  /** For want of place: what comes of it later is that of a process that was never seen. */
  forget(image: ProcessImage): void {
    this.waitNoLonger(image)
    this.#current.delete(image.pid)
    this.forgotten++
  }

  /** From now on the process runs this image. */
  put(image: ProcessImage): void {
    this.#current.set(image.pid, image)
  }

  end(image: ProcessImage): void {
    image.state = STATE.ENDED
    this.waitNoLonger(image)
    if (this.#current.get(image.pid) === image) this.#current.delete(image.pid)
    this.#endedMeanwhile?.add(image)
    this.#ended.add(image)
    this.departed.add(image)
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
    if (this.#pending.length >= 2 * this.limit) this.#closeHoles()
    image.place = this.#forgotten + this.#pending.length
    this.#pending.push(image)
    this.#waiting++
  }

  /** It is an event, or part of one. */
  waitNoLonger(image: ProcessImage): void {
    this.changes++
    if (image.place < 0) return
    this.#pending[image.place - this.#forgotten] = undefined
    image.place = -1
    this.#waiting--
  }

  /** The fork that has waited longest, if it came before `bootMs`: it waits no longer. */
  takeDue(bootMs: number): ProcessImage | undefined {
    const oldest = this.#oldest()
    if (oldest === undefined || oldest.bootMs >= bootMs) return undefined
    this.waitNoLonger(oldest)
    return oldest
  }

  /** When the oldest fork that waits came. */
  get oldestPendingMs(): number | undefined {
    return this.#oldest()?.bootMs
  }

  #oldest(): ProcessImage | undefined {
    const pending = this.#pending
    while (this.#first < pending.length && pending[this.#first] === undefined) this.#first++
    if (this.#first >= FORGET_FROM && this.#first * 2 >= pending.length) this.#forget()
    return this.#pending[this.#first]
  }

  #closeHoles(): void {
    const waiting = this.#pending.filter((image) => image !== undefined)
    waiting.forEach((image, i) => {
      image.place = i
      this.#pending[i] = image
    })
    this.#pending.length = waiting.length
    this.#forgotten = 0
    this.#first = 0
  }

  #forget(): void {
    this.#forgotten += this.#first
    this.#pending.copyWithin(0, this.#first)
    this.#pending.length -= this.#first
    this.#first = 0
  }
}
