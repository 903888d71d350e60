/** A sensor that delivers what a test gives it. */
import { batchHandler, Consumer } from '../consumer.js'
import type { Coverage } from '../coverage.js'
import { KernelwireError } from '../errors.js'
import type { DefaultEvent, Delivered, EventName, EventRecord, NestedProcess } from '../events/index.js'
import { type ResolvedOptions, type SensorOptions, validate } from '../options.js'
import type { Sensor } from '../sensor.js'
import type { SensorStats } from '../stats.js'
import { closedRefusal, type SensorUpdate, validateUpdate } from '../update.js'
import { fakeStats } from './fake-stats.js'
import { SeenProcesses } from './seen-processes.js'

/**
 * The face of a sensor, without a kernel behind it: takes the options of openSensor(), refuses what
 * that refuses, and delivers those of the given events that were asked for. `filter` and
 * `correlation` are checked only: what they would do is the script's to decide.
 *
 * @example
 * const sensor = new FakeSensor({ events: ['NEW_PROCESS'] })
 * sensor.deliver(buildEvent('NEW_PROCESS', { FILE_PATH: '/bin/sh' }))
 * await sensor.close() // a loop gets what was delivered, and ends
 */
export class FakeSensor<const N extends EventName = DefaultEvent> implements Sensor<N> {
  readonly coverage: Coverage = { attachments: [] }

  readonly #options: ResolvedOptions<N>
  readonly #consumer: Consumer<N>
  readonly #processes = new SeenProcesses()
  readonly #delivered = new Map<EventName, number>()
  #events: ReadonlySet<EventName>
  #batch: Delivered<N>[] = []
  #isOver = false
  #failure: { reason: unknown } | undefined
  /** Ends the wait for something to deliver. */
  #wake: (() => void) | undefined
  #feeding: Promise<void> | undefined

  constructor(options: SensorOptions<N> = {}) {
    const resolved = validate(options)
    this.#options = resolved
    this.#events = resolved.events
    resolved.signal?.throwIfAborted()
    this.#consumer = new Consumer<N>({
      next: () => this.#next(),
      release: async () => {
        this.#end()
        this.#batch = []
      },
    })
    resolved.signal?.addEventListener('abort', this.#abort, { once: true })
    const handle = batchHandler(resolved)
    if (handle !== undefined) this.#feeding = this.#consumer.feed(handle, resolved.signal)
  }

  /** Brings these events into the stream, those of them that were asked for. */
  deliver(...records: EventRecord[]): this {
    if (this.#isOver) throw new KernelwireError('ERR_CLOSED', 'the sensor is closed; it delivers nothing more')
    for (const record of records) {
      this.#processes.observe(record)
      const name = record.routing.event_type
      if (!this.#events.has(name)) continue
      this.#delivered.set(name, (this.#delivered.get(name) ?? 0) + 1)
      this.#batch.push(record as Delivered<N>)
    }
    this.#wake?.()
    return this
  }

  /** The loop fails with this, as that of a sensor does when its source breaks. */
  fail(reason: unknown): void {
    this.#failure ??= { reason }
    this.#end()
  }

  [Symbol.asyncIterator](): AsyncIterator<Delivered<N>[], undefined> {
    return this.#consumer.batches()
  }

  events(): AsyncGenerator<Delivered<N>, void, undefined> {
    return this.#consumer.events()
  }

  async close(): Promise<void> {
    this.#end()
    await this.#feeding
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  stats(): SensorStats {
    return fakeStats(this.#delivered, this.#processes.running().length, this.#options.ringBytes)
  }

  processes(): NestedProcess[] {
    return this.#processes.running()
  }

  process(atomOrPid: string | number): NestedProcess | undefined {
    return this.#processes.find(atomOrPid)
  }

  ancestors(atom: string): NestedProcess[] {
    return this.#processes.ancestors(atom)
  }

  /** Takes what update() of a sensor takes, and refuses what that refuses; `filter` is checked only. */
  async update(update: SensorUpdate<N>): Promise<void> {
    const { events } = validateUpdate(update)
    if (this.#isOver) throw closedRefusal()
    if (events !== undefined) this.#events = events
  }

  /** Refused: there are no records that could be written. */
  async dump(): Promise<void> {
    throw new KernelwireError('ERR_OPTION', 'a fake sensor has no records to dump; open a sensor with `record`')
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  readonly #abort = (): void => this.fail(this.#options.signal?.reason)

  async #next(): Promise<Delivered<N>[] | undefined> {
    while (this.#batch.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#failure !== undefined) throw this.#failure.reason
    const batch = this.#batch
    this.#batch = []
    return batch.length > 0 ? batch : undefined
  }

  #end(): void {
    this.#isOver = true
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#wake?.()
  }
}
