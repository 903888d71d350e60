/**
 * THREAD_INJECTION: a process got write or create-thread access to another one, and then a thread
 * of its making began there.
 */
import type { NewRemoteThread, RemoteProcessHandle } from '../events/index.js'
import { changes } from './access.js'
import { BoundedMap } from './bounded.js'
import { type Find, frozen, ownerOf, pairOf } from './finding.js'

export const INJECTION_WINDOW_MS_DEFAULT = 10_000

const PAIRS_MAX = 4_096

interface Pair {
  handle: RemoteProcessHandle
  /** Until when a thread counts: the last access or change, and the window. */
  untilMs: number
  /** As long as one process is attached to the other, the window stays open. */
  isAttached: boolean
  isTold: boolean
  /** Threads since it was told. */
  repeats: number
}

export class Injections {
  readonly #pairs = new BoundedMap<Pair>(PAIRS_MAX)
  readonly #windowMs: number
  readonly #find: Find
  #repeats = 0

  constructor(windowMs: number, find: Find) {
    this.#windowMs = windowMs
    this.#find = find
  }

  /** Threads that became part of an earlier THREAD_INJECTION. */
  get repeats(): number {
    return this.#repeats
  }

  /** Pairs that were given up because there were too many. */
  get forgotten(): number {
    return this.#pairs.forgotten
  }

  handle(record: RemoteProcessHandle): void {
    if (!changes(record.event.ACCESS_FLAGS)) return
    const key = pairOf(record)
    if (key === undefined) return
    const time = record.routing.event_time
    const before = this.#open(key, time)
    if (before !== undefined) {
      this.#extend(key, before, time)
      return
    }
    this.#pairs.dropWhile((pair) => pair.repeats === 0 && !isOpen(pair, time))
    const repeats = this.#pairs.get(key)?.repeats ?? 0
    const untilMs = time + this.#windowMs
    const handle = frozen(record)
    this.#pairs.put(key, { handle, untilMs, isAttached: false, isTold: false, repeats }, ownerOf(handle.event.SOURCE))
  }

  /** The source wrote into the target, or changed a register of it. False where no access of it is known. */
  change(source: string, target: string, time: number): boolean {
    const key = `${source}${target}`
    const pair = this.#pairs.get(key)
    if (pair === undefined) return false
    this.#extend(key, pair, time)
    return true
  }

  /** The source attached itself to the target with the latest handle. */
  attach(source: string, target: string): void {
    const pair = this.#pairs.get(`${source}${target}`)
    if (pair !== undefined) pair.isAttached = true
  }

  detach(source: string, target: string, time: number): void {
    const key = `${source}${target}`
    const pair = this.#pairs.get(key)
    if (!pair?.isAttached) return
    pair.isAttached = false
    this.#extend(key, pair, time)
  }

  thread(record: NewRemoteThread): void {
    const key = pairOf(record)
    if (key === undefined) return
    const pair = this.#open(key, record.routing.event_time)
    if (pair === undefined) return
    if (pair.isTold) {
      pair.repeats++
      this.#repeats++
      return
    }
    const { routing } = record
    this.#find({
      name: 'THREAD_INJECTION',
      events: [pair.handle, frozen(record)],
      time: routing.event_time,
      parent: routing.parent,
      target: routing.target,
      repeats: pair.repeats,
    })
    pair.isTold = true
    pair.repeats = 0
  }

  #open(key: string, time: number): Pair | undefined {
    const pair = this.#pairs.get(key)
    return pair !== undefined && isOpen(pair, time) ? pair : undefined
  }

  #extend(key: string, pair: Pair, time: number): void {
    pair.untilMs = Math.max(pair.untilMs, time + this.#windowMs)
    this.#pairs.put(key, pair, ownerOf(pair.handle.event.SOURCE))
  }
}

function isOpen(pair: Pair, time: number): boolean {
  return pair.isAttached || time <= pair.untilMs
}
