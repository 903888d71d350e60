/** openSensor(): the machine's events, live. */

import { randomUUID } from 'node:crypto'
import { Acts } from './acts.js'
import { nestedProcess } from './build/process.js'
import { EventClock } from './clock.js'
import type { Coverage } from './coverage.js'
import { Drain } from './drain.js'
import { resolveEnvelope } from './envelope.js'
import { KernelwireError } from './errors.js'
import type { DefaultEvent, Delivered, EventName, NestedProcess } from './events/index.js'
import { needsDetails, type ResolvedFilter } from './filter/process-filter.js'
import { Hasher } from './identity/hasher.js'
import { thisBoot } from './linux/boot.js'
import { resolveFilter } from './linux/filter.js'
import { wantsFor } from './linux/programs.js'
import { LinuxSource } from './linux/source.js'
import { thisMachine } from './machine.js'
import { native } from './native.js'
import { type ResolvedOptions, type SensorOptions, validate } from './options.js'
import { bootSeed, ImageAtoms } from './process/atom.js'
import { EventIds } from './process/event-ids.js'
import { STATE } from './process/image.js'
import { seedOf } from './process/mixer.js'
import { Users } from './process/users.js'
import { type SensorStats, statsOf } from './stats.js'
import { EventStream } from './stream.js'

/** After a drain that found records, others gather for so long. */
const PAUSE_MS = 5
/** How often an idle sensor looks at the counters: to wake up for it can cost a millisecond. */
const IDLE_MS = 10_000
/** So long the end of the stream waits for the hashes of what was executed last. */
const CLOSING_MS = 1_000

/**
 * The machine's events.
 *
 * Iterate it once, in batches; or give `onBatch`. A sensor keeps the program running until it is
 * closed, unless it is unref'd. Dropping out of the loop closes it.
 */
export interface Sensor<N extends EventName = EventName> extends AsyncIterable<Delivered<N>[]>, AsyncDisposable {
  /**
   * Takes everything out of the kernel; a loop that is under way gets what is still in the ring,
   * and then ends. onBatch has had all of it when the promise resolves. Any number of times.
   */
  close(): Promise<void>
  /** How many records came and what became of them. */
  stats(): SensorStats
  /** What is attached to the kernel, and what could not be. */
  readonly coverage: Coverage
  /** The processes that run now, as far as the events that were taken from the sensor say. */
  processes(): NestedProcess[]
  /** Keeps the program running while the sensor is open: the default. */
  ref(): this
  /** Lets the program end although the sensor is open. */
  unref(): this
}

/**
 * Attaches to the kernel and starts to collect.
 *
 * @throws KernelwireError with a stable `code`: ERR_OPTION and ERR_UNKNOWN_EVENT for what cannot
 * be asked for, ERR_EVENT_UNSUPPORTED, ERR_PLATFORM, ERR_NO_ADDON, ERR_PRIVILEGE, ERR_KERNEL,
 * ERR_NO_BTF and ERR_NOTHING_ATTACHED for what this machine does not allow. What the kernel refuses
 * of it is no error as long as something is left: see `coverage`.
 */
export async function openSensor<const N extends EventName = DefaultEvent>(
  options: SensorOptions<N> = {},
): Promise<Sensor<N>> {
  const resolved = validate(options)
  resolved.signal?.throwIfAborted()
  if (process.platform !== 'linux') {
    throw new KernelwireError('ERR_PLATFORM', `there are no live events on ${process.platform}; use Linux 5.8 or newer`)
  }
  const sensor = await LinuxSensor.open(resolved)
  return sensor as LinuxSensor<N>
}

class LinuxSensor<N extends EventName> implements Sensor<N> {
  readonly #source: LinuxSource
  readonly #stream: EventStream
  readonly #drain: Drain
  readonly #clock: EventClock
  readonly #users: Users
  readonly #hasher: Hasher | undefined
  readonly #ringBytes: number
  readonly #signal: AbortSignal | undefined

