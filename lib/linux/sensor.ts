/** The sensor on Linux: a source in the kernel, a drain, and when which of them is asked. */
import { nestedProcess } from '../build/process.js'
import { batchHandler, Consumer } from '../consumer.js'
import type { Coverage } from '../coverage.js'
import { Diagnostics } from '../diagnostics.js'
import { KernelwireError } from '../errors.js'
import type { Delivered, EventName, EventRecord, NestedProcess } from '../events/index.js'
import { needsDetails, type ResolvedFilter } from '../filter/process-filter.js'
import { Hasher } from '../identity/hasher.js'
import { native } from '../native.js'
import type { ResolvedOptions } from '../options.js'
import { STATE } from '../process/image.js'
import { Lineage } from '../process/lineage.js'
import { FlightRecorder } from '../recording/flight-recorder.js'
import type { Sensor } from '../sensor.js'
import { type SensorStats, statsOf } from '../stats.js'
import { closedRefusal, type SensorUpdate, validateUpdate } from '../update.js'
import { resolveFilter } from './filter.js'
import { type Mapping, openMapping } from './mapping.js'
import { asksFor } from './programs.js'
import { LinuxSource } from './source.js'
import { Updates, wantsFiles } from './updates.js'

/** After a drain that found records, others gather for so long. */
const PAUSE_MS = 5
/** So often a dump looks whether the ring is empty: on a machine that is never still it goes without. */
const CATCH_UP_TURNS = 50
/** How often an idle sensor looks at the counters: to wake up for it can cost a millisecond. */
const IDLE_MS = 10_000
/** How often it is looked whether the programs are still attached. */
const CHECK_MS = 10_000
/** So long the end of the stream waits for the hashes of what was executed last. */
const CLOSING_MS = 1_000

export class LinuxSensor<N extends EventName> implements Sensor<N> {
  readonly #source: LinuxSource
  readonly #mapping: Mapping
  readonly #hashLimitBytes: number
  readonly #updates: Updates
  #hasher: Hasher | undefined
  readonly #ringBytes: number
  readonly #signal: AbortSignal | undefined
  readonly #consumer: Consumer<N>
  readonly #lineage: Lineage
  readonly #diagnostics: Diagnostics

  #isDetached = false
  #checkedAt = performance.now()
  #isClosed = false
  /** After the first batch: how the next one is waited for. */
  #isBusy = false
  /** While only a record ends its wait. */
  #isAsleep = false
  /** While a record, or the end of a pause, ends its wait. */
  #isWaiting = false
  #snapshot: Promise<void> | undefined
  /** Until the callbacks have had the last batch. */
  #feeding: Promise<void> | undefined
  #failure: unknown
  #released: Promise<void> = Promise.resolve()

  static async open<N extends EventName>(options: ResolvedOptions<N>): Promise<LinuxSensor<N>> {
    const filter = await resolveFilter(options.filter)
    const kernelOptions = {
      ringBytes: options.ringBytes,
      asks: asksFor(options.events, options.extended, needsDetails(filter)),
    }
    const source = await LinuxSource.open(options.events, kernelOptions, options.allAccess)
    let fail: ((error: unknown) => void) | undefined
    const mapping = await openMapping(source, { ...options, filter }, (error) => fail?.(error)).catch((error) => {
      source.close()
      throw error
    })
    const sensor = new LinuxSensor<N>(source, mapping, options)
    fail = (error) => sensor.#fail(error)
    try {
      await sensor.#takeSnapshot()
      sensor.#requireRoot(filter)
      options.signal?.throwIfAborted()
      sensor.#start(options)
      return sensor
    } catch (error) {
      await sensor.#release().catch(() => {})
      throw error
    }
  }

  private constructor(source: LinuxSource, mapping: Mapping, options: ResolvedOptions<N>) {
    this.#source = source
    this.#mapping = mapping
    this.#hashLimitBytes = options.hashLimitBytes
    this.#updates = new Updates(source, mapping, () => !this.#isDetached)
    if (wantsFiles(options.events)) this.#findFiles()
    this.#ringBytes = options.ringBytes
    this.#signal = options.signal
    this.#consumer = new Consumer<N>({ next: () => this.#next(), release: () => this.#release() })
    this.#lineage = new Lineage(mapping.stream.processes)
    this.#diagnostics = new Diagnostics(this, mapping.stream)
  }

  get coverage(): Coverage {
    return this.#source.coverage
  }

  [Symbol.asyncIterator](): AsyncIterator<Delivered<N>[], undefined> {
    return this.#consumer.batches()
  }

  events(): AsyncGenerator<Delivered<N>, void, undefined> {
    return this.#consumer.events()
  }

