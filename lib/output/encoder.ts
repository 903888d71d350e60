/**
 * One event, one line of JSON: the text that JSON.stringify makes, in a third of its time.
 *
 * The envelope is the same on every event of a sensor, and many events share a nested process or the
 * start of a sensitive one: their text is made once. Concatenation copies nothing: V8 puts the text
 * together when it is written.
 */
import { type EventRecord, isEvent, type NestedProcess, type Routing } from '../events/index.js'

export type Line = (record: EventRecord) => string

/** Encodes for one output; without the newline. */
export function lineEncoder(): Line {
  const encoder = new LineEncoder()
  return (record) => encoder.line(record)
}

class LineEncoder {
  readonly #envelope = new EnvelopeText()
  readonly #nested = new FrozenTexts<NestedProcess>((process) => JSON.stringify(process))
  readonly #evidence = new FrozenTexts<EventRecord>((record) => this.line(record))

  line(record: EventRecord): string {
    return `${this.#envelope.routing(record.routing)}${this.#body(record)}}`
  }

  /** The bodies that are most of a stream, and those that nest others; `extended` adds to them. */
  #body(record: EventRecord): string {
    if (isEvent(record, 'REMOTE_PROCESS_HANDLE')) {
      return this.#partiesText(`{"ACCESS_FLAGS":${record.event.ACCESS_FLAGS}`, record.event)
    }
    if (isEvent(record, 'NEW_REMOTE_THREAD')) {
      return this.#partiesText(`{"THREAD_ID":${record.event.THREAD_ID}`, record.event)
    }
    if (isEvent(record, 'SENSITIVE_PROCESS_ACCESS') || isEvent(record, 'THREAD_INJECTION')) {
      return this.#findingText(record.event)
    }
    if (record.event.SEQUENCE !== undefined) return JSON.stringify(record.event)
    if (isEvent(record, 'TERMINATE_PROCESS')) return terminateText(record.event)
    if (isEvent(record, 'NEW_PROCESS') || isEvent(record, 'EXISTING_PROCESS')) {
      return processText(record.event, this.#nested)
    }
    if (isEvent(record, 'MODULE_LOAD')) return moduleText(record.event)
    return JSON.stringify(record.event)
  }

  /** The keys of lib/build/access.ts, in its order. `first`: the key that only this event has. */
  #partiesText(first: string, event: Upon): string {
    let text = `${first},"PARENT_PROCESS_ID":${event.PARENT_PROCESS_ID},"PROCESS_ID":${event.PROCESS_ID}`
    if (event.SOURCE !== undefined) text += `,"SOURCE":${this.#nested.of(event.SOURCE, event.SOURCE.PROCESS_ID)}`
    if (event.TARGET !== undefined) text += `,"TARGET":${this.#nested.of(event.TARGET, event.TARGET.PROCESS_ID)}`
    if (event.DENIED !== undefined) text += `,"DENIED":${event.DENIED}`
    if (event.SEQUENCE !== undefined) text += `,"SEQUENCE":${event.SEQUENCE}`
    return `${text}}`
  }

  /** The keys of lib/acts.ts, in its order. */
  #findingText(event: Found): string {
    let text = '{"EVENTS":['
    for (let i = 0; i < event.EVENTS.length; i++) text += `${i === 0 ? '' : ','}${this.#evidenceText(event.EVENTS[i]!)}`
    text += ']'
    if (event.REPEATS !== undefined) text += `,"REPEATS":${event.REPEATS}`
    if (event.SEQUENCE !== undefined) text += `,"SEQUENCE":${event.SEQUENCE}`
    return `${text}}`
  }

  /** One start stands in many findings, every access in two at most. */
  #evidenceText(record: EventRecord): string {
    const isStart = isEvent(record, 'NEW_PROCESS') || isEvent(record, 'EXISTING_PROCESS')
    return isStart ? this.#evidence.of(record, record.event.PROCESS_ID) : this.line(record)
  }
}

interface Upon {
  PARENT_PROCESS_ID: number
  PROCESS_ID: number
  SOURCE?: NestedProcess
  TARGET?: NestedProcess
  DENIED?: number
  SEQUENCE?: number
}

interface Found {
  EVENTS: readonly EventRecord[]
  REPEATS?: number
  SEQUENCE?: number
}

type Ending = Extract<EventRecord, { routing: { event_type: 'TERMINATE_PROCESS' } }>['event']
type Loading = Extract<EventRecord, { routing: { event_type: 'MODULE_LOAD' } }>['event']
type Starting = Extract<EventRecord, { routing: { event_type: 'NEW_PROCESS' | 'EXISTING_PROCESS' } }>['event']

function terminateText(event: Ending): string {
  if (event.PARENT_PROCESS_ID === undefined) return JSON.stringify(event)
  return `{"PARENT_PROCESS_ID":${event.PARENT_PROCESS_ID},"TIMESTAMP":${event.TIMESTAMP},"PROCESS_ID":${event.PROCESS_ID}}`
}

