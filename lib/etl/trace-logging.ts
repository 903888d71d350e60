/**
 * Events that describe themselves (TraceLogging): names of provider, event and fields, and how the
 * payload is laid out, stand in two extended items (TraceLoggingProvider.h, evntprov.h).
 *
 * All of it was written by whoever logged the event: every length is checked, and what does not fit
 * ends the fields there.
 */
import { ITEM, ITEM_TYPE, RECORD } from '../decode/etw/layout.js'
import { sidText } from '../decode/etw/sid.js'
import type { Records } from '../records.js'
import { unitsText } from './file-time.js'
import { guidAt } from './guid.js'

export type FieldValue = string | number | boolean | null | FieldValue[] | { [name: string]: FieldValue }

export interface SelfDescribed {
  /** Undefined where the item is absent. */
  provider: string | undefined
  event: string
  fields: { [name: string]: FieldValue }
  /** The payload ends before its fields do, or makes no sense: these are the fields up to there. */
  isCut: boolean
}

interface Field {
  name: string
  type: number
  out: number
  /** Of an array with a fixed number of elements. */
  count: number
  kind: 'one' | 'fixed' | 'counted'
  /** Of a structure. */
  members: Field[]
}

interface Schema {
  event: string
  fields: Field[]
}

/** _tlgIn_t. */
const TYPE = {
  WIDE: 1,
  NARROW: 2,
  I8: 3,
  U8: 4,
  I16: 5,
  U16: 6,
  I32: 7,
  U32: 8,
  I64: 9,
  U64: 10,
  F32: 11,
  F64: 12,
  BOOL32: 13,
  BINARY: 14,
  GUID: 15,
  FILETIME: 17,
  SYSTEMTIME: 18,
  SID: 19,
  HEX32: 20,
  HEX64: 21,
  COUNTED_WIDE: 22,
  COUNTED_NARROW: 23,
  STRUCT: 24,
  COUNTED_BINARY: 25,
} as const
const TYPE_BITS = 0x1f
const FIXED_COUNT = 0x20
const VARIABLE_COUNT = 0x40
const CUSTOM = 0x60
const CHAIN = 0x80

/** _tlgOut_t. */
const OUT = { BOOLEAN: 3, HEX: 4, PORT: 7, IPV4: 8, FILETIME: 16, SIGNED: 17, UNSIGNED: 18 } as const

const DEPTH_MAX = 8
const FIELDS_MAX = 1_024
/** In one event, elements of arrays included. */
const VALUES_MAX = 16_384
const SCHEMAS_MAX = 1_024

/** By their bytes: a program logs many events of few kinds. */
const schemas = new Map<string, Schema | undefined>()

/** Undefined where the event does not describe itself. */
export function selfDescribed(records: Records, at: number): SelfDescribed | undefined {
  const { u8, u16, u32 } = records
  const length = u32[(at + RECORD.payload_length) >>> 2]!
  const begin = at + RECORD.SIZE + length
  let item = (begin + 7) & ~7
  const end = item + u32[(at + RECORD.extended_length) >>> 2]!
  let schema: Schema | undefined
  let provider: string | undefined
  while (item + ITEM.SIZE <= end) {
    const bytes = u32[(item + ITEM.length) >>> 2]!
    const type = u16[(item + ITEM.type) >>> 1]!
    const from = item + ITEM.SIZE
    if (from + bytes > end) break
    if (type === ITEM_TYPE.SCHEMA) schema = schemaOf(records, from, from + bytes)
    else if (type === ITEM_TYPE.PROVIDER_TRAITS) provider = traitsName(u8, from, from + bytes)
    item = from + ((bytes + 7) & ~7)
  }
  if (schema === undefined) return undefined
  const reader = new FieldReader(records, at + RECORD.SIZE, begin)
  const fields = reader.fields(schema.fields, 0)
  return { provider, event: schema.event, fields, isCut: reader.isCut }
}

/** The name of a provider, in its traits. */
export function traitsName(u8: Uint8Array, from: number, to: number): string | undefined {
  const start = from + 2
  const end = u8.indexOf(0, start)
  return end <= start || end >= to ? undefined : decoder.decode(u8.subarray(start, end))
}

const decoder = new TextDecoder()

function schemaOf({ u8 }: Records, from: number, to: number): Schema | undefined {
  const key = u8.latin1Slice(from, to)
  const known = schemas.get(key)
  if (known !== undefined || schemas.has(key)) return known
  if (schemas.size >= SCHEMAS_MAX) schemas.clear()
  const schema = new SchemaReader(u8.slice(from, to)).read()
  schemas.set(key, schema)
  return schema
}

