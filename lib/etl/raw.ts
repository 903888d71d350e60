/** One event of a recording as --raw has it: what its header says, whoever it is of. raw-lines.ts writes the same. */
import { FLAG, RECORD } from '../decode/etw/layout.js'
import type { Records } from '../records.js'
import { fileTimeText } from './file-time.js'
import { guidAt, NO_GUID, providerName } from './guid.js'
import { type SelfDescribed, selfDescribed } from './trace-logging.js'

export interface RawEvent {
  /** To the last 100 ns. */
  time: string
  cpu: number
  /** Of the thread that logged it; absent where its header has none. */
  pid?: number
  tid?: number
  /** A name, or a GUID in braces. */
  provider: string
  /** Of an event with a manifest; */
  id?: number
  /** of a classic one. */
  opcode?: number
  version: number
  /** Bytes of the payload. */
  size: number
  /** A later one came before it: the file did not allow more order. */
  late?: true
  /** The session lost events of this CPU before it. */
  behindLoss?: true
  /** The file has a hole before it. */
  behindDamage?: true
  /** Of one that describes itself (TraceLogging): its name, */
  event?: string
  /** and its payload. */
  fields?: SelfDescribed['fields']
  /** The payload makes no sense behind these. */
  fieldsCut?: true
}

export function rawEvent(records: Records, at: number): RawEvent {
  const { u8, u16, u32 } = records
  const flags = u16[(at + RECORD.flags) >>> 1]!
  const isClassic = (flags & FLAG.CLASSIC) !== 0
  const event: RawEvent = {
    time: fileTimeText(records, at + RECORD.time),
    cpu: u16[(at + RECORD.cpu) >>> 1]!,
  } as RawEvent
  if ((flags & FLAG.NO_THREAD) === 0) {
    event.pid = u32[(at + RECORD.pid) >>> 2]!
    event.tid = u32[(at + RECORD.tid) >>> 2]!
  }
  const described = (flags & FLAG.TRACE_LOGGING) === 0 ? undefined : selfDescribed(records, at)
  const name = nameOf(records, at)
  event.provider = name.startsWith('{') ? (described?.provider ?? name) : name
  if (isClassic) event.opcode = u8[at + RECORD.opcode]!
  else event.id = u16[(at + RECORD.id) >>> 1]!
  event.version = u8[at + RECORD.version]!
  event.size = u32[(at + RECORD.payload_length) >>> 2]!
  if ((flags & FLAG.LATE) !== 0) event.late = true
  if ((flags & FLAG.BEHIND_LOSS) !== 0) event.behindLoss = true
  if ((flags & FLAG.BEHIND_DAMAGE) !== 0) event.behindDamage = true
  if (described !== undefined) {
    event.event = described.event
    event.fields = described.fields
    if (described.isCut) event.fieldsCut = true
  }
  return event
}

/** The latest names, by the bytes of their GUIDs: most events are of few providers. */
const NAMES_MAX = 4_096
const names = new Map<string, string>()

function nameOf({ u8, u16 }: Records, at: number): string {
  const hook = u16[(at + RECORD.id) >>> 1]!
  const guid = u8.latin1Slice(at + RECORD.guid, at + RECORD.guid + 16)
  const known = names.get(guid)
  if (known !== undefined) return known
  const text = guidAt(u8, at + RECORD.guid)
  const name = providerName(text, hook)
  if (text === NO_GUID) return name
  if (names.size === NAMES_MAX) names.clear()
  names.set(guid, name)
  return name
}
