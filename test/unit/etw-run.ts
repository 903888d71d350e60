/** Events of ETW as a kernel logs them, and what becomes of them. */
import { expect } from 'vitest'
import { Acts } from '../../lib/acts.js'
import type { CorrelationOptions } from '../../lib/correlate/correlator.js'
import { EtwAtoms } from '../../lib/decode/etw/atoms.js'
import { EtwDecoder } from '../../lib/decode/etw/decoder.js'
import { FLAG, PROVIDER } from '../../lib/decode/etw/layout.js'
import type { Envelope } from '../../lib/envelope.js'
import { EVENT_NAMES, type EventName, type EventOf, type EventRecord } from '../../lib/events/index.js'
import type { ResolvedFilter } from '../../lib/filter/process-filter.js'
import { EventIds } from '../../lib/process/event-ids.js'
import { seedOf } from '../../lib/process/mixer.js'
import { EventStream } from '../../lib/stream.js'
import { type EtwEvent, join, memoryOf, NEW_YEAR, narrow, tokenUser, u8, u16, u32, u64, wide } from './etw-bytes.js'
import { routing } from './records.js'

export const SYSTEM = 'S-1-5-18'
export const SOMEBODY = 'S-1-5-21-1-2-3-1001'
/** Milliseconds since 1970 of the first event. */
export const BEGIN = Date.UTC(2026, 0, 1)

const { event_type, event_time, event_id, this: atom, ...envelope } = routing('NEW_PROCESS')

export interface Run {
  events: EventRecord[]
  decoder: EtwDecoder
  stream: EventStream
  of<N extends EventName>(name: N): EventOf<N>[]
}

export interface RunOptions {
  names?: readonly EventName[]
  extended?: boolean
  filler?: number
  correlation?: CorrelationOptions
  filter?: ResolvedFilter | undefined
}

export function run(events: readonly EtwEvent[], options: RunOptions = {}): Run {
  const streamOptions = {
    events: new Set<EventName>([...(options.names ?? EVENT_NAMES), 'LOSS_ACCOUNTING']),
    extended: options.extended ?? false,
    envelope: envelope as Envelope,
    ids: new EventIds(seedOf('test')),
    atoms: { of: () => expect.fail('ETW names its own images') },
    filter: options.filter,
  }
  const stream = new EventStream(streamOptions)
  const acts = new Acts(stream, streamOptions, options.correlation)
  const decoder = new EtwDecoder(stream, acts, new EtwAtoms(seedOf('boot')), 2_000)
  const { records, offsets } = memoryOf(events, options.filler)
  for (const at of offsets) decoder.record(records, at)
  decoder.finish()
  const delivered = stream.takeBatch()
  const of = <N extends EventName>(name: N) =>
    delivered.filter(({ routing }) => routing.event_type === name) as EventOf<N>[]
  return { events: delivered, decoder, stream, of }
}

/** Of the first event, later by so many milliseconds. */
export function at(ms: number): bigint {
  return NEW_YEAR + BigInt(Math.round(ms * 10_000))
}

interface ProcessLike {
  pid: number
  parent?: number
  name?: string
  commandLine?: string
  user?: string
  key?: bigint
  ms?: number
  /** Of the thread that logs it; default: the parent for a start, the process itself else. */
  by?: number
  status?: number
}

export function start(of: ProcessLike): EtwEvent {
  return { ...classic(of, 1), pid: of.by ?? of.parent ?? 4, tid: 1 }
}

export function end(of: ProcessLike): EtwEvent {
  return { ...classic({ status: 0, ...of }, 2), pid: of.pid, tid: 1 }
}

export function found(of: ProcessLike, opcode = 3): EtwEvent {
  return { ...classic(of, opcode), flags: FLAG.NO_THREAD }
}

function classic(of: ProcessLike, opcode: number): EtwEvent {
  const { pid, parent = 4, name = `p${pid}.exe`, commandLine = '', user = SYSTEM, key = BigInt(pid) << 12n } = of
  const payload = join(
    u64(0xffff_8000_0000_0000n | key),
    u32(pid, parent, 1, of.status ?? 259),
    u64(0x1aa000),
    u32(0),
    tokenUser(user),
    narrow(name),
    wide(commandLine),
    wide(''),
    wide(''),
  )
  return { provider: PROVIDER.PROCESS, opcode, version: 4, payload, time: at(of.ms ?? 0) }
}

