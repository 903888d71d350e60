/**
 * The processes of a recording, by number, and those of which the event still waits.
 *
 * The classic start of a process has its file's name but not its path: that comes with the load of
 * its main module. So a start waits for it a moment, and so does a process that was there, as its
 * modules are listed after it. What names a process settles it first.
 */
import type { PathFiles } from '../../identity/path-files.js'
import { type ProcessImage, STATE } from '../../process/image.js'
import type { EventStream } from '../../stream.js'
import type { EtwAtoms } from './atoms.js'
import type { Life } from './life.js'

/** More than any Windows runs; a forged recording may claim them. */
const LIVES_MAX = 65_536
const ENDED_SLOTS = 1_024
/** Two providers tell of an end one after the other. */
const TWIN_MS = 2_000
/** What was there is listed at once, and each process's modules after it. */
const FOUND_WINDOW_MS = 2_000

export class Lives {
  readonly #stream: EventStream
  readonly #atoms: EtwAtoms
  readonly #wantsExisting: boolean
  readonly #startWindowMs: number
  readonly #files: PathFiles | undefined
  readonly #byPid = new Map<number, Life>()
  readonly #starts = new Waiting()
  readonly #found = new Waiting()
  readonly #endedPids = new Float64Array(ENDED_SLOTS).fill(-1)
  readonly #endedMs = new Float64Array(ENDED_SLOTS)

  constructor(
    stream: EventStream,
    atoms: EtwAtoms,
    wantsExisting: boolean,
    startWindowMs: number,
    files: PathFiles | undefined,
  ) {
    this.#stream = stream
    this.#atoms = atoms
    this.#wantsExisting = wantsExisting
    this.#startWindowMs = startWindowMs
    this.#files = files
  }

  of(pid: number): Life | undefined {
    return this.#byPid.get(pid)
  }

  /** Its image, announced, for an event that names it. */
  announced(pid: number): ProcessImage | undefined {
    const life = this.#byPid.get(pid)
    if (life === undefined) return undefined
    this.settle(life)
    return life.image
  }

  add(life: Life): void {
    if (this.#byPid.size >= LIVES_MAX) this.lose(this.#byPid.values().next().value!)
    this.#byPid.set(life.image.pid, life)
    this.#stream.processes.put(life.image)
    const overflow = (life.isFound ? this.#found : this.#starts).add(life)
    if (overflow !== undefined) this.settle(overflow)
  }

  /** Its event is in the stream from now on, after those of its parents. */
  settle(life: Life): void {
    if (life.isSettled) return
    const line = [life]
    for (let above = this.#parentOf(life); above !== undefined; above = this.#parentOf(above)) line.push(above)
    for (let i = line.length - 1; i >= 0; i--) this.#announce(line[i]!)
  }

  /** After a snapshot of that number: what it did not list, and had started before, is gone. */
  keepOnly(snapshot: number, time: number): void {
    for (const life of [...this.#byPid.values()]) {
      if (life.snapshot !== snapshot && life.image.bootMs < time) this.lose(life)
    }
  }

  /** Time went on. */
  tick(time: number): void {
    this.#settleDue(this.#starts, time - this.#startWindowMs)
    this.#settleDue(this.#found, time - FOUND_WINDOW_MS)
  }

  #settleDue(waiting: Waiting, time: number): void {
    for (let due = waiting.due(time); due !== undefined; due = waiting.due(time)) this.settle(due)
  }

  /** When the earliest process was that still waits; infinite where none does. */
  get waitingSinceMs(): number {
    return Math.min(this.#starts.sinceMs, this.#found.sinceMs)
  }

  finish(): void {
    this.tick(Number.POSITIVE_INFINITY)
  }

  /** After its TERMINATE_PROCESS. */
  ended(life: Life, time: number): void {
    const { pid } = life.image
    this.#byPid.delete(pid)
    this.#endedPids[pid & (ENDED_SLOTS - 1)] = pid
    this.#endedMs[pid & (ENDED_SLOTS - 1)] = time
  }

  hasJustEnded(pid: number, time: number): boolean {
    const slot = pid & (ENDED_SLOTS - 1)
    return this.#endedPids[slot] === pid && time - this.#endedMs[slot]! <= TWIN_MS
  }

  /** Its end was not recorded: another process has its number. */
  lose(life: Life): void {
    this.settle(life)
    this.#stream.processes.vanish(life.image)
    this.#byPid.delete(life.image.pid)
  }

  #parentOf({ image }: Life): Life | undefined {
    if (image.parent === undefined) return undefined
    const parent = this.#byPid.get(image.parent.pid)
    return parent?.image === image.parent && !parent.isSettled ? parent : undefined
  }

  #announce(life: Life): void {
    const { image, provider, createdMs } = life
    life.isSettled = true
    image.atom =
      createdMs === undefined
        ? this.#atoms.of(image.pid, image.startLow, image.startHigh, image.time)
        : this.#atoms.of(image.pid, life.createdLow, life.createdHigh, createdMs)
    if (life.hasPath && image.path !== undefined) image.file = this.#files?.at(image.path, image.bootMs)
    if (!life.isFound) {
      this.#stream.announce(image, provider)
      this.#stream.seeFile(image)
      return
    }
    image.state = STATE.FOUND
    this.#stream.announceExisting(image)
    if (life.isImplied) return
    const { accounts } = this.#stream
    const settled = this.#wantsExisting ? accounts.delivered : accounts.filtered
    settled[provider]!++
  }
}

const WAITING_MAX = 16_384

/** In the order of their times; those that are settled already are passed over. */
class Waiting {
  #lives: Life[] = []
  #first = 0

  /** Returns one that can wait no longer, for want of room. */
  add(life: Life): Life | undefined {
    this.#lives.push(life)
    return this.#lives.length - this.#first > WAITING_MAX ? this.#take() : undefined
  }

  /** The next one that came before `time` and is not settled. */
  due(time: number): Life | undefined {
    while (this.#first < this.#lives.length) {
      const life = this.#lives[this.#first]!
      if (!life.isSettled && life.image.bootMs >= time) return undefined
      this.#take()
      if (!life.isSettled) return life
    }
    return undefined
  }

  get sinceMs(): number {
    while (this.#lives[this.#first]?.isSettled) this.#take()
    return this.#lives[this.#first]?.image.bootMs ?? Number.POSITIVE_INFINITY
  }

  #take(): Life {
    const life = this.#lives[this.#first++]!
    if (this.#first > 1_024 && this.#first * 2 > this.#lives.length) {
      this.#lives = this.#lives.slice(this.#first)
      this.#first = 0
    }
    return life
  }
}
