/**
 * Raw records, byte for byte as the programs write them, and the frames that the ring puts around
 * them. Written from native/record.h, field after field, and not from the decoder's offsets.
 */
import { Records } from '../../lib/records.js'

export const TYPE = {
  fork: 1,
  exec: 2,
  exit: 3,
  arguments: 4,
  environment: 5,
  row: 6,
  module: 7,
  access: 8,
  thread: 9,
  pipe: 10,
} as const
export const FLAG = {
  foreignUser: 1,
  kernelThread: 2,
  details: 4,
  deleted: 8,
  zombie: 64,
  coarse: 128,
  kernelModule: 2,
  denied: 1,
  newPipe: 1,
} as const

/** Where the way up from a name ended. */
export const PLACE = { unknown: 0, own: 1, elsewhere: 2, detached: 3, noDirectory: 4, unended: 5 } as const

/** Which image of which process; `startMs`: when the process started, on the records' clock. */
export interface Image {
  pid: number
  execId: number
  startMs: number
}

interface HeaderParts {
  /** Default: the start of the process. */
  atMs?: number
  flags?: number
  cpu?: number
  lost?: number
}

export interface FileParts {
  /** Default: 0, no file. */
  inode?: bigint
  size?: bigint
  mtimeNs?: bigint
  ctimeNs?: bigint
  generation?: number
  device?: number
  magic?: number
  mountNamespace?: number
}

interface DetailsParts {
  gid?: number
  effectiveUid?: number
  loginUid?: number
  auditSession?: number
  capabilities?: bigint
  namespaces?: readonly [
    mount: number,
    pid: number,
    net: number,
    user: number,
    uts: number,
    ipc: number,
    cgroup: number,
  ]
  namespacePid?: number
  directory?: Text
  /** Default: as many as are here. */
  directoryBytes?: number
  /** Default: the root of its own mount namespace. */
  directoryPlace?: number
  directoryNamespace?: number
  cgroup?: Text
  cgroupBytes?: number
  cgroupPlace?: number
  tty?: string
}

export interface ForkParts extends HeaderParts {
  creatorPid?: number
  uid?: number
  residentPages?: number
  details?: DetailsParts
}

export interface ImageParts extends HeaderParts {
  baseAddress?: bigint
  uid?: number
  threads?: number
  residentPages?: number
  path?: Text
  /** Default: as many as are here. */
  pathBytes?: number
  /** Default: the root of its own mount namespace, which `file` has. */
  pathPlace?: number
  /** What of the arguments is in the record itself; each ends with NUL. */
  arguments?: Text
  argumentsBytes?: number
  file?: FileParts
  details?: DetailsParts
}

export interface ExitParts extends HeaderParts {
  /** As wait(2) encodes it. */
  code?: number
  parentPid?: number
}

export interface ModuleParts extends HeaderParts {
  baseAddress?: bigint
  memorySize?: bigint
  file?: FileParts
  path?: Text
  /** Default: as many as are here. */
  pathBytes?: number
  pathPlace?: number
}

export interface AccessParts extends HeaderParts {
  /** 1 attach, 2 read, 3 write, 4 the memory as a file, 5 detach, 6 change. */
  kind: number
  /** Of a file: 1 to read, 2 to write; of a change: 4 by a tracer. */
  modes?: number
  /** The number by which the other one was named. */
  given?: number
}

export interface PieceParts extends HeaderParts {
  offset: number
  total: number
  bytes: Uint8Array
}

type Text = string | Uint8Array

const UNSET = 0xffffffff
const NS_PER_MS = 1_000_000

/** A program was forked from `parent`, with its image; its creator is another one only with CLONE_PARENT. */
export function fork(child: Image, parent: Image, parts: ForkParts = {}): Uint8Array {
  const record = new Fields()
  putHeader(record, TYPE.fork, child, withDetailsFlag(parts))
  putIdentity(record, parent)
  record.u32(parts.creatorPid ?? parent.pid)
  record.u32(parts.uid ?? 0)
  record.u32(parts.residentPages ?? 0)
  record.u32(0)
  if (parts.details !== undefined) {
    putDetails(record, parts.details)
    putDetailsStrings(record, parts.details)
  }
  return record.bytes()
}

export function exec(image: Image, parent: Image, parts: ImageParts = {}): Uint8Array {
  return imageRecord(TYPE.exec, image, parent, parts)
}

/** A row of the snapshot. */
export function row(image: Image, parent: Image, parts: ImageParts = {}): Uint8Array {
  return imageRecord(TYPE.row, image, parent, parts)
}

export function exit(image: Image, parts: ExitParts = {}): Uint8Array {
  const record = new Fields()
  putHeader(record, TYPE.exit, image, parts)
  record.u32((parts.code ?? 0) >>> 0)
  record.u32(parts.parentPid ?? 1)
  return record.bytes()
}

