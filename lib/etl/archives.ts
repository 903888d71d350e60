/**
 * Recordings as they are handed around: gzipped, or in a .zip. They are expanded while they are read,
 * also from a pipe: nothing is written to disk, and what is in memory does not depend on their size.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { KernelwireError } from '../errors.js'
import { isPipe, peek, streamOf } from '../recording/pipes.js'
import { ByteReader } from './archive/byte-reader.js'
import { type Expanded, expanded } from './archive/expanded.js'
import { piecesOf } from './archive/file-pieces.js'
import { gunzip } from './archive/gzip.js'
import type { Pieces } from './archive/inflate.js'
import { zipEntries, zipInPipe } from './archive/zip.js'

/** One recording: a file, or what is in an archive. */
export interface Part {
  /** As messages name it. */
  name: string
  path: string
  /** Of an archive, its bytes. A file that lies there as it is has none. */
  open: (() => Promise<Expanded>) | undefined
  /** Whether it is gone once it was read. */
  isOnce: boolean
}

const HEAD_BYTES = 6
const ZIP = [0x50, 0x4b, 3, 4]
/** With nothing in it: its end is its beginning. */
const EMPTY_ZIP = [0x50, 0x4b, 5, 6]
const GZIP = [0x1f, 0x8b]

const OTHERS: readonly [kind: string, head: readonly number[], command: string][] = [
  ['a part of a split .zip', [0x50, 0x4b, 7, 8], '7z x'],
  ['a 7z archive', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], '7z x'],
  ['an .xz file', [0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz -d'],
  ['a .zst file', [0x28, 0xb5, 0x2f, 0xfd], 'zstd -d'],
  ['a .bz2 file', [0x42, 0x5a, 0x68], 'bzip2 -d'],
  ['a .rar archive', [0x52, 0x61, 0x72, 0x21], 'unrar x'],
  ['a .cab archive', [0x4d, 0x53, 0x43, 0x46], 'cabextract'],
]

/** Whether a file that begins like this is an archive that is read, or one that is refused by its name. */
export function isArchive(head: Uint8Array): boolean {
  return isZip(head) || begins(head, GZIP) || OTHERS.some(([, other]) => begins(head, other))
}

/** The recordings in a file: of an archive on disk as many as it has. */
export async function partsOf(path: string): Promise<Part[]> {
  const isOnce = await isPipe(path)
  const head = isOnce ? await peek(path, HEAD_BYTES) : await headOf(path)
  if (begins(head, GZIP)) return [{ name: path, path, open: () => gunzipped(path, isOnce), isOnce }]
  if (isZip(head)) return isOnce ? [pipedZip(path)] : await entriesOf(path)
  const other = OTHERS.find(([, start]) => begins(head, start))
  if (other === undefined) return [{ name: path, path, open: undefined, isOnce }]
  throw new KernelwireError('ERR_RECORDING_FOREIGN', `${path} is ${other[0]}; unpack it first: ${other[2]} FILE`)
}

async function gunzipped(path: string, isOnce: boolean): Promise<Expanded> {
  const stream = isOnce ? await streamOf(path) : undefined
  const packed = new ByteReader(stream ?? piecesOf(path))
  return expanded({ content: closing(packed, gunzip(packed)), path, packedBytes: () => packed.position, stream })
}

async function* closing(packed: ByteReader, content: Pieces): Pieces {
  try {
    return yield* content
  } finally {
    await packed.close()
  }
}

function pipedZip(path: string): Part {
  return { name: path, path, isOnce: true, open: async () => zipInPipe(await streamOf(path), path) }
}

async function entriesOf(path: string): Promise<Part[]> {
  const entries = await zipEntries(path)
  return entries.map((entry) => ({
    name: `${path}: ${entry.name}`,
    path,
    isOnce: false,
    open: async () => entry.open(),
  }))
}

async function headOf(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    throw new KernelwireError('ERR_FILE_READ', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  } finally {
    await file?.close()
  }
}

function isZip(head: Uint8Array): boolean {
  return begins(head, ZIP) || begins(head, EMPTY_ZIP)
}

function begins(head: Uint8Array, start: readonly number[]): boolean {
  return head.length >= start.length && start.every((byte, index) => head[index] === byte)
}
