/** All that the mapping was told at the start: the first entry of a recording. */
import type { ResolvedCorrelation } from '../correlate/correlator.js'
import { validateCorrelation } from '../correlate/options.js'
import type { Coverage } from '../coverage.js'
import { type Envelope, isEnvelopeValue } from '../envelope.js'
import { EVENT_NAMES, type EventName, isEventName } from '../events/index.js'
import type { ResolvedFilter } from '../filter/process-filter.js'
import { isCount, isName, isObject, isText, isTime, isWord, parseJson } from './json.js'

export interface Meta {
  /** The version of kernelwire that wrote it. */
  version: string
  /** As uname(2) has it. */
  system: { platform: string; release: string; arch: string }
  /** Which records it has. etw: native/etw_record.h, and their clock is that of the day. Default: native/record.h. */
  layout?: 'etw' | undefined
  /** Milliseconds since 1970: when this part began. */
  beganMs: number
  /** How many parts were before it. */
  part: number
  options: MappingOptions
  envelope: Envelope
  /** Four words in hex: event ids come from it. */
  runSeed: string
  /** The atoms of this boot of this machine come from these. */
  bootSeed: string
  bootToEpochMs: number
  /** What was added to CLOCK_BOOTTIME for event times when this part began. */
  clockMs: number
  /** By the clock of the records: all from then on are in this part or in those behind it. */
  attachedMs: number
  pageBytes: number
  ringBytes: number
  coverage: Coverage
}

/** Every option on which it depends what a record becomes. */
export interface MappingOptions {
  events: readonly EventName[]
  extended: boolean
  allAccess?: boolean | undefined
  forkWindowMs: number
  filter?: ResolvedFilter | undefined
  correlation: ResolvedCorrelation
}

const SEED = /^[0-9a-f]{32}$/

export function encodeSeed(seed: Uint32Array): string {
  return Array.from(seed, (word) => word.toString(16).padStart(8, '0')).join('')
}

export function decodeSeed(text: string): Uint32Array {
  return Uint32Array.from({ length: 4 }, (_, i) => Number.parseInt(text.slice(8 * i, 8 * i + 8), 16))
}

/** Undefined for what no version of kernelwire could have written: a recording may come from anyone. */
export function parseMeta(json: string): Meta | undefined {
  const meta = parseJson(json)
  return isObject(meta) && isMeta(meta) ? { ...meta, envelope: frozen(meta.envelope) } : undefined
}

function isMeta(meta: Record<string, unknown>): meta is Record<string, unknown> & Meta {
  return (
    isName(meta.version) &&
    isSystem(meta.system) &&
    (meta.layout === undefined || meta.layout === 'etw') &&
    isOptions(meta.options) &&
    isEnvelope(meta.envelope) &&
    isCoverage(meta.coverage) &&
    isSeed(meta.runSeed) &&
    isSeed(meta.bootSeed) &&
    isCount(meta.part) &&
    isCount(meta.ringBytes) &&
    isPageSize(meta.pageBytes) &&
    [meta.beganMs, meta.bootToEpochMs, meta.clockMs, meta.attachedMs].every(isTime)
  )
}

function isOptions(value: unknown): value is MappingOptions {
  if (!isObject(value)) return false
  const { events, extended, allAccess, forkWindowMs, filter, correlation } = value
  return (
    isEvents(events) &&
    typeof extended === 'boolean' &&
    (allAccess === undefined || typeof allAccess === 'boolean') &&
    isWord(forkWindowMs) &&
    (filter === undefined || isFilter(filter)) &&
    isCorrelation(correlation)
  )
}

export function isEvents(value: unknown): value is EventName[] {
  return (
    Array.isArray(value) &&
    value.length <= EVENT_NAMES.length &&
    value.every((name) => typeof name === 'string' && isEventName(name))
  )
}

const FILTER_TEXTS = ['paths', 'excludePaths', 'cgroups', 'excludeCgroups', 'accounts', 'excludeAccounts'] as const
const FILTER_USERS = ['users', 'excludeUsers'] as const

export function isFilter(value: unknown): value is ResolvedFilter {
  if (!isObject(value)) return false
  const { self, subtreeOf, mountNamespace, hostNamespace } = value
  return (
    FILTER_TEXTS.every((key) => isListOf(isText, value[key])) &&
    FILTER_USERS.every((key) => isListOf(isWord, value[key])) &&
    [subtreeOf, mountNamespace, hostNamespace].every((number) => number === undefined || isWord(number)) &&
    (self === undefined || (isObject(self) && isWord(self.pid)))
  )
}

function isListOf(isOne: (value: unknown) => boolean, value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isOne))
}

function isCorrelation(value: unknown): boolean {
  if (!isObject(value)) return false
  const { hostNamespace, ...options } = value
  try {
    validateCorrelation(options)
    return hostNamespace === undefined || isWord(hostNamespace)
  } catch {
    return false
  }
}

const ENVELOPE_TEXTS = ['oid', 'iid', 'sid', 'did', 'hostname', 'ext_ip', 'int_ip', 'tags'] as const
const ENVELOPE_NUMBERS = ['plat', 'arch', 'moduleid'] as const

function isEnvelope(value: unknown): value is Envelope {
  return (
    isObject(value) &&
    ENVELOPE_TEXTS.every((name) => isEnvelopeValue(name, value[name])) &&
    ENVELOPE_NUMBERS.every((name) => isWord(value[name]))
  )
}

/** In the order of the document, whatever the order in the file. */
function frozen(envelope: Envelope): Envelope {
  const { oid, iid, sid, did, hostname, ext_ip, int_ip, plat, arch, moduleid, tags } = envelope
  const copy = { oid, iid, sid, did, hostname, ext_ip, int_ip, plat, arch, moduleid, tags: Object.freeze([...tags]) }
  return Object.freeze(copy)
}

const ATTACHMENT_TEXTS = ['cost', 'blindSpots', 'reason', 'remedy', 'details'] as const

export function isCoverage(value: unknown): value is Coverage {
  if (!isObject(value) || !Array.isArray(value.attachments)) return false
  return (
    areLimits(value.limits) &&
    value.attachments.every(
      (one) =>
        isObject(one) &&
        isName(one.program) &&
        isName(one.hook) &&
        typeof one.attached === 'boolean' &&
        isEvents(one.events) &&
        ATTACHMENT_TEXTS.every((name) => one[name] === undefined || isText(one[name])),
    )
  )
}

function areLimits(value: unknown): boolean {
  if (value === undefined) return true
  const isLimit = (one: unknown) => isObject(one) && isText(one.text) && isText(one.remedy) && isEvents(one.events)
  return Array.isArray(value) && value.every(isLimit)
}

function isSystem(value: unknown): boolean {
  return isObject(value) && [value.platform, value.release, value.arch].every(isName)
}

function isPageSize(value: unknown): boolean {
  return isWord(value) && value >= 4_096 && Number.isInteger(Math.log2(value))
}

function isSeed(value: unknown): boolean {
  return typeof value === 'string' && SEED.test(value)
}