class SchemaReader {
  readonly #bytes: Uint8Array
  #at = 2
  #fields = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  read(): Schema | undefined {
    try {
      this.#tags()
      const event = this.#text()
      const fields: Field[] = []
      while (this.#at < this.#bytes.length) fields.push(this.#field(0))
      return { event, fields }
    } catch (error) {
      if (error instanceof Malformed) return undefined
      throw error
    }
  }

  #field(depth: number): Field {
    if (++this.#fields > FIELDS_MAX || depth > DEPTH_MAX) throw new Malformed()
    const name = this.#text()
    const written = this.#byte()
    const type = written & TYPE_BITS
    let out = 0
    if ((written & CHAIN) !== 0) {
      const chained = this.#byte()
      out = chained & ~CHAIN
      if ((chained & CHAIN) !== 0) this.#tags()
    }
    const flags = written & CUSTOM
    const field: Field = { name, type, out, count: 1, kind: 'one', members: [] }
    if (flags === FIXED_COUNT) {
      field.kind = 'fixed'
      field.count = this.#u16()
    } else if (flags === VARIABLE_COUNT) {
      field.kind = 'counted'
    } else if (flags === CUSTOM) {
      this.#at += this.#u16()
      field.type = TYPE.BINARY
    }
    if (type === TYPE.STRUCT) for (let i = 0; i < out; i++) field.members.push(this.#field(depth + 1))
    return field
  }

  /** Bytes of which all but the last have the high bit. */
  #tags(): void {
    while ((this.#byte() & CHAIN) !== 0);
  }

  #text(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    if (end < 0) throw new Malformed()
    const text = decoder.decode(this.#bytes.subarray(this.#at, end))
    this.#at = end + 1
    return text
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new Malformed()
    return byte
  }

  #u16(): number {
    return this.#byte() | (this.#byte() << 8)
  }
}

class Malformed extends Error {}

class FieldReader {
  isCut = false
  readonly #view: DataView
  readonly #records: Records
  readonly #end: number
  #at: number
  #values = 0

  constructor(records: Records, at: number, end: number) {
    const { u8 } = records
    this.#records = records
    this.#view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength)
    this.#at = at
    this.#end = end
  }

  fields(fields: readonly Field[], depth: number): { [name: string]: FieldValue } {
    const object: { [name: string]: FieldValue } = Object.create(null)
    for (const field of fields) {
      const value = this.#field(field, depth)
      if (this.isCut) return object
      // Names need not differ.
      object[field.name in object ? `${field.name}#${this.#values}` : field.name] = value
    }
    return object
  }

  #field(field: Field, depth: number): FieldValue {
    if (field.kind === 'one') return this.#value(field, depth)
    const count = field.kind === 'fixed' ? field.count : this.#u16()
    const values: FieldValue[] = []
    for (let i = 0; i < count && !this.isCut; i++) values.push(this.#value(field, depth))
    return values
  }

