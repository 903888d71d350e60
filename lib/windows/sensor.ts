/** The sensor on Windows: a source of trace sessions, a drain, and when which of them is asked. */
import { randomUUID } from 'node:crypto'
import { Acts } from '../acts.js'
import { nestedProcess } from '../build/process.js'
import { batchHandler, Consumer } from '../consumer.js'
import type { Coverage } from '../coverage.js'
import { EtwAtoms } from '../decode/etw/atoms.js'
import { EtwDecoder } from '../decode/etw/decoder.js'
import { Diagnostics } from '../diagnostics.js'
import { resolveEnvelope } from '../envelope.js'
import { KernelwireError } from '../errors.js'
import {
  type Delivered,
  type EventName,
  type EventRecord,
  type NestedProcess,
  SUPPORTED_ON_WINDOWS,
} from '../events/index.js'
import { PathFiles, pathKey } from '../identity/path-files.js'
import type { ResolvedOptions } from '../options.js'
import { EventIds } from '../process/event-ids.js'
import { STATE } from '../process/image.js'
import { Lineage } from '../process/lineage.js'
import { seedOf } from '../process/mixer.js'
import type { Sensor } from '../sensor.js'
import type { SensorStats } from '../stats.js'
import { EventStream } from '../stream.js'
import { WindowsDrain } from './drain.js'
import { resolveFilter } from './filter.js'
import { Inspector } from './inspector.js'
import { etwNative } from './native.js'
import { WindowsSource } from './source.js'
import { windowsStats } from './stats.js'

/** After a drain that found records, others gather for so long. */
const PAUSE_MS = 5
const IDLE_MS = 1_000
/** So long the end of the stream waits for what files were that were executed last. */
const CLOSING_MS = 1_000
/** A start whose program is not known yet waits so long for the rest. */
const START_WINDOW_MS = 2_000

export class WindowsSensor<N extends EventName> implements Sensor<N> {
  readonly #source: WindowsSource
  readonly #stream: EventStream
  readonly #drain: WindowsDrain
  readonly #inspector: Inspector | undefined
  readonly #ringBytes: number
  readonly #signal: AbortSignal | undefined
  readonly #consumer: Consumer<N>
  readonly #lineage: Lineage
  readonly #diagnostics: Diagnostics

  #feeding: Promise<void> = Promise.resolve()
  #detaching: Promise<void> | undefined
  #releasing: Promise<void> | undefined
  #isBusy = false
  #failure: unknown

  static async open<N extends EventName>(options: ResolvedOptions<N>): Promise<WindowsSensor<N>> {
    refuseWhatIsLinux(options)
    const filter = resolveFilter(options.filter)
    for (const name of options.events) requireOnWindows(name)
    const envelope = await resolveEnvelope(options.envelope)
    const source = await WindowsSource.open(options.events, options.ringBytes)
    try {
      options.signal?.throwIfAborted()
      const streamOptions = {
        events: options.events,
        extended: options.extended,
        envelope,
        ids: new EventIds(seedOf('kernelwire run', randomUUID())),
        atoms: { of: unnamed },
        allAccess: options.allAccess,
        filter,
      }
      const stream = new EventStream(streamOptions)
      const acts = new Acts(stream, streamOptions, options.correlation)
      // The time of creation tells boots apart.
      const atoms = new EtwAtoms(seedOf('kernelwire windows atom 1', etwNative().machineGuid()))
      const files = stream.identities && new PathFiles()
      const decoder = new EtwDecoder(stream, acts, atoms, START_WINDOW_MS, files)
      const sensor = new WindowsSensor<N>(source, stream, new WindowsDrain(source, stream, decoder), options)
      sensor.#start(options)
      return sensor
    } catch (error) {
      await source.close()
      throw error
    }
  }