/** A file that the process mapped to run code from it. */
export function loaded(image: Image, parts: ModuleParts = {}): Uint8Array {
  const path = toBytes(parts.path ?? '')
  const record = new Fields()
  putHeader(record, TYPE.module, image, parts)
  record.u64(parts.baseAddress ?? 0n)
  record.u64(parts.memorySize ?? 0n)
  putFile(record, parts.file ?? {})
  record.u32(parts.pathBytes ?? path.length)
  record.u16(path.length)
  record.u8(parts.pathPlace ?? PLACE.own)
  record.u8(0)
  record.raw(path)
  return record.bytes()
}

/** `image` did something to `target`. */
export function accessed(image: Image, target: Image, parts: AccessParts): Uint8Array {
  const record = new Fields()
  putHeader(record, TYPE.access, image, parts)
  putIdentity(record, target)
  record.u32(parts.given ?? target.pid)
  record.u8(parts.kind)
  record.u8(parts.modes ?? 0)
  record.u16(0)
  return record.bytes()
}

/** A thread of `target` began because of `image`. */
export function driven(image: Image, target: Image, parts: HeaderParts & { thread: number }): Uint8Array {
  const record = new Fields()
  putHeader(record, TYPE.thread, image, parts)
  putIdentity(record, target)
  record.u32(parts.thread)
  record.u32(1)
  return record.bytes()
}

export interface PipeParts extends HeaderParts {
  path?: Text
  /** Default: as many as are here. */
  pathBytes?: number
  pathPlace?: number
  mountNamespace?: number
  /** What the process wrote, from there on. */
  name?: Text
}

export function pipe(image: Image, parts: PipeParts): Uint8Array {
  const [path, name] = [toBytes(parts.path ?? ''), toBytes(parts.name ?? '')]
  const record = new Fields()
  putHeader(record, TYPE.pipe, image, parts)
  record.u32(parts.pathBytes ?? path.length)
  record.u16(path.length)
  record.u16(name.length)
  record.u32(parts.mountNamespace ?? 0)
  record.u8(parts.pathPlace ?? PLACE.own)
  record.raw(new Uint8Array(3))
  record.raw(path)
  record.raw(name)
  return record.bytes()
}

export function piece(kind: 'arguments' | 'environment', image: Image, parts: PieceParts): Uint8Array {
  const record = new Fields()
  putHeader(record, TYPE[kind], image, parts)
  record.u32(parts.offset)
  record.u32(parts.total)
  record.u32(parts.bytes.length)
  record.u32(0)
  record.raw(parts.bytes)
  return record.bytes()
}

/** A block in pieces of at most `pieceBytes`; what is before `from` is in the image's own record. */
export function block(
  kind: 'arguments' | 'environment',
  image: Image,
  whole: Uint8Array,
  pieceBytes = 16_384,
  parts: HeaderParts & { from?: number } = {},
): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let offset = parts.from ?? 0; offset < whole.length; offset += pieceBytes) {
    const bytes = whole.subarray(offset, offset + pieceBytes)
    pieces.push(piece(kind, image, { ...parts, offset, total: whole.length, bytes }))
  }
  return pieces
}

/** Strings as argv or the environment lies in memory. */
export function terminated(strings: readonly Text[]): Uint8Array {
  return Buffer.concat(strings.flatMap((text) => [toBytes(text), Buffer.of(0)]))
}

/** A record of any bytes, for instance one that no program would write. */
export function changed(record: Uint8Array, at: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(record)
  copy.set(bytes, at)
  return copy
}

export function changed32(record: Uint8Array, at: number, value: number): Uint8Array {
  return changed(record, at, ...new Uint8Array(Uint32Array.of(value).buffer))
}

const FRAME_BYTES = 8

/** Records one after another in memory, as in the ring: each behind its length, aligned to 8. */
export function framed(all: readonly Uint8Array[]): { records: Records; offsets: number[]; bytes: number } {
  const sizes = all.map((record) => FRAME_BYTES + ((record.length + 7) & ~7))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  const memory = new Uint8Array(bytes)
  const view = new DataView(memory.buffer)
  const offsets: number[] = []
  let at = 0
  for (const [index, record] of all.entries()) {
    view.setUint32(at, record.length, true)
    memory.set(record, at + FRAME_BYTES)
    offsets.push(at + FRAME_BYTES)
    at += sizes[index]!
  }
  return { records: new Records(memory.buffer), offsets, bytes }
}

