/**
 * .etl files byte by byte: buffers, headers of every kind, the file's own header. Written for the
 * benchmarks and for tests of what no real recording proves; knows nothing of the reader.
 */
import { compressXpress } from './xpress-encoder.js'

export const BUFFER_HEADER_BYTES = 0x48

const TIME_ZONE_BYTES = 172
/** EVENT_TRACE_COMPRESSED_MODE, and the flag of a buffer. */
const MODE_COMPRESSED = 0x0400_0000
const FLAG_COMPRESSED = 0x40
const FLAG_HAS_CPU_INDEX = 0x20
const XPRESS = 3
const TYPE_HEADER = 4

export interface FileOptions {
  bufferBytes?: number
  cpus?: number
  /** Of the logger. */
  pointerBytes?: 4 | 8
  /** 1: performance counter, 2: system time, 3: CPU cycles. */
  clock?: number
  frequency?: bigint
  cpuMhz?: number
  /** FILETIME; also of the end, where the session was closed. */
  startTime?: bigint
  endTime?: bigint
  /** What the clock showed at startTime. */
  startTimestamp?: bigint
  mode?: number
  isCompressed?: boolean
  eventsLost?: number
  buffersLost?: number
  /** As a closed session counts them. */
  buffersWritten?: number
  /** In MiB: of a circular file. */
  mostMebibytes?: number
  /** FILETIME. */
  bootTime?: bigint
  osBuild?: number
}

/** 2026-01-01T00:00:00Z as a FILETIME. */
export const NEW_YEAR = 134_116_992_000_000_000n

export interface BufferOptions {
  cpu?: number
  flags?: number
  /** Windows 7 has no flag for it. */
  hasCpuIndex?: boolean
  sequence?: number
}

export class EtlFormat {
  readonly bufferBytes: number
  readonly isCompressed: boolean
  readonly #options: FileOptions
  #sequence = 0

  constructor(options: FileOptions = {}) {
    this.#options = options
    this.bufferBytes = options.bufferBytes ?? 0x1_0000
    this.isCompressed = options.isCompressed ?? false
  }