  #value(field: Field, depth: number): FieldValue {
    if (++this.#values > VALUES_MAX) this.isCut = true
    if (this.isCut) return null
    const { type, out } = field
    switch (type) {
      case 0:
        return null
      case TYPE.WIDE:
        return this.#wide()
      case TYPE.NARROW:
        return this.#narrow()
      case TYPE.I8:
      case TYPE.U8:
      case TYPE.I16:
      case TYPE.U16:
      case TYPE.I32:
      case TYPE.U32:
        return this.#integer(type, out)
      case TYPE.I64:
      case TYPE.U64:
        return this.#long(out)
      case TYPE.F32:
        return finite(this.#take(4) ? this.#view.getFloat32(this.#at - 4, true) : 0)
      case TYPE.F64:
        return finite(this.#take(8) ? this.#view.getFloat64(this.#at - 8, true) : 0)
      case TYPE.BOOL32:
        return (this.#take(4) ? this.#view.getUint32(this.#at - 4, true) : 0) !== 0
      case TYPE.GUID:
        return this.#take(16) ? guidAt(this.#records.u8, this.#at - 16) : null
      case TYPE.FILETIME:
        return this.#take(8) ? this.#fileTime() : null
      case TYPE.SYSTEMTIME:
        return this.#take(16) ? this.#systemTime(this.#at - 16) : null
      case TYPE.SID:
        return this.#sid()
      case TYPE.HEX32:
        return `0x${(this.#take(4) ? this.#view.getUint32(this.#at - 4, true) : 0).toString(16)}`
      case TYPE.HEX64:
        return `0x${(this.#take(8) ? this.#view.getBigUint64(this.#at - 8, true) : 0n).toString(16)}`
      case TYPE.COUNTED_WIDE:
        return this.#counted((from, to) => this.#utf16(from, to))
      case TYPE.COUNTED_NARROW:
        return this.#counted((from, to) => this.#records.text(from, to))
      case TYPE.BINARY:
      case TYPE.COUNTED_BINARY:
        return this.#counted((from, to) => this.#bytes(from, to, out))
      case TYPE.STRUCT:
        return this.fields(field.members, depth + 1)
      default:
        // No length can be told of it.
        this.isCut = true
        return null
    }
  }

  #integer(type: number, out: number): FieldValue {
    const view = this.#view
    const bytes = type <= TYPE.U8 ? 1 : type <= TYPE.U16 ? 2 : 4
    if (!this.#take(bytes)) return null
    const at = this.#at - bytes
    const isSigned = out === OUT.SIGNED || (out !== OUT.UNSIGNED && out !== OUT.HEX && type % 2 === 1)
    const value =
      bytes === 1
        ? isSigned
          ? view.getInt8(at)
          : view.getUint8(at)
        : bytes === 2
          ? isSigned
            ? view.getInt16(at, true)
            : view.getUint16(at, true)
          : isSigned
            ? view.getInt32(at, true)
            : view.getUint32(at, true)
    if (out === OUT.BOOLEAN) return value !== 0
    if (out === OUT.HEX) return `0x${value.toString(16)}`
    if (out === OUT.PORT && bytes === 2) return view.getUint16(at)
    if (out === OUT.IPV4 && bytes === 4) return [0, 1, 2, 3].map((i) => view.getUint8(at + i)).join('.')
    return value
  }

  #long(out: number): FieldValue {
    if (!this.#take(8)) return null
    if (out === OUT.FILETIME) return this.#fileTime()
    const at = this.#at - 8
    // With its highest bit set it is negative, whatever its type, as in Microsoft's own library: there are
    // programs that log what is signed as what is not.
    const isWhole = out === OUT.HEX || out === OUT.UNSIGNED
    const value = isWhole ? this.#view.getBigUint64(at, true) : this.#view.getBigInt64(at, true)
    if (out === OUT.HEX) return `0x${value.toString(16)}`
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  }

  #fileTime(): string {
    return unitsText(this.#view.getUint32(this.#at - 8, true), this.#view.getUint32(this.#at - 4, true))
  }

  /** Year, month, day of the week, day, hour, minute, second, millisecond. */
  #systemTime(at: number): string {
    const [year, month, , day, hour, minute, second, ms] = Array.from({ length: 8 }, (_, i) =>
      this.#view.getUint16(at + 2 * i, true),
    ) as [number, number, number, number, number, number, number, number]
    const two = (value: number) => String(value).padStart(2, '0')
    const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
    return `${date}T${two(hour)}:${two(minute)}:${two(second)}.${String(ms).padStart(3, '0')}Z`
  }

  #sid(): FieldValue {
    const at = this.#at
    if (at + 8 > this.#end || this.#view.getUint8(at + 1) > 15) return this.#cut()
    if (!this.#take(8 + 4 * this.#view.getUint8(at + 1))) return null
    return sidText(this.#view, at)
  }

  #wide(): FieldValue {
    for (let at = this.#at; at + 2 <= this.#end; at += 2) {
      if (this.#view.getUint16(at, true) !== 0) continue
      const text = this.#utf16(this.#at, at)
      this.#at = at + 2
      return text
    }
    return this.#cut()
  }

  #narrow(): FieldValue {
    const end = this.#records.u8.indexOf(0, this.#at)
    if (end < 0 || end >= this.#end) return this.#cut()
    const text = this.#records.text(this.#at, end)
    this.#at = end + 1
    return text
  }

  #counted(make: (from: number, to: number) => FieldValue): FieldValue {
    const bytes = this.#u16()
    return this.#take(bytes) ? make(this.#at - bytes, this.#at) : null
  }

  #utf16(from: number, to: number): string {
    return this.#records.u8.toString('utf16le', from, to)
  }

  /** As hexadecimal digits. */
  #bytes(from: number, to: number, out: number): FieldValue {
    const { u8 } = this.#records
    if (out === OUT.IPV4 && to - from === 4) return [...u8.subarray(from, to)].join('.')
    return u8.toString('hex', from, to)
  }

  #u16(): number {
    return this.#take(2) ? this.#view.getUint16(this.#at - 2, true) : 0
  }

  #cut(): null {
    this.isCut = true
    return null
  }

  #take(bytes: number): boolean {
    if (this.isCut || this.#at + bytes > this.#end) {
      this.isCut = true
      return false
    }
    this.#at += bytes
    return true
  }
}

/** JSON has no others. */
function finite(value: number): FieldValue {
  return Number.isFinite(value) ? value : String(value)
}