  async close(): Promise<void> {
    if (this.#isDetached) return this.#end()
    this.#isDetached = true
    this.#source.detach()
    if (this.#consumer.isWaiting) this.#source.interrupt()
    // Whether a loop comes back for the rest is its own business: it must not keep the program running.
    else if (this.#consumer.hasBegun) this.#source.unref()
    else await this.#release()
    await this.#end()
  }

  async #end(): Promise<void> {
    await this.#feeding
    await this.#released
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  stats(): SensorStats {
    return statsOf(this.#mapping.stream, this.#source, this.#ringBytes)
  }

  processes(): NestedProcess[] {
    const images = [...this.#mapping.stream.processes.images()]
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
    if (this.#isDetached) throw closedRefusal()
    await this.#updates.make(resolved, ({ events }) => {
      if (wantsFiles(events)) this.#findFiles()
    })
    // A loop that sleeps is not to sleep over it.
    if (this.#isAsleep) this.#source.interrupt()
  }

  async dump(path: string, { force = false }: { force?: boolean } = {}): Promise<void> {
    const { recorder } = this.#mapping
    if (!(recorder instanceof FlightRecorder)) {
      throw new KernelwireError(
        'ERR_OPTION',
        'there is nothing to dump: open the sensor with record: { lastMs: 300_000 } to keep the last five minutes',
      )
    }
    await this.#catchUp()
    await recorder.dump(path, force)
  }

  /** What is in the ring has happened: a loop that only waits for more to gather takes it now. */
  async #catchUp(): Promise<void> {
    for (let turn = 0; turn < CATCH_UP_TURNS && this.#isWaiting && !this.#source.isDrained; turn++) {
      this.#source.interrupt()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  ref(): this {
    this.#source.ref()
    return this
  }

  unref(): this {
    this.#source.unref()
    return this
  }

  #start(options: ResolvedOptions<N>): void {
    this.#signal?.addEventListener('abort', this.#abort, { once: true })
    this.#diagnostics.opened()
    const handle = batchHandler(options)
    if (handle !== undefined) this.#feeding = this.#consumer.feed(handle, this.#signal)
  }

  readonly #abort = (): void => {
    this.#failure = this.#signal?.reason
    this.#release().catch(() => {})
  }

  /** The loop is told, at once. */
  #fail(error: unknown): void {
    this.#failure ??= error
    this.#source.interrupt()
  }

  /** The next batch; undefined at the end. */
  async #next(): Promise<Delivered<N>[] | undefined> {
    const { drain } = this.#mapping
    for (;;) {
      await this.#wait()
      this.#check()
      if (this.#failure !== undefined) {
        this.#release().catch(() => {})
        throw this.#failure
      }
      if (this.#isClosed) {
        await this.#released
        return undefined
      }
      this.#acceptFiles()
      const batch = this.#isDetached ? await this.#rest() : drain.run(native().bootMs())
      if (drain.wantsSnapshot) this.#reconcile()
      if (batch.length > 0) {
        this.#diagnostics.batch(batch)
        return batch as Delivered<N>[]
      }
    }
  }

  /** Gives the program around it its turn, in any case. */
  async #wait(): Promise<void> {
    if (this.#failure !== undefined || this.#isClosed) return
    const { drain, clock, recorder } = this.#mapping
    const isBusy = this.#isBusy
    this.#isBusy = true
    // A failure is told by #fail.
    await recorder?.ready()?.catch(() => {})
    if (!isBusy || this.#isDetached || drain.hasMore || this.#hasher?.hasResults) {
      await new Promise((resolve) => setImmediate(resolve))
    } else if (drain.foundRecords) {
      this.#isWaiting = true
      await this.#source.pause(PAUSE_MS)
      this.#isWaiting = false
    } else {
      this.#isWaiting = true
      this.#isAsleep = true
      await this.#source.waitForRecord(drain.waitMs(native().bootMs(), IDLE_MS))
      this.#isAsleep = false
      this.#isWaiting = false
      clock.adjust(native().bootToEpochMs())
    }
  }

  /** A sensor of which somebody has taken a part away must not go on as if nothing had happened. */
  #check(): void {
    const now = performance.now()
    if (this.#isDetached || now - this.#checkedAt < CHECK_MS) return
    this.#checkedAt = now
    this.#failure ??= this.#source.detachment()
  }

  /** After detaching: what is in the ring, then what waited, then the end. */
  async #rest(): Promise<EventRecord[]> {
    const { drain, stream } = this.#mapping
    const batch = drain.run(native().bootMs())
    if (!this.#source.isDrained) return batch
    batch.push(...drain.finish())
    await this.#hasher?.settle(CLOSING_MS)
    this.#acceptFiles()
    batch.push(...stream.takeBatch())
    this.#release().catch(() => {})
    return batch
  }

  /** Files that were executed are read elsewhere; an idle loop is woken for what was found out. */
  #findFiles(): void {
    if (this.#hasher !== undefined) return
    const hasher = new Hasher(this.#hashLimitBytes, () => {
      if (this.#isAsleep) this.#source.interrupt()
    })
    this.#mapping.stream.onFileRequest = (request) => hasher.add(request)
    this.#hasher = hasher
  }

  #acceptFiles(): void {
    if (!this.#hasher?.hasResults) return
    for (const result of this.#hasher.takeResults()) this.#mapping.drain.accept(result)
  }

  #reconcile(): void {
    this.#snapshot ??= this.#takeSnapshot()
      .catch((error) => {
        if (!this.#isClosed) this.#fail(error)
      })
      .finally(() => {
        this.#snapshot = undefined
      })
  }

  async #takeSnapshot(): Promise<void> {
    const { drain } = this.#mapping
    drain.expectSnapshot()
    const snapshot = await this.#source.takeSnapshot()
    if (!this.#isClosed) drain.addSnapshot(snapshot)
  }

  #requireRoot(filter: ResolvedFilter | undefined): void {
    const pid = filter?.subtreeOf
    if (pid === undefined || this.#mapping.stream.processes.ofPid(pid) !== undefined) return
    throw new KernelwireError('ERR_OPTION', `"subtreeOf" is ${pid}, but no such process runs; name one that does`)
  }

  /** Once; resolves when all that was recorded is written. */
  #release(): Promise<void> {
    if (this.#isClosed) return this.#released
    this.#isClosed = true
    this.#isDetached = true
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#source.close()
    this.#mapping.users.close()
    void this.#hasher?.close()
    this.#diagnostics.closed()
    this.#released = this.#finishRecording()
    this.#released.catch(() => {})
    return this.#released
  }

  async #finishRecording(): Promise<void> {
    await this.#mapping.recorder?.close().catch((error) => {
      if (this.#failure === undefined) throw error
    })
  }
}
