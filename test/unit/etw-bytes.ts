/** Records of ETW, byte for byte, in memory with other bytes around them. */
import { PROVIDER, RECORD } from '../../lib/decode/etw/layout.js'
import { FRAME_BYTES, Records } from '../../lib/records.js'

export interface EtwEvent {
  provider: number
  payload: Uint8Array
  id?: number
  opcode?: number
  version?: number
  pointerSize?: number
  flags?: number
  pid?: number
  tid?: number
  cpu?: number
  /** FILETIME. */
  time?: bigint
  /** What the record says of the payload's length, where that is not true. */
  claims?: number
}

/** 2026-01-01T00:00:00Z as a FILETIME. */
export const NEW_YEAR = 134116992000000000n

const PROVIDER_OF_GUID: Record<string, number> = {
  '3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c': PROVIDER.PROCESS,
  '3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c': PROVIDER.THREAD,
  '2cb15d1d-5fc1-11d2-abe1-00a0c911f518': PROVIDER.IMAGE,
  '90cbdc39-4a3e-11d1-84f4-0000f80464e3': PROVIDER.FILE_IO,
  '68fdd900-4a3e-11d1-84f4-0000f80464e3': PROVIDER.EVENT_TRACE,
  // libtrace names it by its constant.
  kprocessproviderid: PROVIDER.PROCESS,
}

export function providerOf(guid: string): number {
  return PROVIDER_OF_GUID[guid.toLowerCase()] ?? PROVIDER.OTHER
}

/** Records one after another, framed; `filler` is what the memory held before. */
export function memoryOf(
  events: readonly EtwEvent[],
  filler = 0,
): { records: Records; offsets: Uint32Array; bytes: number } {
  const sizes = events.map(({ payload }) => (RECORD.SIZE + payload.length + 7) & ~7)
  const bytes = sizes.reduce((sum, size) => sum + size + FRAME_BYTES, 64)
  const memory = Buffer.alloc(bytes, filler)
  const offsets = new Uint32Array(events.length)
  let at = 32
  for (const [i, event] of events.entries()) {
    memory.writeUInt32LE(RECORD.SIZE + event.payload.length, at)
    memory.writeUInt32LE(0, at + 4)
    at += FRAME_BYTES
    offsets[i] = at
    write(memory, at, event)
    at += sizes[i]!
  }
  return {
    records: new Records(memory.buffer.slice(memory.byteOffset, memory.byteOffset + bytes) as ArrayBuffer),
    offsets,
    bytes,
  }
}

function write(memory: Buffer, at: number, event: EtwEvent): void {
  memory.fill(0, at, at + RECORD.SIZE)
  memory.writeUInt16LE(event.provider, at + RECORD.provider)
  memory.writeUInt16LE(event.id ?? 0, at + RECORD.id)
  memory[at + RECORD.opcode] = event.opcode ?? 0
  memory[at + RECORD.version] = event.version ?? 0
  memory[at + RECORD.pointer_size] = event.pointerSize ?? 8
  memory.writeUInt16LE(event.flags ?? 0, at + RECORD.flags)
  memory.writeUInt16LE(event.cpu ?? 0, at + RECORD.cpu)
  memory.writeUInt32LE(event.pid ?? 0xffffffff, at + RECORD.pid)
  memory.writeUInt32LE(event.tid ?? 0xffffffff, at + RECORD.tid)
  memory.writeUInt32LE(event.claims ?? event.payload.length, at + RECORD.payload_length)
  memory.writeBigUInt64LE(event.time ?? NEW_YEAR, at + RECORD.time)
  memory.set(event.payload, at + RECORD.SIZE)
}

type Part = Uint8Array

export const u8 = (...values: number[]): Part => Uint8Array.from(values)
export const u16 = (...values: number[]): Part =>
  bytesOf(2, values.length, (to, i) => to.writeUInt16LE(values[i]!, 2 * i))
export const u32 = (...values: number[]): Part =>
  bytesOf(4, values.length, (to, i) => to.writeUInt32LE(values[i]! >>> 0, 4 * i))
export const u64 = (...values: (number | bigint)[]): Part =>
  bytesOf(8, values.length, (to, i) => to.writeBigUInt64LE(BigInt.asUintN(64, BigInt(values[i]!)), 8 * i))
export const wide = (text: string): Part => Buffer.from(`${text}\0`, 'utf16le')
export const narrow = (text: string): Part => Buffer.from(`${text}\0`, 'latin1')

export function join(...parts: Part[]): Uint8Array {
  return Buffer.concat(parts)
}

/** S-1-AUTHORITY-… */
export function sid(text: string): Part {
  const [, , authority, ...rest] = text.split('-').map(Number)
  const head = Buffer.alloc(8)
  head[0] = 1
  head[1] = rest.length
  head.writeUIntBE(authority!, 2, 6)
  return join(head, u32(...rest))
}

/** TOKEN_USER of a 64-bit process, and its SID. */
export function tokenUser(text: string): Part {
  return join(u64(0xffff_9876_0000_1230n, 0), sid(text))
}

function bytesOf(size: number, count: number, put: (to: Buffer, index: number) => void): Buffer {
  const bytes = Buffer.alloc(size * count)
  for (let i = 0; i < count; i++) put(bytes, i)
  return bytes
}