  /** The first buffer of a file. */
  header(): Buffer {
    const { isCompressed, bufferBytes } = this
    const events = this.#headerEvent()
    const buffer = Buffer.alloc(bufferBytes, 0xff)
    writeBufferHeader(buffer, bufferBytes, BUFFER_HEADER_BYTES + events.length, this.#sequence++, {})
    if (isCompressed) buffer.writeUInt32LE(XPRESS, 0x2c)
    buffer.writeUInt16LE(TYPE_HEADER, 0x36)
    buffer.set(events, BUFFER_HEADER_BYTES)
    return buffer
  }

  /** Events of one CPU, each padded to 8 bytes. They must fit. */
  buffer(events: Uint8Array, options: BufferOptions = {}): Buffer {
    const end = BUFFER_HEADER_BYTES + events.length
    const sequence = options.sequence ?? this.#sequence++
    if (!this.isCompressed) {
      const buffer = Buffer.alloc(this.bufferBytes, 0xff)
      writeBufferHeader(buffer, this.bufferBytes, end, sequence, options)
      buffer.set(events, BUFFER_HEADER_BYTES)
      return buffer
    }
    const packed = compressXpress(events)
    const buffer = Buffer.alloc(BUFFER_HEADER_BYTES + packed.length)
    const flags = (options.flags ?? 0) | FLAG_COMPRESSED
    writeBufferHeader(buffer, buffer.length, end, sequence, { ...options, flags })
    buffer.set(packed, BUFFER_HEADER_BYTES)
    return buffer
  }

  /** TRACE_LOGFILE_HEADER, as the session logs it. */
  #headerEvent(): Buffer {
    const { cpus = 1, pointerBytes = 8, clock = 1, frequency = 10_000_000n, cpuMhz = 1_000 } = this.#options
    const { startTime = NEW_YEAR, endTime = startTime, startTimestamp = 0n, osBuild = 26_100 } = this.#options
    const mode = (this.#options.mode ?? 1) | (this.isCompressed ? MODE_COMPRESSED : 0)
    const timeZone = 0x38 + 2 * pointerBytes
    const rest = aligned(timeZone + TIME_ZONE_BYTES)
    const payload = Buffer.alloc(rest + 32)
    payload.writeUInt32LE(this.bufferBytes, 0)
    payload.writeUInt32LE(0x0501_000a, 4)
    payload.writeUInt32LE(osBuild, 8)
    payload.writeUInt32LE(cpus, 0x0c)
    payload.writeBigUInt64LE(endTime, 0x10)
    payload.writeUInt32LE(this.#options.mostMebibytes ?? 0, 0x1c)
    payload.writeUInt32LE(mode, 0x20)
    payload.writeUInt32LE(this.#options.buffersWritten ?? 0, 0x24)
    payload.writeUInt32LE(pointerBytes, 0x2c)
    payload.writeUInt32LE(this.#options.eventsLost ?? 0, 0x30)
    payload.writeUInt32LE(cpuMhz, 0x34)
    payload.writeBigUInt64LE(this.#options.bootTime ?? startTime - 36_000_000_000n, rest)
    payload.writeBigUInt64LE(frequency, rest + 8)
    payload.writeBigUInt64LE(startTime, rest + 16)
    payload.writeUInt32LE(clock, rest + 24)
    payload.writeUInt32LE(this.#options.buffersLost ?? 0, rest + 28)
    const names = Buffer.from('generated\0generated.etl\0', 'utf16le')
    return system({ hook: 0, version: 2, timestamp: startTimestamp, pointerBytes }, Buffer.concat([payload, names]))
  }
}

function writeBufferHeader(to: Buffer, bytes: number, end: number, sequence: number, options: BufferOptions): void {
  const { cpu = 0, flags = 0, hasCpuIndex = true } = options
  to.fill(0, 0, BUFFER_HEADER_BYTES)
  to.writeUInt32LE(bytes, 0)
  to.writeUInt32LE(end, 4)
  to.writeUInt32LE(end, 8)
  to.writeUInt32LE(sequence, 0x18)
  to.writeUInt16LE(cpu, 0x28)
  to.writeUInt32LE(end, 0x30)
  to.writeUInt16LE(flags | (hasCpuIndex ? FLAG_HAS_CPU_INDEX : 0), 0x34)
}

/** What every event has; pid and tid where its header has room for them. */
export interface EventLike {
  timestamp: bigint
  pointerBytes?: 4 | 8
  pid?: number
  tid?: number
}

export interface KernelEvent extends EventLike {
  /** group << 8 | opcode */
  hook: number
  /** The whole word: above the version may be what says which items follow. */
  version?: number
}

/** SYSTEM_TRACE_HEADER. `items`: what stands between header and payload. */
export function system(event: KernelEvent, payload: Uint8Array, items: Uint8Array = NOTHING): Buffer {
  const buffer = kernel(0x20, event.pointerBytes === 4 ? 1 : 2, event, items, payload)
  writeThread(buffer, event)
  buffer.writeBigUInt64LE(event.timestamp, 0x10)
  return buffer
}

/** The same without CPU times. */
export function compact(event: KernelEvent, payload: Uint8Array, items: Uint8Array = NOTHING): Buffer {
  const buffer = kernel(0x18, event.pointerBytes === 4 ? 3 : 4, event, items, payload)
  writeThread(buffer, event)
  buffer.writeBigUInt64LE(event.timestamp, 0x10)
  return buffer
}

/** PERFINFO_TRACE_HEADER: knows no thread. */
export function perfInfo(event: KernelEvent, payload: Uint8Array, items: Uint8Array = NOTHING): Buffer {
  const buffer = kernel(0x10, event.pointerBytes === 4 ? 0x10 : 0x11, event, items, payload)
  buffer.writeBigUInt64LE(event.timestamp, 8)
  return buffer
}

export interface ClassicEvent extends EventLike {
  /** As it lies in memory. */
  guid: Uint8Array
  opcode?: number
  version?: number
  level?: number
}

/** EVENT_TRACE_HEADER. */
export function full(event: ClassicEvent, payload: Uint8Array): Buffer {
  return classic(event, event.pointerBytes === 4 ? 0x0a : 0x14, NOTHING, payload)
}

/** EVENT_INSTANCE_GUID_HEADER. `parent`: the GUID of the parent's class. */
export function instance(
  event: ClassicEvent & { instance: number; parentInstance: number; parent: Uint8Array },
  payload: Uint8Array,
): Buffer {
  const numbers = Buffer.alloc(8)
  numbers.writeUInt32LE(event.instance, 0)
  numbers.writeUInt32LE(event.parentInstance, 4)
  const type = event.pointerBytes === 4 ? 0x0b : 0x15
  return classic(event, type, Buffer.concat([numbers, event.parent]), payload)
}

export interface ManifestEvent extends EventLike {
  guid: Uint8Array
  id: number
  version?: number
  level?: number
  opcode?: number
  keywords?: bigint
  /** Extended items: each with its type and data. */
  items?: readonly { type: number; data: Uint8Array }[]
}

/** EVENT_HEADER. */
export function manifest(event: ManifestEvent, payload: Uint8Array): Buffer {
  const items = event.items ?? []
  const extended = items.map(({ type, data }, index) => {
    const item = Buffer.alloc(aligned(8 + data.length))
    item.writeUInt16LE(item.length, 0)
    item.writeUInt16LE(type, 2)
    item.writeUInt16LE(index + 1 < items.length ? 1 : 0, 4)
    item.writeUInt16LE(data.length, 6)
    item.set(data, 8)
    return item
  })
  const body = Buffer.concat([...extended, payload])
  const buffer = sized(0x50 + body.length)
  buffer.writeUInt16LE(0x50 + body.length, 0)
  buffer[2] = event.pointerBytes === 4 ? 0x12 : 0x13
  buffer[3] = 0xc0
  buffer.writeUInt16LE(items.length > 0 ? 1 : 0, 4)
  writeThread(buffer, event)
  buffer.writeBigUInt64LE(event.timestamp, 0x10)
  buffer.set(event.guid, 0x18)
  buffer.writeUInt16LE(event.id, 0x28)
  buffer[0x2a] = event.version ?? 0
  buffer[0x2c] = event.level ?? 4
  buffer[0x2d] = event.opcode ?? 0
  buffer.writeBigUInt64LE(event.keywords ?? 0n, 0x30)
  buffer.set(body, 0x50)
  return buffer
}

/** `xxxxxxxx-xxxx-…` as Windows stores it. */
export function guidBytes(text: string): Buffer {
  const digits = Buffer.from(text.replaceAll('-', ''), 'hex')
  digits.subarray(0, 4).reverse()
  digits.subarray(4, 6).reverse()
  digits.subarray(6, 8).reverse()
  return digits
}

const NOTHING = new Uint8Array(0)

function kernel(header: number, type: number, event: KernelEvent, items: Uint8Array, payload: Uint8Array): Buffer {
  const size = header + items.length + payload.length
  const buffer = sized(size)
  buffer.writeUInt16LE(event.version ?? 2, 0)
  buffer[2] = type
  buffer[3] = 0xc0
  buffer.writeUInt16LE(size, 4)
  buffer.writeUInt16LE(event.hook, 6)
  buffer.set(items, header)
  buffer.set(payload, header + items.length)
  return buffer
}

function classic(event: ClassicEvent, type: number, tail: Uint8Array, payload: Uint8Array): Buffer {
  const header = HEADER_CLASSIC_BYTES + tail.length
  const buffer = sized(header + payload.length)
  buffer.writeUInt16LE(header + payload.length, 0)
  buffer[2] = type
  buffer[3] = 0xc0
  buffer[4] = event.opcode ?? 0
  buffer[5] = event.level ?? 0
  buffer.writeUInt16LE(event.version ?? 0, 6)
  writeThread(buffer, event)
  buffer.writeBigUInt64LE(event.timestamp, 0x10)
  buffer.set(event.guid, 0x18)
  buffer.set(tail, HEADER_CLASSIC_BYTES)
  buffer.set(payload, header)
  return buffer
}

const HEADER_CLASSIC_BYTES = 0x30

function writeThread(to: Buffer, { pid = 0, tid = 0 }: EventLike): void {
  to.writeUInt32LE(tid, 8)
  to.writeUInt32LE(pid, 0x0c)
}

/** Events are padded to 8 bytes, which their size does not count. */
function sized(bytes: number): Buffer {
  return Buffer.alloc(aligned(bytes))
}

export function aligned(bytes: number): number {
  return (bytes + 7) & ~7
}
