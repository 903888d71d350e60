/**
 * Lines of --raw, as bytes: each event of each provider, millions of them. What is the same in all
 * events of a kind is made once; the rest is digits. Must say what raw.ts says.
 */
import { FLAG, RECORD } from '../decode/etw/layout.js'
import { csvField } from '../output/csv-field.js'
import type { Records } from '../records.js'
import { guidAt, providerName } from './guid.js'
import { type SelfDescribed, selfDescribed } from './trace-logging.js'

export const RAW_FORMATS = ['json', 'csv'] as const
export type RawFormat = (typeof RAW_FORMATS)[number]

/** Which events are listed. Of several words one must fit, of each kind of words one. */
export interface RawFilter {
  /** Names or GUIDs, in lower case, without braces. */
  providers?: ReadonlySet<string> | undefined
  /** Of events with a manifest; of classic ones, opcodes. */
  ids?: ReadonlySet<number> | undefined
  /** Of the process that logged it. */
  pid?: number | undefined
  sinceMs?: number | undefined
  untilMs?: number | undefined
}

const COLUMNS =
  'time,cpu,pid,tid,provider,id,opcode,version,size,late,behindLoss,behindDamage,event,fields,fieldsCut\r\n'

/** A line without what its program wrote is shorter. */
const LINE_MAX = 1_024
const BYTES = 2 ** 18
const KINDS = 4_096

const WORD = 2 ** 32
const UNITS_PER_MS = 10_000
const UNITS_PER_SECOND = 10_000_000
const EPOCH_MS = 11_644_473_600_000
const [ZERO, COMMA, NEW_LINE, RETURN, BRACE] = [0x30, 0x2c, 0x0a, 0x0d, 0x7d]

/** Events that have this in common have the same words between their digits. */
interface Kind {
  guid: [number, number, number, number]
  /** id, opcode, version */
  numbers: number
  flags: number
  /** Between the numbers of the thread and the size. */
  middle: Buffer
  isListed: boolean
}

export class RawLines {
  readonly #isCsv: boolean
  readonly #filter: RawFilter
  readonly #kinds: (Kind | undefined)[] = new Array(KINDS)
  readonly #before: readonly Buffer[]
  #bytes = Buffer.allocUnsafeSlow(BYTES)
  #used = 0
  #second = Number.NaN
  readonly #date = Buffer.alloc(20)

