/** The first event of a file: TRACE_LOGFILE_HEADER. */
import type { Payload } from './payload.js'

export class TraceHeaderFields {
  build = 0
  processors = 0
  pointerSize = 0
  eventsLost = 0
  buffersLost = 0
  /** FILETIME, as two halves. */
  bootLow = 0
  bootHigh = 0
  startLow = 0
  startHigh = 0
}

const TIME_ZONE_BYTES = 172

/** Returns a FAULT. */
export function decodeTraceHeader(payload: Payload, fields: TraceHeaderFields): number {
  const start = payload.at
  payload.skip(8)
  fields.build = payload.u32()
  fields.processors = payload.u32()
  payload.skip(8 + 4 * 4 + 4)
  fields.pointerSize = payload.u32()
  fields.eventsLost = payload.u32()
  payload.skip(4)
  // The logger's, not those of this event.
  payload.skip(2 * (fields.pointerSize === 4 ? 4 : 8))
  payload.skip(TIME_ZONE_BYTES)
  payload.skip((8 - ((payload.at - start) % 8)) % 8)
  fields.bootLow = payload.u32()
  fields.bootHigh = payload.u32()
  payload.skip(8)
  fields.startLow = payload.u32()
  fields.startHigh = payload.u32()
  payload.skip(4)
  fields.buffersLost = payload.u32()
  return payload.fault
}
