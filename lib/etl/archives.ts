/**
 * Recordings as they are handed around: gzipped, or in a .zip. They are expanded while they are read,
 * also from a pipe: nothing is written to disk, and what is in memory does not depend on their size.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Unzip, UnzipInflate } from 'fflate'
import { KernelwireError } from '../errors.js'
import { isPipe, peek, streamOf } from '../recording/pipes.js'

/** One recording: a file, or what is in an archive. */
export interface Part {
  /** As messages name it. */
  name: string
  path: string
  /** Of an archive, its bytes. A file that lies there as it is has none. */
  open: (() => Promise<Readable>) | undefined
  /** Whether it is gone once it was read. */
  isOnce: boolean
}

/** Real recordings shrink to a fifth; what grows by more than that, beyond so much, is made to exhaust us. */
const GROWTH_MAX = 256
const GROWTH_FREE = 2 ** 30
/** Deflate makes at most 1032 bytes of one: 16 MiB of each of these. */
const PIECE_BYTES = 2 ** 14
const PARTS_MAX = 1_024

const HEAD_BYTES = 6
const ZIP = [0x50, 0x4b, 3, 4]
const GZIP = [0x1f, 0x8b]

const OTHERS: readonly [kind: string, head: readonly number[], command: string][] = [
  ['a 7z archive', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], '7z x'],
  ['an .xz file', [0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz -d'],
  ['a .zst file', [0x28, 0xb5, 0x2f, 0xfd], 'zstd -d'],
  ['a .bz2 file', [0x42, 0x5a, 0x68], 'bzip2 -d'],
  ['a .rar archive', [0x52, 0x61, 0x72, 0x21], 'unrar x'],
  ['a .cab archive', [0x4d, 0x53, 0x43, 0x46], 'cabextract'],
]

/** Whether a file that begins like this is an archive that is read, or one that is refused by its name. */
export function isArchive(head: Uint8Array): boolean {
  return begins(head, ZIP) || begins(head, GZIP) || OTHERS.some(([, other]) => begins(head, other))
}

/** The recordings in a file: of an archive on disk as many as it has. */
export async function partsOf(path: string): Promise<Part[]> {
  const isOnce = await isPipe(path)
  const head = isOnce ? await peek(path, HEAD_BYTES) : await headOf(path)
  if (begins(head, GZIP)) return [{ name: path, path, open: () => gunzipped(path), isOnce }]
  if (begins(head, ZIP)) return isOnce ? [zipped(path, 0, path, true)] : await entriesOf(path)
  const other = OTHERS.find(([, start]) => begins(head, start))
  if (other === undefined) return [{ name: path, path, open: undefined, isOnce }]
  throw new KernelwireError('ERR_RECORDING_FOREIGN', `${path} is ${other[0]}; unpack it first: ${other[2]} FILE`)
}

async function gunzipped(path: string): Promise<Readable> {
  const gunzip = createGunzip({ chunkSize: 2 ** 18 })
  let bytes = 0
  gunzip.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (isTooMuch(bytes, gunzip.bytesWritten)) gunzip.destroy(bomb(path))
  })
  gunzip.pause()
  // Whoever reads it is told of errors.
  pipeline(await streamOf(path), gunzip, () => undefined)
  return gunzip
}

function zipped(path: string, number: number, name: string, isOnce: boolean): Part {
  return { name, path, isOnce, open: async () => Readable.from(entry(await streamOf(path), path, number, isOnce)) }
}

async function entriesOf(path: string): Promise<Part[]> {
  const names: string[] = []
  const unzip = new Unzip(({ name }) => {
    if (isRecording(name)) names.push(name)
  })
  for await (const piece of piecesOf(await streamOf(path), path)) unzip.push(piece)
  if (names.length === 0) throw new KernelwireError('ERR_RECORDING_FOREIGN', `${path} is an archive with no .etl in it`)
  if (names.length > PARTS_MAX) {
    throw new KernelwireError('ERR_RECORDING_FOREIGN', `${path} has ${names.length} recordings; unpack those you want`)
  }
  return names.map((name, number) => zipped(path, number, `${path}: ${name}`, false))
}

/** The bytes of the recording with this number in an archive. `isOnly`: there must be no other one. */
async function* entry(stream: Readable, path: string, number: number, isOnly: boolean): AsyncGenerator<Uint8Array> {
  let found = 0
  let isWhole = false
  let chunks: Uint8Array[] = []
  let [packed, unpacked] = [0, 0]
  const unzip = new Unzip((file) => {
    if (!isRecording(file.name)) return
    if (found++ !== number) {
      if (isOnly)
        throw unreadable(path, 'the archive has several recordings; name the archive as a file to have them all')
      return
    }
    file.ondata = (error, data, isLast) => {
      if (error) throw unreadable(path, error.message)
      unpacked += data.length
      if (isTooMuch(unpacked, packed)) throw bomb(path)
      if (data.length > 0) chunks.push(data)
      isWhole = isLast
    }
    file.start()
  })
  unzip.register(UnzipInflate)
  for await (const piece of piecesOf(stream, path)) {
    packed += piece.length
    try {
      unzip.push(piece)
    } catch (cause) {
      throw cause instanceof KernelwireError ? cause : unreadable(path, (cause as Error).message)
    }
    yield* chunks
    chunks = []
    if (isWhole && !isOnly) return
  }
  if (found === 0) throw new KernelwireError('ERR_RECORDING_FOREIGN', `${path} is an archive with no .etl in it`)
  if (!isWhole) throw unreadable(path, 'the archive breaks off')
}

async function* piecesOf(stream: Readable, path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) yield chunk.subarray(at, at + PIECE_BYTES)
    }
  } catch (cause) {
    throw cause instanceof KernelwireError ? cause : unreadable(path, (cause as Error).message)
  }
}

/** Not what a Mac puts beside it. */
function isRecording(name: string): boolean {
  return /\.etl$/i.test(name) && !/(^|[/\\])\._/.test(name)
}

export function isTooMuch(unpacked: number, packed: number): boolean {
  return unpacked > GROWTH_FREE && unpacked > packed * GROWTH_MAX
}

function bomb(path: string): KernelwireError {
  return unreadable(path, 'it grows beyond all measure when it is expanded')
}

function unreadable(path: string, why: string): KernelwireError {
  return new KernelwireError('ERR_FILE_READ', `cannot read ${path}: ${why}`)
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

function begins(head: Uint8Array, start: readonly number[]): boolean {
  return head.length >= start.length && start.every((byte, index) => head[index] === byte)
}
