/** A .gz: one member or several, one after the other (RFC 1952). */
import type { ByteReader } from './byte-reader.js'
import { checked } from './checked.js'
import type { ArchiveDefect } from './defects.js'
import { inflate, type Pieces } from './inflate.js'

const HEADER_BYTES = 10
const TRAILER_BYTES = 8
const DEFLATE = 8
const FLAG = { HEADER_CRC: 2, EXTRA: 4, NAME: 8, COMMENT: 16, RESERVED: 0xe0 } as const
const CUT = 'archiveCut'

export async function* gunzip(packed: ByteReader): Pieces {
  let found: ArchiveDefect | undefined
  for (let member = 0; ; member++) {
    const header = await skipHeader(packed, member === 0)
    if (header === 'end') return found
    if (header !== undefined) return header
    const content = checked(inflate(packed), async ({ bytes }) => {
      const trailer = await packed.exactly(TRAILER_BYTES)
      if (trailer.length < TRAILER_BYTES) return CUT
      // The length is kept modulo 2^32.
      const isLength = trailer.readUInt32LE(4) === bytes % 2 ** 32
      return { crc: trailer.readUInt32LE(0), bytes: isLength ? bytes : -1 }
    })
    const defect = yield* content
    // Where a member with broken data ends, nothing says; behind one with a wrong checksum the next one begins.
    if (defect === 'archiveChecksum') found = defect
    else if (defect !== undefined) return defect
  }
}

async function skipHeader(packed: ByteReader, isFirst: boolean): Promise<ArchiveDefect | 'end' | undefined> {
  const header = isFirst ? await packed.exactly(HEADER_BYTES) : await headerBehind(packed)
  if (header.length === 0) return isFirst ? CUT : 'end'
  const isMember = header[0] === 0x1f && (header.length < 2 || header[1] === 0x8b)
  if (!isMember) return 'archiveRest'
  if (header.length < HEADER_BYTES) return CUT
  const flags = header[3]!
  if (header[2] !== DEFLATE || (flags & FLAG.RESERVED) !== 0) return isFirst ? 'archiveData' : 'archiveRest'
  if ((flags & FLAG.EXTRA) !== 0) {
    const length = await packed.exactly(2)
    if (length.length < 2 || !(await packed.skip(length.readUInt16LE(0)))) return CUT
  }
  if ((flags & FLAG.NAME) !== 0 && !(await skipText(packed))) return CUT
  if ((flags & FLAG.COMMENT) !== 0 && !(await skipText(packed))) return CUT
  if ((flags & FLAG.HEADER_CRC) !== 0 && !(await packed.skip(2))) return CUT
  return undefined
}

/** Tapes and disks fill up with zeros what they keep. */
async function headerBehind(packed: ByteReader): Promise<Buffer> {
  for (;;) {
    const piece = await packed.some(2 ** 16)
    if (piece.length === 0) return piece
    const at = piece.findIndex((byte) => byte !== 0)
    if (at < 0) continue
    packed.unread(piece.subarray(at))
    return packed.exactly(HEADER_BYTES)
  }
}

async function skipText(packed: ByteReader): Promise<boolean> {
  for (;;) {
    const piece = await packed.some(2 ** 10)
    if (piece.length === 0) return false
    const end = piece.indexOf(0)
    if (end < 0) continue
    packed.unread(piece.subarray(end + 1))
    return true
  }
}
