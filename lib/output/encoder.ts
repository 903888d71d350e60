/**
 * One event, one line of JSON: the text that JSON.stringify makes, in a third of its time.
 *
 * What is the same on every event of a sensor is made once, and so is the text of a PARENT, which
 * many events share. Concatenation copies nothing: the text is put together when it is written.
 */
import { type EventRecord, isEvent, type NestedProcess, type Routing } from '../events/index.js'

export type Line = (record: EventRecord) => string

/** Encodes for one output; without the newline. */
export function lineEncoder(): Line {
  const envelope = new EnvelopeText()
  const nested = new NestedTexts()
  return (record) => `${envelope.routing(record.routing)}${bodyText(record, nested)}}`
}

/** The bodies that are most of a stream; `extended` adds to them. */
function bodyText(record: EventRecord, nested: NestedTexts): string {
  if (record.event.SEQUENCE !== undefined) return JSON.stringify(record.event)
  if (isEvent(record, 'TERMINATE_PROCESS')) return terminateText(record.event)
  if (isEvent(record, 'NEW_PROCESS') || isEvent(record, 'EXISTING_PROCESS')) return processText(record.event, nested)
  if (isEvent(record, 'MODULE_LOAD')) return moduleText(record.event)
  return JSON.stringify(record.event)
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
function processText(event: Starting, nested: NestedTexts): string {
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
  if (event.PARENT !== undefined) text += `,"PARENT":${nested.of(event.PARENT)}`
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

/** Frozen objects keep their text: lib/build/process.ts makes one for each image. */
class NestedTexts {
  readonly #texts = new WeakMap<NestedProcess, string>()

  of(process: NestedProcess): string {
    const known = this.#texts.get(process)
    if (known !== undefined) return known
    const text = JSON.stringify(process)
    if (Object.isFrozen(process)) this.#texts.set(process, text)
    return text
  }
}
