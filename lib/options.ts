/**
 * What openSensor() can be told. Everything is checked before anything is started, and each
 * message says what to write instead.
 */
import type { Handlers } from './consumer.js'
import type { CorrelationOptions } from './correlate/correlator.js'
import { validateCorrelation } from './correlate/options.js'
import { type EnvelopeOptions, validateEnvelope } from './envelope.js'
import { KernelwireError } from './errors.js'
import {
  DEFAULT_EVENTS,
  type DefaultEvent,
  type Delivered,
  EVENT_NAMES,
  type EventName,
  isEventName,
  SUPPORTED_HERE,
} from './events/index.js'
import { type FilterOptions, validateFilter } from './filter/options.js'
import { entriesOf, given, isInstanceOf, refusal, shown } from './given.js'
import { suggestion } from './nearest.js'
import type { OnRecord } from './raw-record.js'
import { type RecordOptions, type ResolvedRecordOptions, validateRecord } from './recording/options.js'

export const RING_BYTES_DEFAULT = 16 * 2 ** 20
/** The largest page size of any supported machine (arm64). */
export const RING_BYTES_MIN = 64 * 2 ** 10
export const RING_BYTES_MAX = 2 ** 30
export const HASH_LIMIT_BYTES_DEFAULT = 256 * 2 ** 20
export const HASH_LIMIT_BYTES_MAX = 2 ** 40
export const HASH_RATE_DEFAULT = 128 * 2 ** 20
/** One that reads nothing would keep all files waiting for ever. */
export const HASH_RATE_MIN = 2 ** 20
export const HASH_RATE_MAX = 2 ** 40
export const FORK_WINDOW_MS_DEFAULT = 100
export const FORK_WINDOW_MS_MAX = 10_000

export interface SensorOptions<N extends EventName = DefaultEvent> {
  /** The events to deliver. LOSS_ACCOUNTING is delivered whether named or not. Default: DEFAULT_EVENTS. */
  events?: readonly N[] | undefined
  /** Size of the ring that holds what was not consumed yet; rounded up to a power of two. Default: 16 MiB. */
  ringBytes?: number | undefined
  /** Adds the fields that the document does not have. Default: false. */
  extended?: boolean | undefined
  /**
   * REMOTE_PROCESS_HANDLE also for access that neither reads nor writes memory nor creates threads; on Linux pidfd_open
   * and pidfd_getfd. Default: false.
   */
  allAccess?: boolean | undefined
  /** An exec this soon after its fork makes one NEW_PROCESS with it. Default: 100 ms. */
  forkWindowMs?: number | undefined
  /** Larger files are not hashed: their CODE_IDENTITY has ERROR 223. Default: 256 MiB. */
  hashLimitBytes?: number | undefined
  /**
   * Bytes that are read and hashed each second for each user, after a burst of 32 seconds' worth. Default: 128 MiB.
   * Not on Windows.
   */
  hashBytesPerSecond?: number | undefined
  /**
   * Whether files of networks and of file systems that are programs (FUSE) are hashed: their servers may not answer,
   * and may say something else to each reader. Otherwise their CODE_IDENTITY has ERROR 65. Default: false. Not on Windows.
   */
  hashRemote?: boolean | undefined
  /** What `routing` says about the sensor. */
  envelope?: EnvelopeOptions | undefined
  /** Delivers only events of some processes. Default: of all. */
  filter?: FilterOptions | undefined
  /** What SENSITIVE_PROCESS_ACCESS and THREAD_INJECTION are about. */
  correlation?: CorrelationOptions | undefined
  /** Called with each batch, instead of iterating. */
  onBatch?: ((batch: Delivered<N>[]) => void) | undefined
  /** Called with each event of a name, instead of iterating; unless `events` says otherwise, only these are delivered. */
  on?: Handlers<N> | undefined
  /** The raw view: called with each record of the kernel. It can be used only until the callback returns. */
  onRecord?: OnRecord | undefined
  /** Writes all that the events are made of into a file, to be replayed: see docs/recordings.md. */
  record?: string | RecordOptions | undefined
  /** Ends the sensor when aborted. */
  signal?: AbortSignal | undefined
}

export interface ResolvedOptions<N extends EventName = EventName> {
  /** LOSS_ACCOUNTING included. */
  events: ReadonlySet<EventName>
  /** A power of two. */
  ringBytes: number
  extended: boolean
  allAccess: boolean
  forkWindowMs: number
  hashLimitBytes: number
  hashBytesPerSecond: number
  hashRemote: boolean
  envelope: EnvelopeOptions
  filter: FilterOptions | undefined
  correlation: CorrelationOptions
  onBatch: ((batch: Delivered<N>[]) => void) | undefined
  on: Handlers<N> | undefined
  onRecord: OnRecord | undefined
  record: ResolvedRecordOptions | undefined
  signal: AbortSignal | undefined
}

export const OPTION_NAMES = [
  'events',
  'ringBytes',
  'extended',
  'allAccess',
  'forkWindowMs',
  'hashLimitBytes',
  'hashBytesPerSecond',
  'hashRemote',
  'envelope',
  'filter',
  'correlation',
  'onBatch',
  'on',
  'onRecord',
  'record',
  'signal',
] as const satisfies readonly (keyof SensorOptions)[]