  constructor(format: RawFormat, filter: RawFilter = {}) {
    this.#isCsv = format === 'csv'
    this.#filter = filter
    const texts = this.#isCsv ? ['', 'Z,', ',', ','] : ['{"time":"', 'Z","cpu":', ',"pid":', ',"tid":']
    this.#before = texts.map((text) => Buffer.from(text))
    if (this.#isCsv) this.#put(Buffer.from(COLUMNS))
  }

  /** Whether the lines so far are enough for a write. */
  get isFull(): boolean {
    return this.#used > BYTES - LINE_MAX
  }

  /** The lines since the last time; they stay as they are. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#used)
    this.#bytes = Buffer.allocUnsafeSlow(BYTES)
    this.#used = 0
    return taken
  }

  /** False where it is not listed. */
  add(records: Records, at: number): boolean {
    const { u16, u32 } = records
    const flags = u16[(at + RECORD.flags) >>> 1]!
    const kind = this.#kindOf(records, at, flags)
    const isNamed = (flags & FLAG.TRACE_LOGGING) !== 0
    if (!kind.isListed && !isNamed) return false
    const hasThread = (flags & FLAG.NO_THREAD) === 0
    const pid = u32[(at + RECORD.pid) >>> 2]!
    const { pid: wanted, sinceMs, untilMs } = this.#filter
    if (wanted !== undefined && (!hasThread || pid !== wanted)) return false
    const high = u32[(at + RECORD.time + 4) >>> 2]!
    const rest = (high % UNITS_PER_MS) * WORD + u32[(at + RECORD.time) >>> 2]!
    const wholeMs = Math.floor(rest / UNITS_PER_MS)
    const ms = Math.floor(high / UNITS_PER_MS) * WORD + wholeMs - EPOCH_MS
    if ((sinceMs !== undefined && ms < sinceMs) || (untilMs !== undefined && ms >= untilMs)) return false

    const described = isNamed ? selfDescribed(records, at) : undefined
    if (!kind.isListed && !this.#isWanted(records, at, flags, described?.provider)) return false

    this.#put(this.#before[0]!)
    this.#putTime(ms, rest - wholeMs * UNITS_PER_MS)
    this.#put(this.#before[1]!)
    this.#putNumber(u16[(at + RECORD.cpu) >>> 1]!)
    if (hasThread) {
      this.#put(this.#before[2]!)
      this.#putNumber(pid)
      this.#put(this.#before[3]!)
      this.#putNumber(u32[(at + RECORD.tid) >>> 2]!)
    } else if (this.#isCsv) {
      this.#bytes[this.#used++] = COMMA
      this.#bytes[this.#used++] = COMMA
    }
    if (described?.provider === undefined) this.#put(kind.middle)
    else this.#putText(this.#middle(records, at, flags, described.provider))
    this.#putNumber(u32[(at + RECORD.payload_length) >>> 2]!)
    if (this.#isCsv) this.#putCsvEnd(flags, described)
    else this.#putJsonEnd(flags, described)
    return true
  }

  #kindOf(records: Records, at: number, flags: number): Kind {
    const { u8, u16, u32 } = records
    const guid = (at + RECORD.guid) >>> 2
    const [one, two, three, four] = [u32[guid]!, u32[guid + 1]!, u32[guid + 2]!, u32[guid + 3]!]
    const isClassic = (flags & FLAG.CLASSIC) !== 0
    const number = isClassic ? u8[at + RECORD.opcode]! : u16[(at + RECORD.id) >>> 1]!
    // A kernel group without a class is named by its hook.
    const hook = isClassic && one === 0 ? u16[(at + RECORD.id) >>> 1]! : 0
    const numbers = number * 256 + u8[at + RECORD.version]! + hook * 2 ** 24
    const slot = ((Math.imul(one ^ three, 0x9e3779b1) ^ Math.imul(numbers | 0, 0x85ebca6b)) >>> 16) & (KINDS - 1)
    const known = this.#kinds[slot]
    const same = flags & FLAG.CLASSIC
    if (
      known !== undefined &&
      known.numbers === numbers &&
      known.flags === same &&
      known.guid[0] === one &&
      known.guid[1] === two &&
      known.guid[2] === three &&
      known.guid[3] === four
    ) {
      return known
    }
    const kind: Kind = {
      guid: [one, two, three, four],
      numbers,
      flags: same,
      middle: Buffer.from(this.#middle(records, at, flags, undefined)),
      isListed: this.#isWanted(records, at, flags, undefined),
    }
    this.#kinds[slot] = kind
    return kind
  }

  #isWanted(records: Records, at: number, flags: number, name: string | undefined): boolean {
    const { providers, ids } = this.#filter
    const { u8, u16 } = records
    const isClassic = (flags & FLAG.CLASSIC) !== 0
    const hook = u16[(at + RECORD.id) >>> 1]!
    if (ids !== undefined && !ids.has(isClassic ? u8[at + RECORD.opcode]! : hook)) return false
    if (providers === undefined) return true
    const guid = guidAt(u8, at + RECORD.guid)
    const names = [guid, providerName(guid, hook), name ?? '']
    return names.some((word) => providers.has(word.toLowerCase()))
  }

  #middle({ u8, u16 }: Records, at: number, flags: number, name: string | undefined): string {
    const guid = guidAt(u8, at + RECORD.guid)
    const id = u16[(at + RECORD.id) >>> 1]!
    const known = providerName(guid, id)
    const provider = name !== undefined && known.startsWith('{') ? name : known
    const isClassic = (flags & FLAG.CLASSIC) !== 0
    const number = isClassic ? u8[at + RECORD.opcode]! : id
    const version = u8[at + RECORD.version]!
    if (this.#isCsv) return `,${csvField(provider)},${isClassic ? `,${number}` : `${number},`},${version},`
    const named = `,"provider":${JSON.stringify(provider)},"${isClassic ? 'opcode' : 'id'}":${number}`
    return `${named},"version":${version},"size":`
  }

  #putJsonEnd(flags: number, described: SelfDescribed | undefined): void {
    if ((flags & MARKS) !== 0) {
      if ((flags & FLAG.LATE) !== 0) this.#put(LATE)
      if ((flags & FLAG.BEHIND_LOSS) !== 0) this.#put(BEHIND_LOSS)
      if ((flags & FLAG.BEHIND_DAMAGE) !== 0) this.#put(BEHIND_DAMAGE)
    }
    if (described !== undefined) {
      const cut = described.isCut ? ',"fieldsCut":true' : ''
      this.#putText(`,"event":${JSON.stringify(described.event)},"fields":${JSON.stringify(described.fields)}${cut}`)
    }
    this.#bytes[this.#used++] = BRACE
    this.#bytes[this.#used++] = NEW_LINE
  }

  #putCsvEnd(flags: number, described: SelfDescribed | undefined): void {
    const marks = [FLAG.LATE, FLAG.BEHIND_LOSS, FLAG.BEHIND_DAMAGE].map((flag) =>
      (flags & flag) !== 0 ? ',true' : ',',
    )
    const words =
      described === undefined
        ? ',,,'
        : `,${csvField(described.event)},${csvField(JSON.stringify(described.fields))},${described.isCut ? 'true' : ''}`
    this.#putText(marks.join('') + words)
    this.#bytes[this.#used++] = RETURN
    this.#bytes[this.#used++] = NEW_LINE
  }