  #isTaken = false
  #hasBegun = false
  /** Batches that the loop waits for: the latest of them, and how many. */
  #latest: Promise<unknown> = Promise.resolve()
  #asked = 0
  #isDetached = false
  #isClosed = false
  /** After the first batch: how the next one is waited for. */
  #isBusy = false
  /** While only a record ends its wait. */
  #isAsleep = false
  #snapshot: Promise<void> | undefined
  /** Until onBatch has had the last batch. */
  #feeding: Promise<void> | undefined
  #failure: unknown

  static async open<N extends EventName>(options: ResolvedOptions<N>): Promise<LinuxSensor<N>> {
    const filter = await resolveFilter(options.filter)
    const source = await LinuxSource.open(options.events, {
      ringBytes: options.ringBytes,
      extended: options.extended || needsDetails(filter),
      environment: options.events.has('PROCESS_ENVIRONMENT'),
      wants: wantsFor(options.events),
    })
    try {
      const sensor = await LinuxSensor.#around(source, options, filter)
      await sensor.#takeSnapshot()
      sensor.#requireRoot(filter)
      options.signal?.throwIfAborted()
      sensor.#start(options)
      return sensor
    } catch (error) {
      source.close()
      throw error
    }
  }

  static async #around<N extends EventName>(
    source: LinuxSource,
    options: ResolvedOptions<N>,
    filter: ResolvedFilter | undefined,
  ): Promise<LinuxSensor<N>> {
    const { userName, bootToEpochMs, pageBytes } = native()
    const [machineId, boot, envelope, users] = await Promise.all([
      thisMachine.id(),
      thisBoot(bootToEpochMs()),
      resolveEnvelope(options.envelope),
      Users.open('/etc/passwd', userName),
    ])
    const clock = new EventClock(boot.bootToEpochMs)
    clock.adjust(bootToEpochMs())
    const streamOptions = {
      events: options.events,
      extended: options.extended,
      envelope,
      ids: new EventIds(seedOf('kernelwire run', randomUUID())),
      atoms: new ImageAtoms(bootSeed(machineId, boot.id), boot.bootToEpochMs),
      filter,
    }
    const stream = new EventStream(streamOptions)
    const acts = wantsFor(options.events) !== 0 ? new Acts(stream, streamOptions, options.correlation) : undefined
    const drain = new Drain(
      source,
      stream,
      { clock, users, pageBytes, files: stream.identities?.files, acts },
      options.forkWindowMs,
    )
    return new LinuxSensor<N>(source, stream, drain, clock, users, options)
  }

  private constructor(
    source: LinuxSource,
    stream: EventStream,
    drain: Drain,
    clock: EventClock,
    users: Users,
    options: ResolvedOptions<N>,
  ) {
    this.#source = source
    this.#stream = stream
    this.#drain = drain
    this.#clock = clock
    this.#users = users
    this.#hasher = this.#newHasher(options.hashLimitBytes)
    this.#ringBytes = options.ringBytes
    this.#signal = options.signal
  }

  get coverage(): Coverage {
    return this.#source.coverage
  }

  [Symbol.asyncIterator](): AsyncIterator<Delivered<N>[], undefined> {
    if (this.#isTaken) {
      throw new KernelwireError(
        'ERR_CONSUMED',
        'a sensor has one consumer, and this one has it already; open another sensor for another consumer',
      )
    }
    this.#isTaken = true
    return {
      next: async () => {
        const batch = await this.#ask()
        return batch === undefined ? { done: true, value: undefined } : { done: false, value: batch }
      },
      return: async () => {
        this.#release()
        return { done: true, value: undefined }
      },
    }
  }

  async close(): Promise<void> {
    if (this.#isDetached) return this.#feeding
    this.#isDetached = true
    this.#source.detach()
    if (this.#asked > 0) this.#source.interrupt()
    // Whether a loop comes back for the rest is its own business: it must not keep the program running.
    else if (this.#hasBegun) this.#source.unref()
    else this.#release()
    await this.#feeding
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  stats(): SensorStats {
    return statsOf(this.#stream, this.#source, this.#ringBytes)
  }

  processes(): NestedProcess[] {
    return [...this.#stream.processes.images()].filter(({ state }) => state === STATE.ANNOUNCED).map(nestedProcess)
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
    if (options.onBatch !== undefined) this.#feeding = this.#feed(options.onBatch)
  }

  readonly #abort = (): void => {
    this.#failure = this.#signal?.reason
    this.#release()
  }

  async #feed(onBatch: (batch: Delivered<N>[]) => void): Promise<void> {
    try {
      for await (const batch of this) onBatch(batch)
    } catch (error) {
      if (this.#signal?.aborted && error === this.#signal.reason) return
      // There is no loop of the caller's that could be told.
      process.nextTick(() => {
        throw error
      })
    }
  }

  /** One batch after the other, also when several are asked for at once. */
  #ask(): Promise<Delivered<N>[] | undefined> {
    this.#hasBegun = true
    this.#asked++
    const batch = this.#latest
      .then(() => this.#next())
      .finally(() => {
        this.#asked--
      })
    this.#latest = batch.catch(() => {})
    return batch
  }

  /** The next batch; undefined at the end. */
  async #next(): Promise<Delivered<N>[] | undefined> {
    for (;;) {
      await this.#wait()
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isClosed) return undefined
      this.#acceptFiles()
      const batch = this.#isDetached ? await this.#rest() : this.#drain.run(native().bootMs())
      if (this.#drain.wantsSnapshot) this.#reconcile()
      if (batch.length > 0) return batch as Delivered<N>[]
    }
  }

  /** Gives the program around it its turn, in any case. */
  async #wait(): Promise<void> {
    if (this.#failure !== undefined || this.#isClosed) return
    const isBusy = this.#isBusy
    this.#isBusy = true
    if (!isBusy || this.#isDetached || this.#drain.hasMore || this.#hasher?.hasResults) {
      await new Promise((resolve) => setImmediate(resolve))
    } else if (this.#drain.foundRecords) {
      await this.#source.pause(PAUSE_MS)
    } else {
      this.#isAsleep = true
      await this.#source.waitForRecord(this.#drain.waitMs(native().bootMs(), IDLE_MS))
      this.#isAsleep = false
      this.#clock.adjust(native().bootToEpochMs())
    }
  }

  /** After detaching: what is in the ring, then what waited, then the end. */
  async #rest(): Promise<Delivered<N>[]> {
    const batch = this.#drain.run(native().bootMs())
    if (!this.#source.isDrained) return batch as Delivered<N>[]
    batch.push(...this.#drain.finish())
    await this.#hasher?.settle(CLOSING_MS)
    this.#acceptFiles()
    batch.push(...this.#stream.takeBatch())
    this.#release()
    return batch as Delivered<N>[]
  }

  /** Files that were executed are read elsewhere; an idle loop is woken for what was found out. */
  #newHasher(limitBytes: number): Hasher | undefined {
    const { identities } = this.#stream
    if (identities === undefined) return undefined
    const hasher = new Hasher(limitBytes, () => {
      if (this.#isAsleep) this.#source.interrupt()
    })
    identities.onRequest = (request) => hasher.add(request)
    return hasher
  }

  #acceptFiles(): void {
    if (!this.#hasher?.hasResults) return
    for (const result of this.#hasher.takeResults()) this.#drain.accept(result)
  }

  #reconcile(): void {
    this.#snapshot ??= this.#takeSnapshot()
      .catch((error) => {
        if (this.#isClosed) return
        this.#failure = error
        this.#source.interrupt()
      })
      .finally(() => {
        this.#snapshot = undefined
      })
  }

  async #takeSnapshot(): Promise<void> {
    this.#drain.expectSnapshot()
    const snapshot = await this.#source.takeSnapshot()
    if (!this.#isClosed) this.#drain.addSnapshot(snapshot)
  }

  #requireRoot(filter: ResolvedFilter | undefined): void {
    const pid = filter?.subtreeOf
    if (pid === undefined || this.#stream.processes.ofPid(pid) !== undefined) return
    throw new KernelwireError('ERR_OPTION', `"subtreeOf" is ${pid}, but no such process runs; name one that does`)
  }

  #release(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isDetached = true
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#source.close()
    this.#users.close()
    void this.#hasher?.close()
  }
}
