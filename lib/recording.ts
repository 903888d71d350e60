/** openRecording(): what a sensor has seen, once more. Needs no privilege, no addon and not the machine that it comes from. */
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { nestedProcess } from './build/process.js'
import { batchHandler, Consumer, type Handlers } from './consumer.js'
import type { CorrelationOptions } from './correlate/correlator.js'
import { validateCorrelation } from './correlate/options.js'
import type { Coverage } from './coverage.js'
import { type EnvelopeOptions, validateEnvelope } from './envelope.js'
import { KernelwireError } from './errors.js'
import type { Delivered, EventName, EventRecord, NestedProcess } from './events/index.js'
import { given, isWritten, listOf, refusal, shown } from './given.js'
import { suggestion } from './nearest.js'
import { eventNames, handlers, isBoolean, isFunction, isSignal, namesOf } from './options.js'
import { STATE } from './process/image.js'
import { Lineage } from './process/lineage.js'
import type { OnRecord } from './raw-record.js'
import { MAGIC } from './recording/format.js'
import { FORMATS } from './recording/formats.js'
import { isPipe, peek } from './recording/pipes.js'
import type { Playback, RecordingFormat, RecordingInfo } from './recording/playback.js'
import type { Damage } from './recording/reader.js'
import { type Selection, selects, validateSelection } from './recording/selection.js'
import type { EventSource } from './sensor.js'
import type { SensorStats } from './stats.js'

/** What a recording of Windows (.etl) can be told: its events are made when it is read. Others have their own. */
export interface MappingOptions {
  /** Adds the fields that the document does not have. Default: false. */
  extended?: boolean | undefined
  /** What `routing` says about the machine, of which the recording does not know. */
  envelope?: EnvelopeOptions | undefined
  /** What SENSITIVE_PROCESS_ACCESS and THREAD_INJECTION are made of. */
  correlation?: CorrelationOptions | undefined
}

export interface RecordingOptions<N extends EventName = EventName> extends Selection, MappingOptions {
  /** Of the events that the recording has. LOSS_ACCOUNTING is delivered whether named or not. Default: all of them. */
  events?: readonly N[] | undefined
  /** How many times as fast as it happened. Default: as fast as it is taken. */
  speed?: number | undefined
  /** Waits for more where the recording is still written, until it is closed. Default: false. */
  follow?: boolean | undefined
  /** As openSensor() has them. */
  onBatch?: ((batch: Delivered<N>[]) => void) | undefined
  on?: Handlers<N> | undefined
  onRecord?: OnRecord | undefined
  signal?: AbortSignal | undefined
}

/** A recording is consumed as a sensor is, and ends. */
export interface Recording<N extends EventName = EventName> extends EventSource<N> {
  /** Who made it, when, of what. */
  readonly info: RecordingInfo
  /** What it lacks, as far as it was read; `isCut` says that it breaks off. */
  readonly damage: Readonly<Damage>
}

/**
 * Opens a recording: a file, or all files of one that was written in parts. What kind it is, its content says:
 * one of kernelwire (.kwr), or of Windows events (.etl). It can be a pipe; "-" is the standard input.
 *
 * @throws KernelwireError with a stable `code`: ERR_FILE_READ, ERR_RECORDING_FOREIGN,
 * ERR_RECORDING_VERSION, ERR_RECORDING_DAMAGED for what cannot be read; ERR_OPTION and
 * ERR_UNKNOWN_EVENT for what cannot be asked for.
 */
export async function openRecording<const N extends EventName = EventName>(
  paths: string | readonly string[],
  options: RecordingOptions<N> = {},
): Promise<Recording<N>> {
  const resolved = validate<N>(options)
  resolved.signal?.throwIfAborted()
  return PlayedRecording.open(filesOf(paths), resolved)
}

function filesOf(paths: unknown): readonly string[] {
  const files = listOf(typeof paths === 'string' ? [paths] : paths, isWritten)
  if (files === undefined) {
    throw refusal(`a recording is the name of a file, or an array of the names of its files, not ${shown(paths)}`)
  }
  if (files.length === 0) throw refusal('a recording is at least one file; name it')
  return files
}

const OPTION_NAMES = [
  'events',
  'pid',
  'sinceMs',
  'untilMs',
  'speed',
  'follow',
  'onBatch',
  'on',
  'onRecord',
  'extended',
  'envelope',
  'correlation',
  'signal',
] as const satisfies (keyof RecordingOptions)[]

function validate<N extends EventName>(options: unknown): RecordingOptions<N> {
  const read = given(options, OPTION_NAMES, {
    what: 'the options',
    example: '{ speed: 1 }',
    unknown: (name) => `no option is called "${name}"; ${suggestion(name, OPTION_NAMES)}`,
  })
  const { events, speed, extended, envelope, correlation } = read
  if (speed !== undefined && !(Number.isFinite(speed) && (speed as number) > 0)) {
    throw refusal(`"speed" must be a number above 0, not ${shown(speed)}`)
  }
  return {
    events: events === undefined ? undefined : (eventNames(events) as readonly N[]),
    ...validateSelection(read),
    speed: speed as number | undefined,
    follow: isBoolean('follow', read.follow),
    onBatch: isFunction('onBatch', 'an array of events', read.onBatch),
    on: handlers(read.on),
    onRecord: isFunction('onRecord', 'a record', read.onRecord),
    // Those that are not given are the recording's to say.
    extended: extended === undefined ? undefined : isBoolean('extended', extended),
    envelope: envelope === undefined ? undefined : validateEnvelope(envelope),
    correlation: correlation === undefined ? undefined : validateCorrelation(correlation),
    signal: isSignal(read.signal),
  }
}

