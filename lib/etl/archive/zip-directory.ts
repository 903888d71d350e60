/**
 * The directory at the end of a .zip: what is an entry, only it says. Whatever it claims is compared with
 * what is there; one that is not right in all of it is none.
 */
import type { FileHandle } from 'node:fs/promises'
import { ByteReader } from './byte-reader.js'
import { piecesFrom, readAt } from './file-pieces.js'
import { isRecording, nameOf, SIGNATURE, UNKNOWN, widened, type ZipEntry } from './zip-entry.js'
import { LOCAL_BYTES } from './zip-walk.js'

export interface Placed extends ZipEntry {
  /** Where its local header is, */
  headerAt: number
  /** and where its data are. */
  at: number
}

export interface Directory {
  at: number
  recordings: Placed[]
  /** Entries that are archives themselves. */
  archives: number
}

const END_BYTES = 22
const END64_BYTES = 56
const LOCATOR_BYTES = 20
const CENTRAL_BYTES = 46
const COMMENT_MAX = 0xffff
const UNKNOWN_COUNT = 0xffff
/** All are read at a time, each by a reader with memory of its own. */
export const RECORDINGS_MAX = 64

interface Extent {
  at: number
  bytes: number
  entries: number
}

/** Undefined: there is none, or it is wrong. Its entries have no place yet. */
export async function readDirectory(file: FileHandle): Promise<Directory | undefined> {
  const extent = await findDirectory(file, (await file.stat()).size)
  return extent && (await readEntries(file, extent))
}

/** Finds the data of its recordings. Returns whether all of them are where it says. */
export async function place(file: FileHandle, { recordings, at: end }: Directory): Promise<boolean> {
  for (const entry of recordings) {
    const at = await dataOf(file, entry, end)
    if (at === undefined) return false
    entry.at = at
  }
  return true
}

/** Whether two of them have data in common: so a small archive holds the same over and over. */
export function doOverlap(entries: readonly Placed[]): boolean {
  const sorted = [...entries].sort((one, other) => one.headerAt - other.headerAt)
  return sorted.some(({ headerAt }, index) => {
    const before = sorted[index - 1]
    return before !== undefined && headerAt < before.at + before.packedBytes
  })
}

async function findDirectory(file: FileHandle, size: number): Promise<Extent | undefined> {
  const start = Math.max(0, size - END_BYTES - COMMENT_MAX)
  const tail = await readAt(file, start, size - start)
  const at = findEnd(tail)
  if (at === undefined) return undefined
  const end = tail.subarray(at)
  const isSplit = end.readUInt16LE(4) !== end.readUInt16LE(6)
  const extent = { entries: end.readUInt16LE(10), bytes: end.readUInt32LE(12), at: end.readUInt32LE(16) }
  const isWide = extent.entries === UNKNOWN_COUNT || extent.bytes === UNKNOWN || extent.at === UNKNOWN
  const wide = isWide ? await findWide(file, start + at) : undefined
  const { before, ...found } = wide ?? { ...extent, before: start + at }
  return isSplit || found.at + found.bytes > before ? undefined : found
}

/** The last one whose comment reaches to the end of the file. */
function findEnd(tail: Buffer): number | undefined {
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== SIGNATURE.END) continue
    if (at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length) return at
  }
  return undefined
}

async function findWide(file: FileHandle, endAt: number): Promise<(Extent & { before: number }) | undefined> {
  if (endAt < LOCATOR_BYTES) return undefined
  const locator = await readAt(file, endAt - LOCATOR_BYTES, LOCATOR_BYTES)
  if (locator.length < LOCATOR_BYTES || locator.readUInt32LE(0) !== SIGNATURE.LOCATOR64) return undefined
  const before = Number(locator.readBigUInt64LE(8))
  if (before + END64_BYTES > endAt - LOCATOR_BYTES) return undefined
  const end = await readAt(file, before, END64_BYTES)
  if (end.length < END64_BYTES || end.readUInt32LE(0) !== SIGNATURE.END64) return undefined
  const [entries, bytes, at] = [32, 40, 48].map((place) => Number(end.readBigUInt64LE(place)))
  return { entries: entries!, bytes: bytes!, at: at!, before }
}

async function readEntries(file: FileHandle, { at, bytes, entries }: Extent): Promise<Directory | undefined> {
  const packed = new ByteReader(piecesFrom(file, at, at + bytes))
  const directory: Directory = { at, recordings: [], archives: 0 }
  let count = 0
  for (; packed.position < bytes; count++) {
    const header = await packed.exactly(CENTRAL_BYTES)
    if (header.length < CENTRAL_BYTES || header.readUInt32LE(0) !== SIGNATURE.CENTRAL) return undefined
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) => header.readUInt16LE(place))
    const name = await packed.exactly(nameBytes!)
    const extra = await packed.exactly(extraBytes!)
    if (name.length < nameBytes! || extra.length < extraBytes! || !(await packed.skip(commentBytes!))) return undefined
    const text = nameOf(name)
    if (isArchiveName(text)) directory.archives++
    if (!isRecording(text)) continue
    const sizes = widened([header.readUInt32LE(24), header.readUInt32LE(20), header.readUInt32LE(42)], extra)
    if (sizes === undefined) return undefined
    directory.recordings.push({
      name: text,
      flags: header.readUInt16LE(8),
      method: header.readUInt16LE(10),
      crc: header.readUInt32LE(16),
      bytes: sizes[0]!,
      packedBytes: sizes[1]!,
      headerAt: sizes[2]!,
      at: 0,
    })
    if (directory.recordings.length > RECORDINGS_MAX) break
  }
  const isWhole = directory.recordings.length > RECORDINGS_MAX || count === entries
  return isWhole ? directory : undefined
}

/** Undefined: there is no such entry. */
async function dataOf(file: FileHandle, entry: Placed, end: number): Promise<number | undefined> {
  if (entry.headerAt + LOCAL_BYTES > end) return undefined
  const local = await readAt(file, entry.headerAt, LOCAL_BYTES)
  if (local.length < LOCAL_BYTES || local.readUInt32LE(0) !== SIGNATURE.LOCAL) return undefined
  const at = entry.headerAt + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28)
  const isSame = local.readUInt16LE(8) === entry.method
  return at + entry.packedBytes <= end && isSame ? at : undefined
}

function isArchiveName(name: string): boolean {
  return /\.(zip|gz|7z|cab|xz|zst|bz2|rar)$/i.test(name)
}
