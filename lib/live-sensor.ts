/** A live sensor: its one consumer, and when what listens to the system is asked for more. */
import type { Backend } from './backend.js'
import { nestedProcess } from './build/process.js'
import { batchHandler, Consumer } from './consumer.js'
import type { Coverage } from './coverage.js'
import { Diagnostics } from './diagnostics.js'
import { KernelwireError } from './errors.js'
import type { Delivered, EventName, EventRecord, NestedProcess } from './events/index.js'
import type { ResolvedOptions } from './options.js'
import { STATE } from './process/image.js'
import { Lineage } from './process/lineage.js'
import { FlightRecorder } from './recording/flight-recorder.js'
import { validateDump } from './recording/options.js'
import type { Sensor } from './sensor.js'
import type { SensorStats } from './stats.js'
import { closedRefusal, type SensorUpdate, validateUpdate } from './update.js'

/** So often a dump looks whether all was taken: on a machine that is never still it goes without. */
const CATCH_UP_TURNS = 50
/** So long the end of the stream waits for what is found out about the files that were executed last. */
const CLOSING_MS = 1_000

export class LiveSensor<N extends EventName> implements Sensor<N> {
  readonly #backend: Backend
  readonly #signal: AbortSignal | undefined
  readonly #consumer: Consumer<N>
  readonly #lineage: Lineage
  readonly #diagnostics: Diagnostics

  /** After the first batch: how the next one is waited for. */
  #isBusy = false
  /** While a record, or the end of a pause, ends its wait. */
  #isWaiting = false
  /** Until the callbacks have had the last batch. */
  #feeding: Promise<void> | undefined
  #failure: unknown
  #detached: Promise<void> | undefined
  #released: Promise<void> | undefined

  constructor(backend: Backend, options: Pick<ResolvedOptions<N>, 'signal' | 'onBatch' | 'on'>) {
    this.#backend = backend
    this.#signal = options.signal
    this.#consumer = new Consumer<N>({ next: () => this.#next(), release: () => this.#release() })
    this.#lineage = new Lineage(backend.stream.processes)
    this.#diagnostics = new Diagnostics(this, backend.stream)
    this.#signal?.addEventListener('abort', this.#abort, { once: true })
    this.#diagnostics.opened()
    if (this.#signal?.aborted) this.#abort()
    const handle = batchHandler(options)
    if (handle !== undefined) this.#feeding = this.#consumer.feed(handle, this.#signal)
  }

  get coverage(): Coverage {
    return this.#backend.source.coverage
  }

  [Symbol.asyncIterator](): AsyncIterator<Delivered<N>[], undefined> {
    return this.#consumer.batches()
  }

  events(): AsyncGenerator<Delivered<N>, void, undefined> {
    return this.#consumer.events()
  }

  async close(): Promise<void> {
    if (this.#detached === undefined) {
      this.#detached = this.#backend.detach()
      if (!this.#consumer.hasBegun) await this.#release()
      // Whether a loop comes back for the rest is its own business: it must not keep the program running.
      else if (!this.#consumer.isWaiting) this.#backend.source.unref()
    }
    await this.#detached
    await this.#feeding
    await this.#released
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  stats(): SensorStats {
    return this.#backend.stats()
  }

  processes(): NestedProcess[] {
    const images = [...this.#backend.stream.processes.images()]
    return images.filter(({ state }) => state === STATE.ANNOUNCED).map(nestedProcess)
  }

  process(atomOrPid: string | number): NestedProcess | undefined {
    return this.#lineage.process(atomOrPid)
  }

  ancestors(atom: string): NestedProcess[] {
    return this.#lineage.ancestors(atom)
  }

  async update(update: SensorUpdate<N>): Promise<void> {
    const resolved = validateUpdate(update)
    if (this.#detached !== undefined) throw closedRefusal()
    await this.#backend.update(resolved)
  }

  async dump(path: string, options: { force?: boolean } = {}): Promise<void> {
    const asked = validateDump(path, options)
    const { recorder } = this.#backend
    if (!(recorder instanceof FlightRecorder)) {
      throw new KernelwireError(
        'ERR_OPTION',
        'there is nothing to dump: open the sensor with record: { lastMs: 300_000 } to keep the last five minutes',
      )
    }
    await this.#catchUp()
    await recorder.dump(asked.path, asked.force)
  }

  ref(): this {
    this.#backend.source.ref()
    return this
  }

  unref(): this {
    this.#backend.source.unref()
    return this
  }

  /** What is there to be read has happened: a loop that only waits for more to gather takes it now. */
  async #catchUp(): Promise<void> {
    const { source } = this.#backend
    for (let turn = 0; turn < CATCH_UP_TURNS && this.#isWaiting && !source.isDrained; turn++) {
      source.interrupt()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  readonly #abort = (): void => {
    this.#failure = this.#signal?.reason
    this.#release().catch(() => {})
  }

  /** The next batch; undefined at the end. */
  async #next(): Promise<Delivered<N>[] | undefined> {
    for (;;) {
      if (this.#failure === undefined && this.#released === undefined) await this.#wait()
      this.#failure ??= this.#backend.failure()
      if (this.#failure !== undefined) {
        this.#release().catch(() => {})
        throw this.#failure
      }
      if (this.#released !== undefined) {
        await this.#released
        return undefined
      }
      this.#acceptFiles()
      const batch = this.#detached === undefined ? this.#backend.run() : await this.#rest()
      if (batch.length > 0) {
        this.#diagnostics.batch(batch)
        return batch as Delivered<N>[]
      }
    }
  }

  /** Gives the program around it its turn, in any case. */
  async #wait(): Promise<void> {
    const { drain, recorder, files } = this.#backend
    const isBusy = this.#isBusy
    this.#isBusy = true
    // That writing failed is told as a failure of the sensor.
    await recorder?.ready()?.catch(() => {})
    if (!isBusy || this.#detached !== undefined || drain.hasMore || files?.hasResults) {
      await new Promise((resolve) => setImmediate(resolve))
      return
    }
    this.#isWaiting = true
    await this.#backend.wait()
    this.#isWaiting = false
  }

  /** After detaching: what is there to be read, then what waited, then the end. */
  async #rest(): Promise<EventRecord[]> {
    const { source, drain } = this.#backend
    await this.#detached
    const batch = this.#backend.run()
    if (!source.isDrained) return batch
    batch.push(...drain.finish())
    await this.#backend.files?.settle(CLOSING_MS)
    this.#acceptFiles()
    batch.push(...drain.closeFiles())
    this.#release().catch(() => {})
    return batch
  }

  #acceptFiles(): void {
    const { drain, files } = this.#backend
    if (!files?.hasResults) return
    for (const result of files.takeResults()) drain.accept(result)
  }

  /** Once; resolves when all that was recorded is written. */
  #release(): Promise<void> {
    if (this.#released !== undefined) return this.#released
    this.#detached ??= Promise.resolve()
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#released = this.#shut()
    this.#released.catch(() => {})
    this.#diagnostics.closed()
    return this.#released
  }

  async #shut(): Promise<void> {
    await this.#backend.close()
    await this.#backend.recorder?.close().catch((error) => {
      if (this.#failure === undefined) throw error
    })
  }
}