function imageRecord(type: number, image: Image, parent: Image, parts: ImageParts): Uint8Array {
  const path = toBytes(parts.path ?? '')
  const argumentsHere = toBytes(parts.arguments ?? '')
  const record = new Fields()
  putHeader(record, type, image, withDetailsFlag(parts))
  putIdentity(record, parent)
  record.u64(parts.baseAddress ?? 0n)
  record.u32(parts.uid ?? 0)
  record.u32(parts.threads ?? 1)
  record.u32(parts.residentPages ?? 0)
  record.u32(parts.argumentsBytes ?? argumentsHere.length)
  record.u32(0)
  record.u32(parts.pathBytes ?? path.length)
  record.u16(path.length)
  record.u16(argumentsHere.length)
  record.u8(parts.pathPlace ?? PLACE.own)
  record.raw(new Uint8Array(3))
  putFile(record, parts.file ?? {})
  if (parts.details !== undefined) putDetails(record, parts.details)
  record.raw(path)
  if (parts.details !== undefined) putDetailsStrings(record, parts.details)
  record.raw(argumentsHere)
  return record.bytes()
}

function withDetailsFlag<P extends HeaderParts & { details?: DetailsParts }>(parts: P): P {
  if (parts.details === undefined) return parts
  return { ...parts, flags: (parts.flags ?? 0) | FLAG.details }
}

function putHeader(record: Fields, type: number, image: Image, parts: HeaderParts): void {
  record.u8(type)
  record.u8(parts.flags ?? 0)
  record.u16(parts.cpu ?? 0)
  record.u32(parts.lost ?? 0)
  record.ms(parts.atMs ?? image.startMs)
  putIdentity(record, image)
}

function putIdentity(record: Fields, image: Image): void {
  record.u32(image.pid)
  record.u32(image.execId)
  record.ms(image.startMs)
}

function putFile(record: Fields, file: FileParts): void {
  record.u64(file.inode ?? 0n)
  record.u64(file.size ?? 0n)
  record.u64(file.mtimeNs ?? 0n)
  record.u64(file.ctimeNs ?? 0n)
  record.u32(file.generation ?? 0)
  record.u32(file.device ?? 0)
  record.u32(file.magic ?? 0)
  record.u32(file.mountNamespace ?? 0)
}

function putDetails(record: Fields, details: DetailsParts): void {
  record.u32(details.gid ?? 0)
  record.u32(details.effectiveUid ?? 0)
  record.u32(details.loginUid ?? UNSET)
  record.u32(details.auditSession ?? UNSET)
  record.u64(details.capabilities ?? 0n)
  for (const inode of details.namespaces ?? [1, 2, 3, 4, 5, 6, 7]) record.u32(inode)
  record.u32(details.namespacePid ?? 0)
  const [directory, cgroup] = [toBytes(details.directory ?? ''), toBytes(details.cgroup ?? '')]
  record.u16(directory.length)
  record.u16(cgroup.length)
  record.u32(details.directoryBytes ?? directory.length)
  record.u32(details.cgroupBytes ?? cgroup.length)
  record.u32(details.directoryNamespace ?? 0)
  record.u8(details.directoryPlace ?? PLACE.own)
  record.u8(details.cgroupPlace ?? PLACE.own)
  record.raw(new Uint8Array(6))
  record.raw(Buffer.from((details.tty ?? '').padEnd(16, '\0'), 'latin1'))
}

function putDetailsStrings(record: Fields, details: DetailsParts): void {
  record.raw(toBytes(details.directory ?? ''))
  record.raw(toBytes(details.cgroup ?? ''))
}

function toBytes(text: Text): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text) : text
}

/** Fields one after another, little-endian. One buffer for all records: each is copied out of it. */
class Fields {
  static #buffer = Buffer.alloc(65_536)
  #end = 0

  u8(value: number): void {
    this.#end = this.#room(1).writeUInt8(value, this.#end)
  }

  u16(value: number): void {
    this.#end = this.#room(2).writeUInt16LE(value, this.#end)
  }

  u32(value: number): void {
    this.#end = this.#room(4).writeUInt32LE(value, this.#end)
  }

  u64(value: bigint): void {
    this.#end = this.#room(8).writeBigUInt64LE(value, this.#end)
  }

  ms(milliseconds: number): void {
    this.u64(BigInt(Math.round(milliseconds * NS_PER_MS)))
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length).set(bytes, this.#end)
    this.#end += bytes.length
  }

  bytes(): Uint8Array {
    return Uint8Array.from(Fields.#buffer.subarray(0, this.#end))
  }

  #room(bytes: number): Buffer {
    const before = Fields.#buffer
    if (this.#end + bytes > before.length) {
      Fields.#buffer = Buffer.alloc(2 * (this.#end + bytes))
      before.copy(Fields.#buffer, 0, 0, this.#end)
    }
    return Fields.#buffer
  }
}
