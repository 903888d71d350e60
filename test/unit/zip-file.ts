/** A .zip to the byte, right or wrong: what no library writes. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipOptions {
  /** Stored, else deflated. */
  isStored?: boolean
  /** Its sizes stand behind its data. */
  hasDescriptor?: boolean
  /** Of the four forms that there are. */
  descriptor?: 'unsigned' | 'wide' | 'unsigned wide'
  /** That are given for it, instead of the right ones. */
  crc?: number
  bytes?: number
  method?: number
  flags?: number
  /** Where the directory says that it is. */
  at?: number
}

export interface End {
  entries?: number
  directoryAt?: number
  directoryBytes?: number
  isZip64?: boolean
}

export class ZipFile {
  #local = Buffer.alloc(0)
  #central = Buffer.alloc(0)
  #entries = 0

  /** Returns where its local header is. */
  add(name: string, content: Buffer, options: ZipOptions = {}): number {
    const { isStored = false, hasDescriptor = false } = options
    const data = isStored ? content : deflateRawSync(content)
    const at = this.#local.length
    const flags = (options.flags ?? 0) | (hasDescriptor ? 8 : 0)
    const method = options.method ?? (isStored ? 0 : 8)
    const crc = options.crc ?? crc32(content)
    const sizes = [crc, data.length, options.bytes ?? content.length]
    const common = (values: number[]) =>
      Buffer.concat([u16(20, flags, method, 0, 0), u32(...values), u16(Buffer.byteLength(name), 0)])
    const signature = options.descriptor?.startsWith('unsigned') ? [] : [u32(0x08074b50)]
    const tail = options.descriptor?.endsWith('wide') ? [u32(crc), u64(...sizes.slice(1))] : [u32(...sizes)]
    const descriptor = hasDescriptor ? [...signature, ...tail] : []
    const header = [u32(0x04034b50), common(hasDescriptor ? [0, 0, 0] : sizes), Buffer.from(name)]
    this.#local = Buffer.concat([this.#local, ...header, data, ...descriptor])
    this.directory(name, Buffer.concat([u16(20), common(sizes)]), options.at ?? at)
    return at
  }

  /** Another name for what is at this place. */
  again(name: string, content: Buffer, at: number): void {
    const sizes = u32(crc32(content), deflateRawSync(content).length, content.length)
    const common = Buffer.concat([u16(20, 20, 0, 8, 0, 0), sizes, u16(Buffer.byteLength(name), 0)])
    this.directory(name, common, at)
  }

  bytes({ entries, directoryAt, directoryBytes, isZip64 = false }: End = {}): Buffer {
    const count = entries ?? this.#entries
    const [at, bytes] = [directoryAt ?? this.#local.length, directoryBytes ?? this.#central.length]
    const start = this.#local.length + this.#central.length
    const end64 = [u32(0x06064b50), u64(44), u16(45, 45), u32(0, 0), u64(count, count, bytes, at)]
    const locator = [u32(0x07064b50, 0), u64(start), u32(1)]
    const narrow = isZip64 ? [u16(0xffff, 0xffff), u32(0xffff_ffff, 0xffff_ffff)] : [u16(count, count), u32(bytes, at)]
    const end = [...(isZip64 ? [...end64, ...locator] : []), u32(0x06054b50), u16(0, 0), ...narrow, u16(0)]
    return Buffer.concat([this.#local, this.#central, ...end])
  }

  private directory(name: string, common: Buffer, at: number): void {
    const rest = Buffer.concat([u16(0, 0, 0), u32(0, at)])
    this.#central = Buffer.concat([this.#central, u32(0x02014b50), common, rest, Buffer.from(name)])
    this.#entries++
  }
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, 2 * index)
  return bytes
}

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, 4 * index)
  return bytes
}

function u64(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length)
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * index)
  return bytes
}