/** As long as the longest head that a format asks for. */
const HEAD_BYTES = 4_096

/** Undefined for what no format knows. */
async function formatOf(path: string): Promise<RecordingFormat | undefined> {
  if (!(await isPipe(path))) {
    const head = await headOf(path)
    return FORMATS.find((one) => one.recognizes(head))
  }
  const head = await peek(path, MAGIC.length)
  return FORMATS.find((one) => one.recognizes(head)) ?? FORMATS.find((one) => one.isForOtherPipes)
}

async function headOf(path: string): Promise<Buffer> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    throw new KernelwireError('ERR_FILE_READ', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  } finally {
    await file?.close()
  }
}

class PlayedRecording<N extends EventName> implements Recording<N> {
  readonly #playback: Playback
  readonly #options: RecordingOptions<N>
  readonly #consumer: Consumer<N>
  readonly #lineage: Lineage
  readonly #wants: (record: EventRecord) => boolean
  readonly #pacing = new AbortController()
  #beganAt: { realMs: number; recordedMs: number } | undefined
  #isClosed = false
  #isReferenced = true

  static async open<N extends EventName>(
    paths: readonly string[],
    options: RecordingOptions<N>,
  ): Promise<PlayedRecording<N>> {
    const format = await formatOf(paths[0]!)
    if (format === undefined) {
      const known = FORMATS.map(({ name }) => `.${name}`).join(' or ')
      throw new KernelwireError(
        'ERR_RECORDING_FOREIGN',
        `${paths[0]} is no recording that this version knows: ${known}`,
      )
    }
    let isFollowing = options.follow === true
    options.signal?.addEventListener('abort', () => {
      isFollowing = false
    })
    const asked = options.events ?? namesOf(options.on)
    const playback = await format.open(paths, {
      events: asked === undefined ? undefined : new Set<EventName>(asked),
      onRecord: options.onRecord,
      extended: options.extended,
      envelope: options.envelope,
      correlation: options.correlation,
      isFollowing: () => isFollowing,
    })
    try {
      return new PlayedRecording(playback, options)
    } catch (error) {
      await playback.close()
      throw error
    }
  }

  private constructor(playback: Playback, options: RecordingOptions<N>) {
    this.#playback = playback
    this.#options = options
    this.#wants = selects(options.events ?? namesOf(options.on), options, playback.info)
    this.#consumer = new Consumer<N>({ next: () => this.#next(), release: () => this.close() })
    this.#lineage = new Lineage(playback.stream.processes)
    options.signal?.addEventListener('abort', () => void this.close(), { once: true })
    const handle = batchHandler<N>({ onBatch: options.onBatch, on: options.on })
    if (handle !== undefined) void this.#consumer.feed(handle, options.signal)
  }

  get info(): RecordingInfo {
    return this.#playback.info
  }

  get damage(): Readonly<Damage> {
    return this.#playback.damage
  }

  get coverage(): Coverage {
    return this.#playback.coverage
  }

  [Symbol.asyncIterator](): AsyncIterator<Delivered<N>[], undefined> {
    return this.#consumer.batches()
  }

  events(): AsyncGenerator<Delivered<N>, void, undefined> {
    return this.#consumer.events()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#pacing.abort()
    await this.#playback.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  stats(): SensorStats {
    return this.#playback.stats()
  }

  processes(): NestedProcess[] {
    const images = [...this.#playback.stream.processes.images()]
    return images.filter(({ state }) => state === STATE.ANNOUNCED).map(nestedProcess)
  }

  process(atomOrPid: string | number): NestedProcess | undefined {
    return this.#lineage.process(atomOrPid)
  }

  ancestors(atom: string): NestedProcess[] {
    return this.#lineage.ancestors(atom)
  }

  ref(): this {
    this.#isReferenced = true
    return this
  }

  unref(): this {
    this.#isReferenced = false
    return this
  }

  async #next(): Promise<Delivered<N>[] | undefined> {
    const { signal, speed } = this.#options
    for (;;) {
      signal?.throwIfAborted()
      if (this.#isClosed) return undefined
      const played = await this.#playback.next().catch((error) => {
        if (!this.#isClosed) throw error
        return undefined
      })
      signal?.throwIfAborted()
      if (played === undefined || this.#isClosed) break
      const batch = played.events.filter(this.#wants)
      if (batch.length === 0) continue
      if (speed !== undefined) await this.#pace(played.atMs, speed)
      return batch as Delivered<N>[]
    }
    await this.close()
    return undefined
  }

  /** Waits until it is time, as the recording has it. */
  async #pace(atMs: number, speed: number): Promise<void> {
    const now = performance.now()
    this.#beganAt ??= { realMs: now, recordedMs: atMs }
    const dueMs = this.#beganAt.realMs + (atMs - this.#beganAt.recordedMs) / speed
    const options = { signal: this.#pacing.signal, ref: this.#isReferenced }
    // A timer takes no more than 2^31 ms.
    if (dueMs > now) await delay(Math.min(dueMs - now, 2 ** 31 - 1), undefined, options).catch(() => {})
  }
}