export function validate<N extends EventName>(options: SensorOptions<N> = {}): ResolvedOptions<N> {
  const read = given(options, OPTION_NAMES, {
    what: 'the options',
    example: '{ extended: true }',
    unknown: (name) => `no option is called "${name}"; ${suggestion(name, OPTION_NAMES)}`,
  })
  const on = handlers<Handlers<N>>(read.on)
  return {
    events: eventSet(read.events === undefined ? namesOf(on) : read.events),
    ringBytes: ringSize(read.ringBytes),
    extended: isBoolean('extended', read.extended),
    allAccess: isBoolean('allAccess', read.allAccess),
    forkWindowMs: milliseconds(read.forkWindowMs),
    hashLimitBytes: hashLimit(read.hashLimitBytes),
    hashBytesPerSecond: hashRate(read.hashBytesPerSecond),
    hashRemote: isBoolean('hashRemote', read.hashRemote),
    envelope: validateEnvelope(read.envelope),
    filter: validateFilter(read.filter),
    correlation: validateCorrelation(read.correlation),
    onBatch: isFunction<(batch: Delivered<N>[]) => void>('onBatch', 'an array of events', read.onBatch),
    on,
    onRecord: isFunction<OnRecord>('onRecord', 'a record', read.onRecord),
    record: validateRecord(read.record),
    signal: isSignal(read.signal),
  }
}

/** Those of DEFAULT_EVENTS that there are on this system. */
function defaultEvents(): readonly EventName[] {
  const supported: readonly EventName[] = SUPPORTED_HERE
  return DEFAULT_EVENTS.filter((name) => supported.includes(name))
}

/** Throws unless an event has this name. */
export function requireEvent(name: string): EventName {
  if (isEventName(name)) return name
  throw new KernelwireError('ERR_UNKNOWN_EVENT', unknownEvent(name))
}

function unknownEvent(name: string): string {
  return `no event is called "${name}"; ${suggestion(name, EVENT_NAMES)}`
}

/** What is left out is what the platform delivers by default. */
export function eventSet(events: unknown = defaultEvents()): ReadonlySet<EventName> {
  const names = eventNames(events)
  if (names.length === 0)
    throw refusal('"events" is empty; name at least one event, or leave it out for the default ones')
  return new Set([...names, 'LOSS_ACCOUNTING'])
}

/** A copy. */
export function eventNames(events: unknown): readonly EventName[] {
  const names = entriesOf(events)
  if (names === undefined) {
    throw refusal(`"events" must be an array of event names such as ['NEW_PROCESS'], not ${shown(events)}`)
  }
  return names.map((name) => {
    if (typeof name === 'string') return requireEvent(name)
    throw refusal(`"events" must be an array of event names such as ['NEW_PROCESS'], and ${shown(name)} is none`)
  })
}

function ringSize(bytes: unknown = RING_BYTES_DEFAULT): number {
  if (!isWithin(bytes, RING_BYTES_MIN, RING_BYTES_MAX)) {
    throw refusal(
      `"ringBytes" must be a whole number from ${RING_BYTES_MIN} (64 KiB) to ${RING_BYTES_MAX} (1 GiB), not ${shown(bytes)}`,
    )
  }
  return 2 ** Math.ceil(Math.log2(bytes))
}

function milliseconds(ms: unknown = FORK_WINDOW_MS_DEFAULT): number {
  if (!isWithin(ms, 0, FORK_WINDOW_MS_MAX)) {
    throw refusal(
      `"forkWindowMs" must be a whole number of milliseconds from 0 to ${FORK_WINDOW_MS_MAX}, not ${shown(ms)}`,
    )
  }
  return ms
}

function hashRate(bytes: unknown = HASH_RATE_DEFAULT): number {
  if (!isWithin(bytes, HASH_RATE_MIN, HASH_RATE_MAX)) {
    throw refusal(
      `"hashBytesPerSecond" must be a whole number from ${HASH_RATE_MIN} (1 MiB) to ${HASH_RATE_MAX} (1 TiB), not ${shown(bytes)}`,
    )
  }
  return bytes
}

function hashLimit(bytes: unknown = HASH_LIMIT_BYTES_DEFAULT): number {
  if (!isWithin(bytes, 0, HASH_LIMIT_BYTES_MAX)) {
    throw refusal(
      `"hashLimitBytes" must be a whole number from 0 to ${HASH_LIMIT_BYTES_MAX} (1 TiB), not ${shown(bytes)}`,
    )
  }
  return bytes
}

/** A whole number. */
function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}

export function isBoolean(name: string, value: unknown = false): boolean {
  if (typeof value !== 'boolean') throw refusal(`"${name}" must be true or false, not ${shown(value)}`)
  return value
}

export function isFunction<F>(name: string, what: string, value: unknown): F | undefined {
  if (value !== undefined && typeof value !== 'function') {
    throw refusal(`"${name}" must be a function that takes ${what}, not ${shown(value)}`)
  }
  return value as F | undefined
}

export function handlers<H>(on: unknown): H | undefined {
  if (on === undefined) return undefined
  const read = given(on, EVENT_NAMES, {
    what: '"on"',
    example: '{ NEW_PROCESS(record) {} }',
    unknown: (name) => `"on" has a function for each event, and ${unknownEvent(name)}`,
  })
  for (const [name, handler] of Object.entries(read)) isFunction(`on.${name}`, 'an event', handler)
  return on as H
}

export function namesOf(on: object | undefined): EventName[] | undefined {
  const names = Object.keys(on ?? {})
  return names.length === 0 ? undefined : (names as EventName[])
}

export function isSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || isInstanceOf(value, AbortSignal)) return value
  throw refusal(`"signal" must be the signal of an AbortController, not ${shown(value)}`)
}
