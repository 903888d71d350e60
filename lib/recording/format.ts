/**
 * The .kwr file, byte for byte: docs/recordings.md.
 *
 * A header, then blocks. A block holds whole steps (journal.ts) and a checksum of its own, so what
 * was written before a crash can be read to its last whole block.
 */
import { endianness } from 'node:os'
import { crc32 } from 'node:zlib'
import { FRAME_BYTES } from '../records.js'

/** As PNG's: what treats it as text, or cuts the eighth bit, damages it visibly. */
export const MAGIC = Buffer.from('894b57520d0a1a0a', 'hex')
/** Raised also when native/record.h or native/etw_record.h change what a record says: records are in the file as they are. */
export const VERSION = 4
/** Records of Linux lie otherwise in recordings of versions before this one. */
export const LINUX_RECORDS_SINCE = 4

const ENDIAN_MARK = 0x0a0b0c0d

const FILE_HEADER = { mark: 8, version: 12, part: 16, run: 20, crc: 60, SIZE: 64 } as const
export const FILE_HEADER_BYTES = FILE_HEADER.SIZE

const BLOCK_HEADER = {
  magic: 0,
  bytes: 4,
  number: 8,
  payloadCrc: 12,
  latestMs: 16,
  reserved: 24,
  crc: 28,
  SIZE: 32,
} as const
export const BLOCK_HEADER_BYTES = BLOCK_HEADER.SIZE
export const BLOCK_MAGIC = Buffer.from('KWRB', 'latin1')

/** Larger than any step of a sensor: a drain ends after some milliseconds, a snapshot has 64 MiB of arguments. */
export const BLOCK_LIMIT = 256 * 2 ** 20

/** What a frame of a block holds beside the kernel's own records (native/record.h), whose types are smaller. */
export const ENTRY = {
  /** JSON: all that was known when the recording began. */
  META: 0xe0,
  /** From now on this is added to CLOCK_BOOTTIME for event times. */
  CLOCK: 0xe1,
  /** What a user is called, as far as it was known. */
  USER: 0xe2,
  /** JSON: what the kernel's counters said when they were read. */
  LOSSES: 0xe3,
  /** JSON: what was found out about a file between two drains. */
  FILE: 0xe4,
  /** What is asked for is about to change. */
  PREPARE: 0xe5,
  /** Steps: each uses what stands between the step before it and itself. */
  EXPECT_SNAPSHOT: 0xe8,
  SNAPSHOT: 0xe9,
  DRAIN: 0xea,
  FINISH: 0xeb,
  /** How things stood when a part began: only for one that is replayed without those before it. */
  BASE: 0xec,
  /** JSON: what is asked for changes; with the rows before it. */
  UPDATE: 0xed,
  /** A step, after FINISH: what still waits for a file's hash gets none. */
  CLOSE_FILES: 0xee,
  /** The recording was closed. */
  END: 0xef,
} as const

/** All types from here on are the recording's. */
export const FIRST_ENTRY = 0xe0

/** Where an entry's fields lie. */
export const FIELD = { type: 0, isKnown: 1, uid: 4, value: 8, endedMs: 16, isPartial: 24, SIZE: 8 } as const

export interface FileHeader {
  /** The first file of a run is 0. */
  part: number
  /** The same in all parts of a run. */
  run: string
  /** Of who wrote it; default: VERSION. */
  version?: number
}

export type HeaderFault = 'foreign' | 'byte order' | 'newer' | 'damaged' | 'truncated'

const RUN_BYTES = 16

export function encodeFileHeader({ part, run }: FileHeader): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER.SIZE)
  const words = wordsOf(bytes)
  MAGIC.copy(bytes)
  words[FILE_HEADER.mark >> 2] = ENDIAN_MARK
  words[FILE_HEADER.version >> 2] = VERSION
  words[FILE_HEADER.part >> 2] = part
  bytes.write(run, FILE_HEADER.run, RUN_BYTES, 'hex')
  words[FILE_HEADER.crc >> 2] = crc32(bytes.subarray(0, FILE_HEADER.crc))
  return bytes
}

export function isRecording(head: Uint8Array): boolean {
  return MAGIC.equals(head.subarray(0, MAGIC.length))
}

export function decodeFileHeader(head: Buffer): FileHeader | HeaderFault {
  if (head.length < MAGIC.length && MAGIC.subarray(0, head.length).equals(head)) return 'truncated'
  if (!isRecording(head)) return 'foreign'
  if (head.length < FILE_HEADER.SIZE) return 'truncated'
  const bytes = head.subarray(0, FILE_HEADER.SIZE)
  if (readWord(bytes, FILE_HEADER.mark) !== ENDIAN_MARK) {
    return otherEndian(bytes, FILE_HEADER.mark) === ENDIAN_MARK ? 'byte order' : 'damaged'
  }
  if (readWord(bytes, FILE_HEADER.version) > VERSION) return 'newer'
  if (readWord(bytes, FILE_HEADER.crc) !== crc32(bytes.subarray(0, FILE_HEADER.crc))) return 'damaged'
  const run = bytes.toString('hex', FILE_HEADER.run, FILE_HEADER.run + RUN_BYTES)
  return { part: readWord(bytes, FILE_HEADER.part), run, version: readWord(bytes, FILE_HEADER.version) }
}

/** What stands before the frames of a block. */
export function encodeBlockHeader(payload: Buffer, number: number, latestMs: number): Buffer {
  const head = Buffer.alloc(BLOCK_HEADER.SIZE)
  const words = wordsOf(head)
  BLOCK_MAGIC.copy(head)
  words[BLOCK_HEADER.bytes >> 2] = payload.length
  words[BLOCK_HEADER.number >> 2] = number
  words[BLOCK_HEADER.payloadCrc >> 2] = crc32(payload)
  new Float64Array(head.buffer)[BLOCK_HEADER.latestMs >> 3] = latestMs
  words[BLOCK_HEADER.crc >> 2] = crc32(head.subarray(0, BLOCK_HEADER.crc))
  return head
}

export interface BlockHeader {
  /** Of the payload. */
  bytes: number
  number: number
  payloadCrc: number
}

/** Undefined where no block begins. */
export function decodeBlockHeader(head: Buffer): BlockHeader | undefined {
  if (head.length < BLOCK_HEADER.SIZE || !BLOCK_MAGIC.equals(head.subarray(0, BLOCK_MAGIC.length))) return undefined
  if (readWord(head, BLOCK_HEADER.crc) !== crc32(head.subarray(0, BLOCK_HEADER.crc))) return undefined
  const bytes = readWord(head, BLOCK_HEADER.bytes)
  if (bytes > BLOCK_LIMIT || bytes % FRAME_BYTES !== 0) return undefined
  return { bytes, number: readWord(head, BLOCK_HEADER.number), payloadCrc: readWord(head, BLOCK_HEADER.payloadCrc) }
}

const isLittle = endianness() === 'LE'

function readWord(bytes: Buffer, at: number): number {
  return isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
}

function otherEndian(bytes: Buffer, at: number): number {
  return isLittle ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)
}

/** Of a buffer of its own, as Buffer.alloc() makes: it begins at a multiple of eight. */
function wordsOf(bytes: Buffer): Uint32Array {
  return new Uint32Array(bytes.buffer, 0, bytes.length >> 2)
}