/** The keys of lib/build/module.ts, in its order. */
function moduleText(event: Loading): string {
  let text = event.MEMORY_SIZE === undefined ? '{' : `{"MEMORY_SIZE":${event.MEMORY_SIZE},`
  text += `"PROCESS_ID":${event.PROCESS_ID}`
  if (event.FILE_PATH !== undefined) text += `,"FILE_PATH":${quoted(event.FILE_PATH)}`
  if (event.MODULE_NAME !== undefined) text += `,"MODULE_NAME":${quoted(event.MODULE_NAME)}`
  text += `,"TIMESTAMP":${event.TIMESTAMP}`
  if (event.BASE_ADDRESS !== undefined) text += `,"BASE_ADDRESS":${event.BASE_ADDRESS}`
  if (event.HASH !== undefined) text += `,"HASH":${quoted(event.HASH)}`
  if (event.TRUNCATED !== undefined) text += `,"TRUNCATED":${JSON.stringify(event.TRUNCATED)}`
  return `${text}}`
}

/** The keys of lib/build/process.ts, in its order. */
function processText(event: Starting, nested: FrozenTexts<NestedProcess>): string {
  let text = `{"PROCESS_ID":${event.PROCESS_ID},"PARENT_PROCESS_ID":${event.PARENT_PROCESS_ID}`
  if (event.FILE_PATH !== undefined) text += `,"FILE_PATH":${quoted(event.FILE_PATH)}`
  if (event.COMMAND_LINE !== undefined) text += `,"COMMAND_LINE":${quoted(event.COMMAND_LINE)}`
  if (event.BASE_ADDRESS !== undefined) text += `,"BASE_ADDRESS":${event.BASE_ADDRESS}`
  if (event.MEMORY_USAGE !== undefined) text += `,"MEMORY_USAGE":${event.MEMORY_USAGE}`
  if (event.THREADS !== undefined) text += `,"THREADS":${event.THREADS}`
  if (event.USER_NAME !== undefined) text += `,"USER_NAME":${quoted(event.USER_NAME)}`
  if (event.USER_ID !== undefined) text += `,"USER_ID":${event.USER_ID}`
  if (event.HASH !== undefined) text += `,"HASH":${quoted(event.HASH)}`
  if (event.FILE_IS_SIGNED !== undefined) text += `,"FILE_IS_SIGNED":${event.FILE_IS_SIGNED}`
  if (event.ORIGINAL_FILE_NAME !== undefined) text += `,"ORIGINAL_FILE_NAME":${quoted(event.ORIGINAL_FILE_NAME)}`
  const { CREATION_TIME } = event as { CREATION_TIME?: number }
  if (CREATION_TIME !== undefined) text += `,"CREATION_TIME":${CREATION_TIME}`
  text += `,"TIMESTAMP":${event.TIMESTAMP}`
  if (event.PARENT !== undefined) text += `,"PARENT":${nested.of(event.PARENT, event.PARENT.PROCESS_ID)}`
  if (event.TRUNCATED !== undefined) text += `,"TRUNCATED":${JSON.stringify(event.TRUNCATED)}`
  return `${text}}`
}

/** What JSON writes with an escape. */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/

function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`
}

/** `{"routing":{…},"event":` of one record after the other. */
class EnvelopeText {
  #of: Routing | undefined
  #text = ''

  routing(routing: Routing): string {
    if (this.#of === undefined || !isSameEnvelope(this.#of, routing)) this.#take(routing)
    const own = `"event_type":"${routing.event_type}","event_time":${routing.event_time},"event_id":"${routing.event_id}","this":"${routing.this}"`
    const parent = routing.parent === undefined ? '' : `,"parent":"${routing.parent}"`
    const { target: on } = routing as { target?: string }
    const target = on === undefined ? '' : `,"target":"${on}"`
    return `${this.#text}${own}${parent}${target}},"event":`
  }

  #take(routing: Routing): void {
    this.#of = routing
    const { oid, iid, sid, did, hostname, ext_ip, int_ip, plat, arch, moduleid, tags } = routing
    const envelope = { oid, iid, sid, did, hostname, ext_ip, int_ip, plat, arch, moduleid, tags }
    this.#text = `{"routing":${JSON.stringify(envelope).slice(0, -1)},`
  }
}

function isSameEnvelope(one: Routing, other: Routing): boolean {
  return (
    one.oid === other.oid &&
    one.iid === other.iid &&
    one.sid === other.sid &&
    one.did === other.did &&
    one.hostname === other.hostname &&
    one.ext_ip === other.ext_ip &&
    one.int_ip === other.int_ip &&
    one.plat === other.plat &&
    one.arch === other.arch &&
    one.moduleid === other.moduleid &&
    one.tags === other.tags
  )
}

/** A power of two. */
const TEXTS_KEPT = 1_024
/** An attacker chooses how long an argument is: all texts that are kept come to 8 MiB at most, or 16 beyond Latin-1. */
const KEPT_LENGTH = 8_192

/**
 * The texts of the latest frozen objects, in slots by the number of their process: what is frozen
 * keeps its text. A WeakMap would hold all of them, and costs the collector half as much again as all of
 * JSON.stringify where each object comes once; the slots cost a fifth there.
 */
class FrozenTexts<T extends object> {
  readonly #objects: (T | undefined)[] = new Array(TEXTS_KEPT).fill(undefined)
  readonly #texts: string[] = new Array(TEXTS_KEPT).fill('')
  readonly #make: (object: T) => string

  constructor(make: (object: T) => string) {
    this.#make = make
  }

  of(object: T, pid: number): string {
    const slot = pid & (TEXTS_KEPT - 1)
    if (this.#objects[slot] === object) return this.#texts[slot]!
    const text = this.#make(object)
    if (text.length <= KEPT_LENGTH && Object.isFrozen(object)) {
      this.#objects[slot] = object
      this.#texts[slot] = text
    }
    return text
  }
}
