/**
 * A machine that does what a test says: processes start, load code, reach into each other and end,
 * and the events are made as those of a real machine are, by the same process table, builders and
 * correlation. Its clock moves when the script moves it, its ids come from a seed: the same script
 * gives the same events.
 */
import type { CorrelationOptions } from '../correlate/correlator.js'
import type { EnvelopeOptions } from '../envelope.js'
import { KernelwireError } from '../errors.js'
import type { EventRecord } from '../events/index.js'
import { BEGAN_MS } from './identity.js'
import { type ProcessFacts, ScriptedProcess } from './scripted-process.js'
import { Stage } from './stage.js'

export interface MachineOptions {
  /** Milliseconds since 1970 when the script begins. Default: 1700000000000. */
  beganMs?: number | undefined
  /** Another seed gives other ids and atoms. Default: "test". */
  seed?: string | undefined
  /** Adds the fields that the document does not have. Default: false. */
  extended?: boolean | undefined
  /** What `routing` says about the sensor. */
  envelope?: EnvelopeOptions | undefined
  /** What SENSITIVE_PROCESS_ACCESS and THREAD_INJECTION are about. */
  correlation?: CorrelationOptions | undefined
}

/** Early enough to leave the machine some time before its script. */
const BEGAN_MS_MIN = 86_400_000

/**
 * @example
 * const machine = new ScriptedMachine()
 * const nginx = machine.runs('/usr/sbin/nginx')
 * const shell = nginx.starts('/bin/sh', { arguments: ['sh', '-c', 'id'] })
 * machine.passes(20)
 * shell.ends()
 * machine.takeEvents() // EXISTING_PROCESS, NEW_PROCESS, TERMINATE_PROCESS
 */
export class ScriptedMachine {
  readonly #stage: Stage

  constructor(options: MachineOptions = {}) {
    const { beganMs = BEGAN_MS, seed = 'test', extended = false, envelope, correlation } = options
    if (!(Number.isSafeInteger(beganMs) && beganMs >= BEGAN_MS_MIN)) {
      throw new KernelwireError('ERR_OPTION', `"beganMs" must be milliseconds since 1970, not ${String(beganMs)}`)
    }
    this.#stage = new Stage(beganMs, { seed, extended, envelope, correlation })
  }

  /** Milliseconds since 1970. */
  get nowMs(): number {
    return this.#stage.nowMs
  }

  /** Lets time pass. Nothing else does: what happens without it happens at the same time. */
  passes(ms: number): this {
    if (!(Number.isSafeInteger(ms) && ms >= 0)) {
      throw new KernelwireError('ERR_OPTION', `time passes in whole milliseconds, not ${String(ms)}`)
    }
    this.#stage.nowMs += ms
    return this
  }

  /** A process that was there before: EXISTING_PROCESS. Without `parent` nothing is known of its parent. */
  runs(path: string, facts: ProcessFacts = {}, parent?: ScriptedProcess): ScriptedProcess {
    return ScriptedProcess.found(this.#stage, path, facts, parent)
  }

  /** What has happened since the last time, in its order. */
  takeEvents(): EventRecord[] {
    return this.#stage.stream.takeBatch()
  }
}