  #put(bytes: Buffer): void {
    const to = this.#bytes
    let used = this.#used
    for (let i = 0; i < bytes.length; i++) to[used++] = bytes[i]!
    this.#used = used
  }

  /** What a program wrote, however long. */
  #putText(text: string): void {
    const room = this.#used + text.length * 3 + LINE_MAX
    if (room > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(room, 2 * this.#bytes.length))
      this.#bytes.copy(larger, 0, 0, this.#used)
      this.#bytes = larger
    }
    this.#used += this.#bytes.write(text, this.#used)
  }

  /** Not negative. */
  #putNumber(value: number): void {
    const to = this.#bytes
    if (value < 10) {
      to[this.#used++] = ZERO + value
      return
    }
    let digits = 2
    for (let limit = 100; value >= limit; limit *= 10) digits++
    this.#used += digits
    let left = value
    for (let at = this.#used - 1; digits > 0; digits--, at--) {
      const above = Math.floor(left / 10)
      to[at] = ZERO + left - above * 10
      left = above
    }
  }

  /** To the last 100 ns, without the letter of UTC. */
  #putTime(ms: number, units: number): void {
    const second = Math.floor(ms / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#date.write(`${new Date(second * 1_000).toISOString().slice(0, 19)}.`)
    }
    this.#put(this.#date)
    const to = this.#bytes
    let left = UNITS_PER_SECOND + (ms - second * 1_000) * UNITS_PER_MS + units
    for (let at = this.#used + 6; at >= this.#used; at--) {
      const above = Math.floor(left / 10)
      to[at] = ZERO + left - above * 10
      left = above
    }
    this.#used += 7
  }
}

const MARKS = FLAG.LATE | FLAG.BEHIND_LOSS | FLAG.BEHIND_DAMAGE
const [LATE, BEHIND_LOSS, BEHIND_DAMAGE] = ['late', 'behindLoss', 'behindDamage'].map((name) =>
  Buffer.from(`,"${name}":true`),
) as [Buffer, Buffer, Buffer]