interface ImageLike {
  pid: number
  path: string
  base?: number
  size?: number
  /** Of its PE header. */
  built?: number
  ms?: number
}

export function load(
  { pid, path, base = 0x7ff6_0000_0000, size = 0x1000, built = 0, ms = 0 }: ImageLike,
  opcode = 10,
): EtwEvent {
  const payload = join(u64(base, size), u32(pid, 0, built), u8(12, 1), u16(0), u64(base), u32(0, 0, 0, 0), wide(path))
  return { provider: PROVIDER.IMAGE, opcode, version: 3, payload, pid, tid: 1, time: at(ms) }
}

interface ThreadLike {
  pid: number
  tid?: number
  by: number
  address?: number
  teb?: number
  ms?: number
}

export function thread({ pid, tid = 77, by, address = 0x2060000, teb = 0x7ff0_0000, ms = 0 }: ThreadLike, opcode = 1) {
  const payload = join(u32(pid, tid), u64(1, 1, 2, 2, 0xff, address, teb), u32(0), u8(8, 5, 2, 0))
  return { provider: PROVIDER.THREAD, opcode, version: 3, payload, pid: by, tid: 1, time: at(ms) } satisfies EtwEvent
}

export function kernelStart(of: ProcessLike & { created?: number }, rundown = false): EtwEvent {
  const { pid, parent = 4, name = `\\Device\\HarddiskVolume2\\p${pid}.exe`, ms = 0 } = of
  const payload = join(
    u32(pid),
    u64(at(of.created ?? ms)),
    u32(parent, 1, 0),
    wide(name),
    u32(0, 0),
    wide(''),
    wide(''),
  )
  const event = { provider: PROVIDER.KERNEL_PROCESS, id: rundown ? 15 : 1, version: rundown ? 0 : 2, payload }
  return { ...event, pid: of.by ?? parent, tid: 1, time: at(ms) }
}

export function kernelStop({ pid, name = 'p.exe', status = 0, ms = 0 }: ProcessLike): EtwEvent {
  const payload = join(u32(pid), u64(at(0), at(ms)), u32(status, 1, 9), u64(1, 2, 3), u32(0, 0, 0, 0, 0), narrow(name))
  return { provider: PROVIDER.KERNEL_PROCESS, id: 2, version: 1, payload, pid, tid: 1, time: at(ms) }
}

export function kernelLoad({ pid, path, base = 0x7ff6_0000_0000, size = 0x1000, ms = 0 }: ImageLike): EtwEvent {
  const payload = join(u64(base, size), u32(pid, 0, 0), u64(base), wide(path))
  return { provider: PROVIDER.KERNEL_PROCESS, id: 5, version: 0, payload, pid, tid: 1, time: at(ms) }
}

export function kernelThread({
  pid,
  tid = 77,
  by,
  address = 0x2060000,
  teb = 0x7ff0_0000,
  ms = 0,
}: ThreadLike): EtwEvent {
  const payload = join(u32(pid, tid), u64(1, 1, 2, 2, 0xff, address, teb), u32(0))
  return { provider: PROVIDER.KERNEL_PROCESS, id: 3, version: 1, payload, pid: by, tid: 1, time: at(ms) }
}

export function opened(of: { pid: number; by: number; access: number; status?: number; ms?: number }): EtwEvent {
  const payload = u32(of.pid, of.access, of.status ?? 0)
  return { provider: PROVIDER.KERNEL_AUDIT, id: 5, payload, pid: of.by, tid: 1, time: at(of.ms ?? 0) }
}

export function fileCreate(of: { by: number; path: string; disposition: number; tid?: number; ms?: number }): EtwEvent {
  const { by, path, disposition, tid = 5, ms = 0 } = of
  const payload = join(u64(1, 2), u32(tid, disposition * 2 ** 24 + 0x60, 0x80, 3), wide(path))
  return { provider: PROVIDER.KERNEL_FILE, id: 12, version: 1, payload, pid: by, tid, time: at(ms) }
}

export function volume(kernel: string, dos: string): EtwEvent {
  return { provider: PROVIDER.SYSTEM_CONFIG, opcode: 35, payload: join(wide(kernel), wide(dos)), time: at(0) }
}
