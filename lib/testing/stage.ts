/** What the processes of a scripted machine share: its clock, its numbers, and where events are made. */
import { Acts } from '../acts.js'
import type { CorrelationOptions } from '../correlate/correlator.js'
import type { EnvelopeOptions } from '../envelope.js'
import { EVENT_NAMES, type EventName } from '../events/index.js'
import { EventStream } from '../stream.js'
import { testAtoms, testEnvelope, testIds } from './identity.js'

/** So long the machine has been up when its script begins. */
const UPTIME_MS = 3_600_000
const FIRST_PID = 1_000

export interface StageOptions {
  seed: string
  extended: boolean
  envelope: EnvelopeOptions | undefined
  correlation: CorrelationOptions | undefined
}

export class Stage {
  readonly stream: EventStream
  readonly acts: Acts
  nowMs: number

  readonly #bootedMs: number
  #nextPid = FIRST_PID
  /** Processes that started: no two of them did at the same nanosecond. */
  #started = 0

  constructor(beganMs: number, { seed, extended, envelope, correlation }: StageOptions) {
    this.nowMs = beganMs
    this.#bootedMs = beganMs - UPTIME_MS
    const options = {
      events: new Set<EventName>(EVENT_NAMES),
      extended,
      envelope: testEnvelope(envelope),
      ids: testIds(seed),
      atoms: testAtoms(seed, this.#bootedMs),
    }
    this.stream = new EventStream(options)
    this.acts = new Acts(this.stream, options, correlation)
  }

  /** Nanoseconds from the machine's start until `ms`, since 1970. */
  takeStart(ms: number): number {
    return (ms - this.#bootedMs) * 1e6 + this.#started++
  }

  takePid(): number {
    while (this.stream.processes.ofPid(this.#nextPid) !== undefined) this.#nextPid++
    return this.#nextPid++
  }
}
