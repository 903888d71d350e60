/** A sensor in a process of its own, so that it can be stopped, killed and measured: apart.mjs. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { ErrorCode } from '../../lib/errors.js'
import type { EventName, EventRecord, NestedProcess } from '../../lib/events/index.js'
import type { SensorOptions } from '../../lib/options.js'
import type { SensorStats } from '../../lib/stats.js'
import { UNABLE, until } from './sensor.js'
import { cannotRun } from './skip.js'

const PROGRAM = fileURLToPath(new URL('apart.mjs', import.meta.url))

/** What ends a sensor: the loop's end, the process's, the worker thread's. */
export type Ending = 'close' | 'break' | 'abort' | 'exit' | 'terminate'

/** Of the loop or of opening. `reason`: null where it simply ended. */
interface End {
  reason: string | null
  code?: ErrorCode
}

type Message = 'open' | { events: EventRecord[] } | { answer: unknown } | { ended: End }

export type ApartOptions = Omit<SensorOptions<EventName>, 'signal' | 'onBatch'>

export interface Where {
  inWorker?: boolean
}

export class Apart {
  readonly events: EventRecord[] = []
  readonly process: ChildProcess
  isOpen = false
  ended: End | undefined

  #answer: ((answer: unknown) => void) | undefined

  /** Starts the process; its sensor is opened meanwhile. */
  static start(options: ApartOptions, { inWorker = false }: Where = {}): Apart {
    const child = fork(PROGRAM, [JSON.stringify({ options, inWorker })], { execArgv: [] })
    const apart = new Apart(child)
    onTestFinished(() => apart.kill())
    return apart
  }

  /** Skips the test where this machine cannot have a sensor. */
  static async open(options: ApartOptions, where: Where = {}): Promise<Apart> {
    const apart = Apart.start(options, where)
    await apart.until(() => apart.isOpen, 'the sensor is open')
    return apart
  }

  private constructor(child: ChildProcess) {
    this.process = child
    child.on('message', (message: Message) => {
      if (message === 'open') this.isOpen = true
      else if ('events' in message) this.events.push(...message.events)
      else if ('ended' in message) this.ended = message.ended
      else this.#answer?.(message.answer)
    })
  }

  get pid(): number {
    return this.process.pid!
  }

  get hasExited(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  /** Of a sensor that is open or will be. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await until(() => this.hasExited || this.ended !== undefined || condition(), what)
    if (this.ended?.code !== undefined && UNABLE.includes(this.ended.code)) cannotRun(this.ended.reason ?? '')
    if (!condition())
      throw new Error(`it will never be so that ${what}: ${this.ended?.reason ?? 'the process is gone'}`)
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

  /** Until every thread of the process stands still. */
  async stop(): Promise<void> {
    this.process.kill('SIGSTOP')
    const tasks = `/proc/${this.pid}/task`
    const isStopped = (tid: string) => /^State:\s+T/m.test(readFileSync(`${tasks}/${tid}/status`, 'utf8'))
    await until(() => readdirSync(tasks).every(isStopped), 'every thread has stopped')
  }

  continue(): void {
    this.process.kill('SIGCONT')
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
