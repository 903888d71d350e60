/** The stand-in for Windows' tracing (trace_stand_in.cc), in the addon's import table; and events for it. */
import { createRequire } from 'node:module'
import { ITEM, PROVIDER, RECORD } from '../../lib/decode/etw/layout.js'
import { native } from '../../lib/native.js'
import type { Records } from '../../lib/records.js'

export interface StandIn {
  install(module: string): string[]
  reset(): void
  feed(isKernel: boolean, frames: Uint8Array): void
  wish(
    isKernel: boolean,
    wish: { startError?: number; openError?: number; enableError?: number; ignoresStop?: boolean },
  ): void
  lose(isKernel: boolean, events: number, logBuffers: number, realTimeBuffers: number): void
  stopByOther(isKernel: boolean): void
  /** `runs`: and it goes on from there. */
  setNow(fileTime: bigint, runs: boolean): void
  /** Milliseconds that it is ahead of the counter from now on. */
  setTimeOfDay(ms: number): void
  /** Whoever asks for the time of day next is away for so long first. */
  interruptClock(ms: number): void
  listProcesses(yes: boolean): void
  setOthers(names: string[]): void
  calls(): string[]
  running(): string[]
  /** How many processes were opened to be read, by a thread that has SeDebugPrivilege for itself, and by others. */
  reads(): [number, number]
  left(): number
}

/** All that the addon may import of Windows' tracing; the stand-in has an answer for each. */
export const TRACING = [
  'CloseTrace',
  'ControlTraceW',
  'EnableTraceEx2',
  'OpenTraceW',
  'ProcessTrace',
  'QueryAllTracesW',
  'StartTraceW',
]

const UNIX = 116_444_736_000_000_000n

/** Undefined where there is none: it is built with the addon, by `npm run build:windows`. */
export function standIn(): StandIn & { replaced: string[] } {
  native()
  const require = createRequire(import.meta.url)
  const found = require('../../build/windows/trace_stand_in.node') as StandIn
  const replaced = found.install('node.napi.node')
  return Object.assign(found, { replaced })
}

export function fileTime(ms: number): bigint {
  return UNIX + BigInt(Math.round(ms * 10_000))
}

const KERNEL_PROVIDERS: readonly number[] = [PROVIDER.PROCESS, PROVIDER.THREAD, PROVIDER.IMAGE]
const PROVIDERS: readonly number[] = [PROVIDER.KERNEL_PROCESS, PROVIDER.KERNEL_AUDIT, PROVIDER.KERNEL_FILE]
/** EVENT_HEADER_FLAG_*. */
const [IS_32_BIT, IS_64_BIT, IS_CLASSIC] = [0x20, 0x40, 0x100]

/** Which session a live sensor gets it from; undefined: from none. */
export function isOfKernel(records: Records, at: number): boolean | undefined {
  const provider = records.u16[(at + RECORD.provider) >>> 1]!
  if (KERNEL_PROVIDERS.includes(provider)) return true
  return PROVIDERS.includes(provider) ? false : undefined
}

/** A record as Windows would give it to a live session: EVENT_RECORD, written out. */
export function frameOf(records: Records, at: number): Buffer {
  const bytes = records.u8
  const u32 = (offset: number) => records.u32[(at + offset) >>> 2]!
  const payloadAt = at + RECORD.SIZE
  const payloadLength = u32(RECORD.payload_length)
  const items = itemsOf(records, (payloadAt + payloadLength + 7) & ~7, u32(RECORD.extended_length))
  const head = Buffer.alloc(92)
  head.writeUInt16LE(80, 4)
  const isClassic = isOfKernel(records, at) === true
  const bits = bytes[at + RECORD.pointer_size] === 4 ? IS_32_BIT : IS_64_BIT
  head.writeUInt16LE(bits | (isClassic ? IS_CLASSIC : 0), 8)
  head.writeUInt32LE(u32(RECORD.tid), 12)
  head.writeUInt32LE(u32(RECORD.pid), 16)
  head.writeUInt32LE(u32(RECORD.time), 20)
  head.writeUInt32LE(u32(RECORD.time + 4), 24)
  head.set(guidOf(records, at), 28)
  if (!isClassic) head.writeUInt16LE(records.u16[(at + RECORD.id) >>> 1]!, 44)
  head[46] = bytes[at + RECORD.version]!
  head[47] = bytes[at + RECORD.channel]!
  head[48] = bytes[at + RECORD.level]!
  head[49] = bytes[at + RECORD.opcode]!
  head.writeUInt16LE(records.u16[(at + RECORD.task) >>> 1]!, 50)
  head.writeUInt32LE(u32(RECORD.keywords), 52)
  head.writeUInt32LE(u32(RECORD.keywords + 4), 56)
  head.writeUInt16LE(items.count, 88)
  head.writeUInt16LE(payloadLength, 90)
  const frame = Buffer.concat([head, items.bytes, bytes.subarray(payloadAt, payloadAt + payloadLength)])
  frame.writeUInt32LE(frame.length - 4, 0)
  return frame
}

function itemsOf(records: Records, from: number, length: number): { count: number; bytes: Buffer } {
  const parts: Buffer[] = []
  for (let at = from; at < from + length; ) {
    const bytes = records.u32[(at + ITEM.length) >>> 2]!
    const head = Buffer.alloc(4)
    head.writeUInt16LE(records.u16[(at + ITEM.type) >>> 1]!, 0)
    head.writeUInt16LE(bytes, 2)
    parts.push(head, Buffer.from(records.u8.subarray(at + ITEM.SIZE, at + ITEM.SIZE + bytes)))
    at += ITEM.SIZE + ((bytes + 7) & ~7)
  }
  return { count: parts.length / 2, bytes: Buffer.concat(parts) }
}

/** As Windows stores them. */
const GUIDS: Record<number, string> = {
  [PROVIDER.PROCESS]: 'd0a86f3d05fed0119dda00c04fd7ba7c',
  [PROVIDER.THREAD]: 'd1a86f3d05fed0119dda00c04fd7ba7c',
  [PROVIDER.IMAGE]: '1d5db12cc15fd211abe100a0c911f518',
  [PROVIDER.KERNEL_PROCESS]: 'd62cfb227b0e2b42a0c72fad1fd0e716',
  [PROVIDER.KERNEL_AUDIT]: '1c842ae0a375a74fafc8ae09cf9b7f23',
  [PROVIDER.KERNEL_FILE]: '2789d0edc49c654eb970c2560fb5c289',
}

/** Made-up records have none. */
function guidOf({ u16, u8 }: Records, at: number): Uint8Array {
  const own = u8.subarray(at + RECORD.guid, at + RECORD.guid + 16)
  if (own.some((byte) => byte !== 0)) return own
  return Buffer.from(GUIDS[u16[(at + RECORD.provider) >>> 1]!]!, 'hex')
}
