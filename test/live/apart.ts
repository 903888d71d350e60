/** A sensor in a process of its own, so that it can be stopped, killed and measured: apart.mjs. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { ErrorCode } from '../../lib/errors.js'
import type { EventName, EventRecord, NestedProcess } from '../../lib/events/index.js'
import type { SensorOptions } from '../../lib/options.js'
import type { SensorStats } from '../../lib/stats.js'
import { until } from './sensor.js'
import { cannotRun } from './skip.js'

const PROGRAM = fileURLToPath(new URL('apart.mjs', import.meta.url))

/** What ends a sensor: the loop's end, the process's, the worker thread's. */
export type Ending = 'close' | 'break' | 'abort' | 'exit' | 'terminate'

type Message =
  | 'open'
  | { events: EventRecord[] }
  | { answer: unknown }
  | { ended: string | null }
  | { refused: { code: ErrorCode; message: string } }

export type ApartOptions = Omit<SensorOptions<EventName>, 'signal' | 'onBatch'>

export class Apart {
  readonly events: EventRecord[] = []
  readonly process: ChildProcess
  isOpen = false
  refused: { code: ErrorCode; message: string } | undefined
  /** Why the loop ended; null when it simply did. */
  ended: string | null | undefined

  #answer: ((answer: unknown) => void) | undefined

  /** Starts the process; its sensor is opened meanwhile. */
  static start(options: ApartOptions, { inWorker = false } = {}): Apart {
    const child = fork(PROGRAM, [JSON.stringify({ options, inWorker })], { execArgv: [] })
    const apart = new Apart(child)
    onTestFinished(() => apart.kill())
    return apart
  }

  static async open(options: ApartOptions, where = {}): Promise<Apart> {
    const apart = Apart.start(options, where)
    await until(() => apart.isOpen || apart.refused !== undefined || apart.hasExited, 'the sensor is open')
    const { refused } = apart
    if (refused !== undefined && UNABLE.includes(refused.code)) cannotRun(refused.message)
    if (!apart.isOpen) throw new Error(`the sensor could not be opened: ${refused?.message}`)
    return apart
  }

  private constructor(child: ChildProcess) {
    this.process = child
    child.on('message', (message: Message) => {
      if (message === 'open') this.isOpen = true
      else if ('events' in message) this.events.push(...message.events)
      else if ('ended' in message) this.ended = message.ended
      else if ('refused' in message) this.refused = message.refused
      else this.#answer?.(message.answer)
    })
  }

  get pid(): number {
    return this.process.pid!
  }

  get hasExited(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  stats(): Promise<SensorStats> {
    return this.#ask('stats') as Promise<SensorStats>
  }

  processes(): Promise<NestedProcess[]> {
    return this.#ask('processes') as Promise<NestedProcess[]>
  }

  /** Only asks for it: see `ended`. */
  end(how: Ending): void {
    this.process.send(how)
  }

  /** Closes it, and waits until all events are here. */
  async close(): Promise<SensorStats> {
    this.end('close')
    await until(() => this.ended !== undefined, 'the loop has ended')
    return this.stats()
  }

  async kill(): Promise<void> {
    if (this.hasExited) return
    this.process.kill('SIGKILL')
    await once(this.process, 'exit')
  }

  async #ask(question: 'stats' | 'processes'): Promise<unknown> {
    const answer = new Promise((resolve) => {
      this.#answer = resolve
    })
    this.process.send(question)
    return answer
  }
}
