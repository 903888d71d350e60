/** Listens to Linux: a source in the kernel, a drain, and snapshots when something was lost. */

import type { Backend, BackendOptions } from '../backend.js'
import { KernelwireError } from '../errors.js'
import type { EventName, EventRecord } from '../events/index.js'
import { needsDetails, type ResolvedFilter } from '../filter/process-filter.js'
import { Hasher } from '../identity/hasher.js'
import { LiveSensor } from '../live-sensor.js'
import { native } from '../native.js'
import type { ResolvedOptions } from '../options.js'
import { Pace } from '../pace.js'
import type { Recorder } from '../recording/recorder.js'
import type { Sensor } from '../sensor.js'
import { type SensorStats, statsOf } from '../stats.js'
import type { EventStream } from '../stream.js'
import type { ResolvedUpdate } from '../update.js'
import { resolveCorrelation } from './correlation.js'
import { resolveFilter } from './filter.js'
import { type Mapping, openMapping } from './mapping.js'
import { asksFor } from './programs.js'
import { LinuxSource } from './source.js'
import { Updates, wantsFiles } from './updates.js'

/** How often an idle sensor looks at the counters: to wake up for it can cost a millisecond. */
const IDLE_MS = 10_000
/** So long after a record, an empty ring says that all before is there. */
const QUIET_MS = 5
/** How often it is looked whether the programs are still attached. */
const CHECK_MS = 10_000

export async function openLinuxSensor<N extends EventName>(options: ResolvedOptions<N>): Promise<Sensor<N>> {
  const backend = await LinuxBackend.open(options)
  return new LiveSensor(backend, options)
}

class LinuxBackend implements Backend {
  readonly source: LinuxSource
  readonly #mapping: Mapping
  readonly #hasher: BackendHasher
  readonly #ringBytes: number
  readonly #updates: Updates

  #isDetached = false
  #isClosed = false
  #checkedAt = performance.now()
  readonly #pace = new Pace()
  /** While only a record ends its wait. */
  #isAsleep = false
  #snapshot: Promise<void> | undefined
  #failure: unknown

  /** Throws a KernelwireError; nothing is left in the kernel then. */
  static async open(options: BackendOptions): Promise<LinuxBackend> {
    const [filter, correlation] = await Promise.all([
      resolveFilter(options.filter),
      resolveCorrelation(options.correlation),
    ])
    const kernelOptions = {
      ringBytes: options.ringBytes,
      asks: asksFor(options.events, options.extended, needsDetails(filter)),
    }
    const hasher = new BackendHasher(options)
    // Before anything is seen: its process is not a new one then.
    if (wantsFiles(options.events)) await hasher.start()
    const source = await LinuxSource.open(options.events, kernelOptions, options.allAccess).catch(async (error) => {
      await hasher.close()
      throw error
    })
    let fail: ((error: unknown) => void) | undefined
    const mapping = await openMapping(source, { ...options, filter, correlation }, (error) => fail?.(error)).catch(
      async (error) => {
        await source.close()
        await hasher.close()
        throw error
      },
    )
    const backend = new LinuxBackend(source, mapping, hasher, options)
    fail = (error) => backend.#fail(error)
    try {
      await backend.#takeSnapshot()
      backend.#requireRoot(filter)
      options.signal?.throwIfAborted()
      return backend
    } catch (error) {
      await backend.close()
      await mapping.recorder?.close().catch(() => {})
      throw error
    }
  }

  private constructor(source: LinuxSource, mapping: Mapping, hasher: BackendHasher, options: BackendOptions) {
    this.source = source
    this.#mapping = mapping
    this.#hasher = hasher
    hasher.onResult = () => this.#wake()
    mapping.stream.onFileRequest = (request) => hasher.files?.add(request)
    this.#ringBytes = options.ringBytes
    this.#updates = new Updates(source, mapping, () => !this.#isDetached)
  }

  get drain(): Mapping['drain'] {
    return this.#mapping.drain
  }

  get stream(): EventStream {
    return this.#mapping.stream
  }

  get recorder(): Recorder | undefined {
    return this.#mapping.recorder
  }

  get files(): Hasher | undefined {
    return this.#hasher.files
  }

  run(): EventRecord[] {
    const { drain } = this.#mapping
    const batch = drain.run(native().bootMs())
    if (!drain.hasMore) this.files?.drained()
    if (drain.wantsSnapshot) this.#reconcile()
    return batch
  }

  async wait(): Promise<void> {
    const { drain, clock } = this.#mapping
    const pauseMs = this.#pace.pauseMs(drain.found, performance.now())
    if (pauseMs > 0) return this.source.pause(pauseMs)
    this.#isAsleep = true
    await this.source.waitForRecord(drain.waitMs(native().bootMs(), drain.found > 0 ? QUIET_MS : IDLE_MS))
    this.#isAsleep = false
    clock.adjust(native().bootToEpochMs())
  }

  /** A sensor of which somebody has taken a part away must not go on as if nothing had happened. */
  failure(): unknown {
    const now = performance.now()
    if (!this.#isDetached && now - this.#checkedAt >= CHECK_MS) {
      this.#checkedAt = now
      this.#failure ??= this.source.detachment()
    }
    return this.#failure
  }

  stats(): SensorStats {
    return statsOf(this.#mapping.stream, this.source, this.#ringBytes)
  }

  async update(update: ResolvedUpdate): Promise<void> {
    await this.#updates.make(update, async ({ events }) => {
      if (wantsFiles(events)) await this.#hasher.start()
    })
    // A loop that sleeps is not to sleep over it.
    this.#wake()
  }

  async detach(): Promise<void> {
    this.#isDetached = true
    const detached = this.source.detach()
    this.source.interrupt()
    await detached
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#isDetached = true
    const closed = this.source.close()
    this.#mapping.users.close()
    await Promise.all([this.#hasher.close(), closed])
  }

  #wake(): void {
    if (this.#isAsleep) this.source.interrupt()
  }

  /** The loop is told, at once. */
  #fail(error: unknown): void {
    this.#failure ??= error
    this.source.interrupt()
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
    const snapshot = await this.source.takeSnapshot()
    if (!this.#isClosed) drain.addSnapshot(snapshot)
  }

  #requireRoot(filter: ResolvedFilter | undefined): void {
    const pid = filter?.subtreeOf
    if (pid === undefined || this.#mapping.stream.processes.ofPid(pid) !== undefined) return
    throw new KernelwireError('ERR_OPTION', `"subtreeOf" is ${pid}, but no such process runs; name one that does`)
  }
}

/** Who reads the files that were executed: there from when somebody asks for them. */
class BackendHasher {
  files: Hasher | undefined
  /** An idle loop is woken for what was found out. */
  onResult: () => void = () => {}

  readonly #options: BackendOptions
  #isClosed = false

  constructor(options: BackendOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    if (this.files !== undefined) return
    const { hashLimitBytes, hashBytesPerSecond, hashRemote } = this.#options
    const options = { limitBytes: hashLimitBytes, bytesPerSecond: hashBytesPerSecond, allowsRemote: hashRemote }
    const files = new Hasher(options, () => this.onResult())
    await files.start()
    if (this.#isClosed) await files.close()
    else this.files = files
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.files?.close()
  }
}
