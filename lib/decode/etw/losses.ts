/** What a recording lacks: what its session lost, by its own account, and where the file has holes. */
import type { EventStream } from '../../stream.js'
import { FileTimes } from './file-time.js'
import { FLAG } from './layout.js'
import type { TraceHeaderFields } from './trace-header.js'

/** What of a file made no sense, or is not there. */
export interface Holes {
  events: number
  buffers: number
  bytes: number
  /** When the session was closed; 0: it was not. */
  endMs: number
}

/** Their numbers have 11 bits. */
const CPUS = 2_048

/** Of RT_LostEvent. */
const LOST_EVENT = 32

export class Losses {
  readonly #stream: EventStream
  /** When each CPU logged its latest event; 0: nothing yet. */
  readonly #latestOf = new Float64Array(CPUS)
  #events = 0
  #buffers = 0
  #startMs = 0

  constructor(stream: EventStream) {
    this.#stream = stream
  }

  /** Totals, of which nobody knows where they belong: told at the end. */
  header({ eventsLost, buffersLost, startLow, startHigh }: TraceHeaderFields): void {
    // Of several files, each has its own.
    this.#events += eventsLost
    this.#buffers += buffersLost
    const startMs = new FileTimes().epochMs(startLow, startHigh)
    if (this.#startMs === 0 || startMs < this.#startMs) this.#startMs = startMs
  }

  /** An event of this CPU. */
  see(cpu: number, time: number): void {
    this.#latestOf[cpu & (CPUS - 1)] = time
  }

  /** There are some missing before this event, of its CPU; how many, nobody says at this place. */
  gap(flags: number, cpu: number, time: number): void {
    if ((flags & FLAG.BEHIND_LOSS) !== 0) this.#tell('NOT_RECORDED', this.#latestOf[cpu & (CPUS - 1)]!, time)
    // A buffer that is gone may have been of any CPU.
    if ((flags & FLAG.BEHIND_DAMAGE) !== 0) this.#tell('DAMAGED', this.#earliestLatest(), time)
  }

  /** Between the event before and this one. */
  here(opcode: number, fromMs: number, time: number): void {
    const lost = opcode === LOST_EVENT ? { EVENTS: 1 } : { BUFFERS: 1 }
    this.#stream.loss({ LOST: lost, REASON: 'NOT_RECORDED', FROM: Math.min(fromMs, time), TO: time })
  }

  /** `holes`: of the file, in all. */
  finish(latestMs: number, holes: Holes | undefined): void {
    const from = Math.max(0, Math.min(this.#startMs, latestMs))
    const to = Math.max(from, latestMs)
    const lost = numbersOf(this.#events, this.#buffers)
    if (Object.keys(lost).length > 0) this.#stream.loss({ LOST: lost, REASON: 'NOT_RECORDED', FROM: from, TO: to })
    if (holes === undefined) return
    const { events, buffers, bytes, endMs } = holes
    this.#stream.loss({
      LOST: numbersOf(events, buffers),
      ...(bytes > 0 ? { BYTES: bytes } : {}),
      REASON: 'DAMAGED',
      FROM: from,
      // What was cut off came later than all that is there.
      TO: Math.max(to, endMs),
    })
  }

  #tell(reason: 'NOT_RECORDED' | 'DAMAGED', before: number, time: number): void {
    const from = before === 0 ? this.#startMs : before
    this.#stream.loss({ LOST: {}, REASON: reason, FROM: Math.max(0, Math.min(from, time)), TO: time })
  }

  #earliestLatest(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (const time of this.#latestOf) if (time !== 0 && time < earliest) earliest = time
    return Number.isFinite(earliest) ? earliest : 0
  }
}

function numbersOf(events: number, buffers: number): { EVENTS?: number; BUFFERS?: number } {
  return { ...(events === 0 ? {} : { EVENTS: events }), ...(buffers === 0 ? {} : { BUFFERS: buffers }) }
}
