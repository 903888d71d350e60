/** Listens to Windows: a source of trace sessions, a drain, and an inspector of files. */
import { randomUUID } from 'node:crypto'
import type { Backend, BackendOptions } from '../backend.js'
import { resolveEnvelope } from '../envelope.js'
import { KernelwireError } from '../errors.js'
import { type EventName, type EventRecord, SUPPORTED_ON_WINDOWS } from '../events/index.js'
import { LiveSensor } from '../live-sensor.js'
import type { ResolvedOptions } from '../options.js'
import { seedOf } from '../process/mixer.js'
import { JournaledWindowsDrain } from '../recording/journaled-etw.js'
import type { Recorder } from '../recording/recorder.js'
import { openRecorder } from '../recording/recorders.js'
import type { Sensor } from '../sensor.js'
import type { SensorStats } from '../stats.js'
import type { EventStream } from '../stream.js'
import { WindowsDrain } from './drain.js'
import { resolveFilter } from './filter.js'
import { Inspector } from './inspector.js'
import { type EtwMapping, newEtwMapping } from './mapping.js'
import { etwNative } from './native.js'
import { recordedOf } from './recorded.js'
import { WindowsSource } from './source.js'
import { windowsStats } from './stats.js'

/** After a drain that found records, others gather for so long. */
const PAUSE_MS = 5
const IDLE_MS = 1_000
/** Records that wait for others are looked at again after so long. */
const HELD_MS = 5

export async function openWindowsSensor<N extends EventName>(options: ResolvedOptions<N>): Promise<Sensor<N>> {
  const backend = await WindowsBackend.open(options)
  return new LiveSensor(backend, options)
}

class WindowsBackend implements Backend {
  readonly source: WindowsSource
  readonly stream: EventStream
  readonly drain: WindowsDrain
  readonly recorder: Recorder | undefined
  readonly files: Inspector | undefined
  readonly #ringBytes: number
  /** While only a record ends its wait. */
  #isAsleep = false
  #failure: unknown

  /** Throws a KernelwireError; no session is left then. */
  static async open(options: BackendOptions): Promise<WindowsBackend> {
    refuseWhatIsLinux(options)
    const filter = resolveFilter(options.filter)
    for (const name of options.events) requireOnWindows(name)
    const mappingOptions = {
      ...options,
      filter,
      envelope: await resolveEnvelope(options.envelope),
      runSeed: seedOf('kernelwire run', randomUUID()),
      // The time of creation tells boots apart.
      atomSeed: seedOf('kernelwire windows atom 1', etwNative().machineGuid()),
    }
    const source = await WindowsSource.open(options.events, options.ringBytes)
    try {
      options.signal?.throwIfAborted()
      const mapping = newEtwMapping(mappingOptions)
      let fail: ((error: unknown) => void) | undefined
      const recorded = recordedOf(source, mappingOptions, options)
      const recorder = options.record && (await openRecorder(options.record, recorded, (error) => fail?.(error)))
      const backend = new WindowsBackend(source, mapping, recorder, options)
      fail = (error) => backend.#fail(error)
      return backend
    } catch (error) {
      await source.close()
      throw error
    }
  }

  private constructor(
    source: WindowsSource,
    { stream, decoder }: EtwMapping,
    recorder: Recorder | undefined,
    { ringBytes, hashLimitBytes }: BackendOptions,
  ) {
    this.source = source
    this.stream = stream
    this.recorder = recorder
    this.drain =
      recorder === undefined
        ? new WindowsDrain(source, stream, decoder)
        : new JournaledWindowsDrain(source, stream, decoder, recorder.journal)
    this.files = this.#newInspector(hashLimitBytes)
    this.#ringBytes = ringBytes
  }

  run(): EventRecord[] {
    return this.drain.run(this.source.nowMs())
  }

  async wait(): Promise<void> {
    if (this.drain.foundRecords) return this.source.pause(PAUSE_MS)
    this.#isAsleep = true
    await this.source.waitForRecord(IDLE_MS, HELD_MS)
    this.#isAsleep = false
  }

  /** A session that somebody stops is started again: what fails is the recorder. */
  failure(): unknown {
    return this.#failure
  }

  stats(): SensorStats {
    return windowsStats(this.stream, this.source.sessions(), this.source.orphans, this.#ringBytes)
  }

  async update(): Promise<void> {
    throw new KernelwireError(
      'ERR_OPTION',
      'what a live sensor on Windows is asked for cannot be changed so far; close it, and open another one',
    )
  }

  detach(): Promise<void> {
    return this.source.detach()
  }

  async close(): Promise<void> {
    this.files?.close()
    await this.source.close()
  }

  /** The loop is told, at once. */
  #fail(error: unknown): void {
    this.#failure ??= error
    this.source.interrupt()
  }

  /** Files that were executed are read elsewhere; an idle loop is woken for what was found out. */
  #newInspector(limitBytes: number): Inspector | undefined {
    const { identities } = this.stream
    if (identities === undefined) return undefined
    const inspector = new Inspector(limitBytes, () => {
      if (this.#isAsleep) this.source.interrupt()
    })
    identities.onRequest = (request) => inspector.add(request)
    return inspector
  }
}

function requireOnWindows(name: EventName): void {
  if ((SUPPORTED_ON_WINDOWS as readonly EventName[]).includes(name)) return
  throw new KernelwireError(
    'ERR_EVENT_UNSUPPORTED',
    `this version cannot produce ${name} on Windows; ask for any of ${SUPPORTED_ON_WINDOWS.join(', ')}`,
  )
}

function refuseWhatIsLinux({ onRecord }: Pick<BackendOptions, 'onRecord'>): void {
  if (onRecord === undefined) return
  throw new KernelwireError('ERR_OPTION', '"onRecord" works on Linux only so far; leave it out on Windows')
}
