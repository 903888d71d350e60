/** What a recording lacks, by its own account. */
import type { EventStream } from '../../stream.js'
import { FileTimes } from './file-time.js'
import type { TraceHeaderFields } from './trace-header.js'

/** Their numbers have 11 bits. */
const CPUS = 2_048

/** Of RT_LostEvent. */
const LOST_EVENT = 32

export class Losses {
  readonly #stream: EventStream
  /** When each CPU logged its latest event. */
  readonly #latestOf = new Float64Array(CPUS)
  #events = 0
  #buffers = 0
  #startMs = 0

  constructor(stream: EventStream) {
    this.#stream = stream
  }

  /** Totals, of which nobody knows where they belong: told at the end. */
  header({ eventsLost, buffersLost, startLow, startHigh }: TraceHeaderFields): void {
    this.#events = eventsLost
    this.#buffers = buffersLost
    this.#startMs = new FileTimes().epochMs(startLow, startHigh)
  }

  /** An event of this CPU. */
  see(cpu: number, time: number): void {
    this.#latestOf[cpu & (CPUS - 1)] = time
  }

  /** The buffer of this event says that some of its CPU were lost before; how many, only the header does, of all. */
  gap(cpu: number, time: number): void {
    const before = this.#latestOf[cpu & (CPUS - 1)]!
    const from = before === 0 ? this.#startMs : before
    this.#stream.loss({ LOST: {}, REASON: 'NOT_RECORDED', FROM: Math.min(from, time), TO: time })
  }

  /** Between the event before and this one. */
  here(opcode: number, fromMs: number, time: number): void {
    const lost = opcode === LOST_EVENT ? { EVENTS: 1 } : { BUFFERS: 1 }
    this.#stream.loss({ LOST: lost, REASON: 'NOT_RECORDED', FROM: Math.min(fromMs, time), TO: time })
  }

  finish(latestMs: number): void {
    if (this.#events === 0 && this.#buffers === 0) return
    const lost = {
      ...(this.#events === 0 ? {} : { EVENTS: this.#events }),
      ...(this.#buffers === 0 ? {} : { BUFFERS: this.#buffers }),
    }
    const from = Math.max(0, Math.min(this.#startMs, latestMs))
    this.#stream.loss({ LOST: lost, REASON: 'NOT_RECORDED', FROM: from, TO: Math.max(from, latestMs) })
  }
}
