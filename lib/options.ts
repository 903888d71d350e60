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
import { suggestion } from './nearest.js'
import type { OnRecord } from './raw-record.js'
import { type RecordOptions, type ResolvedRecordOptions, validateRecord } from './recording/options.js'

export const RING_BYTES_DEFAULT = 16 * 2 ** 20
/** The largest page size of any supported machine (arm64). */
export const RING_BYTES_MIN = 64 * 2 ** 10
export const RING_BYTES_MAX = 2 ** 30
export const HASH_LIMIT_BYTES_DEFAULT = 256 * 2 ** 20
export const HASH_LIMIT_BYTES_MAX = 2 ** 40
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
  checkNames(options)
  return {
    events: eventSet(options.events === undefined ? namesOf(options.on) : options.events),
    ringBytes: ringSize(options.ringBytes),
    extended: isBoolean('extended', options.extended),
    allAccess: isBoolean('allAccess', options.allAccess),
    forkWindowMs: milliseconds(options.forkWindowMs),
    hashLimitBytes: hashLimit(options.hashLimitBytes),
    envelope: validateEnvelope(options.envelope),
    filter: validateFilter(options.filter),
    correlation: validateCorrelation(options.correlation),
    onBatch: isFunction('onBatch', 'an array of events', options.onBatch),
    on: handlers(options.on),
    onRecord: isFunction('onRecord', 'a record', options.onRecord),
    record: validateRecord(options.record),
    signal: isSignal(options.signal),
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
  throw new KernelwireError('ERR_UNKNOWN_EVENT', `no event is called "${name}"; ${suggestion(name, EVENT_NAMES)}`)
}

function checkNames(options: object): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refusal('the options must be an object such as { extended: true }')
  }
  for (const name of Object.keys(options)) {
    if ((OPTION_NAMES as readonly string[]).includes(name)) continue
    throw refusal(`no option is called "${name}"; ${suggestion(name, OPTION_NAMES)}`)
  }
}

export function eventSet(events: readonly EventName[] = defaultEvents()): ReadonlySet<EventName> {
  if (!Array.isArray(events)) throw refusal(`"events" must be an array of event names such as ['NEW_PROCESS']`)
  if (events.length === 0)
    throw refusal('"events" is empty; name at least one event, or leave it out for the default ones')
  for (const name of events) requireEvent(String(name))
  return new Set([...events, 'LOSS_ACCOUNTING'])
}

function ringSize(bytes: number = RING_BYTES_DEFAULT): number {
  if (!Number.isInteger(bytes) || bytes < RING_BYTES_MIN || bytes > RING_BYTES_MAX) {
    throw refusal(
      `"ringBytes" must be a whole number from ${RING_BYTES_MIN} (64 KiB) to ${RING_BYTES_MAX} (1 GiB), not ${shown(bytes)}`,
    )
  }
  return 2 ** Math.ceil(Math.log2(bytes))
}

function milliseconds(ms: number = FORK_WINDOW_MS_DEFAULT): number {
  if (!Number.isInteger(ms) || ms < 0 || ms > FORK_WINDOW_MS_MAX) {
    throw refusal(
      `"forkWindowMs" must be a whole number of milliseconds from 0 to ${FORK_WINDOW_MS_MAX}, not ${shown(ms)}`,
    )
  }
  return ms
}

function hashLimit(bytes: number = HASH_LIMIT_BYTES_DEFAULT): number {
  if (!Number.isInteger(bytes) || bytes < 0 || bytes > HASH_LIMIT_BYTES_MAX) {
    throw refusal(
      `"hashLimitBytes" must be a whole number from 0 to ${HASH_LIMIT_BYTES_MAX} (1 TiB), not ${shown(bytes)}`,
    )
  }
  return bytes
}

function isBoolean(name: string, value = false): boolean {
  if (typeof value !== 'boolean') throw refusal(`"${name}" must be true or false, not ${shown(value)}`)
  return value
}

export function isFunction<F>(name: string, what: string, value: F): F {
  if (value !== undefined && typeof value !== 'function') {
    throw refusal(`"${name}" must be a function that takes ${what}, not ${shown(value)}`)
  }
  return value
}

export function handlers<H>(on: H): H {
  if (on === undefined) return on
  if (typeof on !== 'object' || on === null) throw refusal('"on" must be an object such as { NEW_PROCESS(record) {} }')
  for (const [name, handler] of Object.entries(on)) isFunction(`on.${requireEvent(name)}`, 'an event', handler)
  return on
}

function namesOf(on: object | undefined): EventName[] | undefined {
  const names = Object.keys(on ?? {})
  return names.length === 0 ? undefined : (names as EventName[])
}

export function isSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw refusal(`"signal" must be the signal of an AbortController, not ${shown(value)}`)
  }
  return value
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