  private constructor(
    source: WindowsSource,
    stream: EventStream,
    drain: WindowsDrain,
    { ringBytes, hashLimitBytes, signal }: ResolvedOptions<N>,
  ) {
    this.#source = source
    this.#stream = stream
    this.#drain = drain
    this.#inspector = this.#newInspector(hashLimitBytes)
    this.#ringBytes = ringBytes
    this.#signal = signal
    this.#consumer = new Consumer<N>({ next: () => this.#next(), release: () => this.#release() })
    this.#lineage = new Lineage(stream.processes)
    this.#diagnostics = new Diagnostics(this, stream)
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
    if (this.#detaching === undefined) {
      this.#detaching = this.#source.detach()
      if (!this.#consumer.hasBegun) await this.#release()
      // Whether a loop comes back for the rest is its own business: it must not keep the program running.
      else if (!this.#consumer.isWaiting) this.#source.unref()
    }
    await this.#detaching
    await this.#feeding
    await this.#releasing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  stats(): SensorStats {
    return windowsStats(this.#stream, this.#source.sessions(), this.#ringBytes)
  }

  processes(): NestedProcess[] {
    return [...this.#stream.processes.images()].filter(({ state }) => state === STATE.ANNOUNCED).map(nestedProcess)
  }

  process(atomOrPid: string | number): NestedProcess | undefined {
    return this.#lineage.process(atomOrPid)
  }

  ancestors(atom: string): NestedProcess[] {
    return this.#lineage.ancestors(atom)
  }

  async update(): Promise<void> {
    throw new KernelwireError(
      'ERR_OPTION',
      'what a live sensor on Windows is asked for cannot be changed so far; close it, and open another one',
    )
  }

  async dump(): Promise<void> {
    throw new KernelwireError('ERR_OPTION', 'there is nothing to dump: a live sensor on Windows keeps no recording')
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
    void this.#release()
  }

  /** The next batch; undefined at the end. */
  async #next(): Promise<Delivered<N>[] | undefined> {
    for (;;) {
      await this.#wait()
      if (this.#failure !== undefined) throw this.#failure
      if (this.#releasing !== undefined) return undefined
      this.#acceptFiles()
      const batch = this.#detaching === undefined ? this.#drain.run() : await this.#rest()
      if (batch.length === 0) continue
      this.#diagnostics.batch(batch)
      return batch as Delivered<N>[]
    }
  }

  /** Gives the program around it its turn, in any case. */
  async #wait(): Promise<void> {
    if (this.#failure !== undefined || this.#releasing !== undefined) return
    const isBusy = this.#isBusy
    this.#isBusy = true
    const isLast = this.#detaching !== undefined
    const hasMore = this.#drain.hasMore || this.#inspector?.hasResults
    if (!isBusy || isLast || hasMore) await new Promise((resolve) => setImmediate(resolve))
    else if (this.#drain.foundRecords) await this.#source.pause(PAUSE_MS)
    else await this.#source.waitForRecord(IDLE_MS, PAUSE_MS)
  }

  /** When the sessions have stopped: what is in the lanes, then what waited, then the end. */
  async #rest(): Promise<EventRecord[]> {
    await this.#detaching
    const batch = this.#drain.run()
    if (!this.#source.isDrained) return batch
    batch.push(...this.#drain.finish())
    await this.#inspector?.settle(CLOSING_MS)
    this.#acceptFiles()
    batch.push(...this.#stream.takeBatch())
    void this.#release()
    return batch
  }

  /** Files that were executed are read elsewhere; a loop that waits is woken for what was found out. */
  #newInspector(limitBytes: number): Inspector | undefined {
    const { identities } = this.#stream
    if (identities === undefined) return undefined
    const inspector = new Inspector(limitBytes, () => this.#source.interrupt())
    identities.keyOf = pathKey
    identities.onRequest = (request) => inspector.add(request)
    return inspector
  }

  #acceptFiles(): void {
    if (!this.#inspector?.hasResults) return
    for (const result of this.#inspector.takeResults()) this.#drain.accept(result)
  }

  #release(): Promise<void> {
    if (this.#releasing !== undefined) return this.#releasing
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#detaching ??= this.#source.detach()
    this.#releasing = this.#source.close()
    this.#inspector?.close()
    this.#diagnostics.closed()
    return this.#releasing
  }
}

function requireOnWindows(name: EventName): void {
  if ((SUPPORTED_ON_WINDOWS as readonly EventName[]).includes(name)) return
  throw new KernelwireError(
    'ERR_EVENT_UNSUPPORTED',
    `this version cannot produce ${name} on Windows; ask for any of ${SUPPORTED_ON_WINDOWS.join(', ')}`,
  )
}

/** What is built upon records of Linux so far. */
function refuseWhatIsLinux({ onRecord, record }: Pick<ResolvedOptions, 'onRecord' | 'record'>): void {
  for (const [name, value] of Object.entries({ onRecord, record })) {
    if (value === undefined) continue
    throw new KernelwireError('ERR_OPTION', `"${name}" works on Linux only so far; leave it out on Windows`)
  }
}

/** The decoder names every image before it is announced. */
function unnamed(): never {
  throw new Error('an image has no name')
}
