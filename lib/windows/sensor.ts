/** Listens to Windows: a source of trace sessions, a drain, and an inspector of files. */
import { randomUUID } from 'node:crypto'
import { Acts } from '../acts.js'
import type { Backend, BackendOptions } from '../backend.js'
import { EtwAtoms } from '../decode/etw/atoms.js'
import { EtwDecoder } from '../decode/etw/decoder.js'
import { resolveEnvelope } from '../envelope.js'
import { KernelwireError } from '../errors.js'
import { type EventName, type EventRecord, SUPPORTED_ON_WINDOWS } from '../events/index.js'
import { PathFiles, pathKey } from '../identity/path-files.js'
import { LiveSensor } from '../live-sensor.js'
import type { ResolvedOptions } from '../options.js'
import { EventIds } from '../process/event-ids.js'
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

const IDLE_MS = 1_000
/** Records that wait for others are looked at again after so long. */
const HELD_MS = 5
/** A start whose program is not known yet waits so long for the rest. */
const START_WINDOW_MS = 2_000

export async function openWindowsSensor<N extends EventName>(options: ResolvedOptions<N>): Promise<Sensor<N>> {
  const backend = await WindowsBackend.open(options)
  return new LiveSensor(backend, options)
}

class WindowsBackend implements Backend {
  readonly source: WindowsSource
  readonly stream: EventStream
  readonly drain: WindowsDrain
  readonly recorder = undefined
  readonly files: Inspector | undefined
  readonly #ringBytes: number
  /** While only a record ends its wait. */
  #isAsleep = false

  /** Throws a KernelwireError; no session is left then. */
  static async open(options: BackendOptions): Promise<WindowsBackend> {
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
      return new WindowsBackend(source, stream, new WindowsDrain(source, stream, decoder), options)
    } catch (error) {
      await source.close()
      throw error
    }
  }

  private constructor(
    source: WindowsSource,
    stream: EventStream,
    drain: WindowsDrain,
    { ringBytes, hashLimitBytes }: BackendOptions,
  ) {
    this.source = source
    this.stream = stream
    this.drain = drain
    this.files = this.#newInspector(hashLimitBytes)
    this.#ringBytes = ringBytes
  }

  run(): EventRecord[] {
    return this.drain.run()
  }

  async sleep(): Promise<void> {
    this.#isAsleep = true
    await this.source.waitForRecord(IDLE_MS, HELD_MS)
    this.#isAsleep = false
  }

  /** A session that somebody stops is started again. */
  failure(): undefined {
    return undefined
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

  /** Files that were executed are read elsewhere; an idle loop is woken for what was found out. */
  #newInspector(limitBytes: number): Inspector | undefined {
    const { identities } = this.stream
    if (identities === undefined) return undefined
    const inspector = new Inspector(limitBytes, () => {
      if (this.#isAsleep) this.source.interrupt()
    })
    identities.keyOf = pathKey
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

/** What is built upon records of Linux so far. */
function refuseWhatIsLinux({ onRecord, record }: Pick<BackendOptions, 'onRecord' | 'record'>): void {
  for (const [name, value] of Object.entries({ onRecord, record })) {
    if (value === undefined) continue
    throw new KernelwireError('ERR_OPTION', `"${name}" works on Linux only so far; leave it out on Windows`)
  }
}

/** The decoder names every image before it is announced. */
function unnamed(): never {
  throw new Error('an image has no name')
}
