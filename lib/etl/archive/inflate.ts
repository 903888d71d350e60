/** Deflated data, expanded as far as they make sense. */
import { createInflateRaw, type InflateRaw } from 'node:zlib'
import type { ByteReader } from './byte-reader.js'
import type { ArchiveDefect } from './defects.js'

/** Deflate makes at most 1032 bytes of one: 16 MiB of a piece. */
const PIECE_BYTES = 2 ** 14
/** What zlib made when it meets broken data is gone, up to so much. */
const CHUNK_BYTES = 2 ** 14

export type Pieces = AsyncGenerator<Buffer, ArchiveDefect | undefined>

/** What is behind the data stays in the reader. */
export async function* inflate(packed: ByteReader): Pieces {
  const engine = createInflateRaw({ chunkSize: CHUNK_BYTES })
  let made: Buffer[] = []
  let error: Error | undefined
  engine.on('data', (chunk: Buffer) => made.push(chunk))
  engine.on('error', (cause) => {
    error = cause
  })
  try {
    for (;;) {
      const piece = await packed.some(PIECE_BYTES)
      const before = engine.bytesWritten
      await (piece.length === 0 ? ended(engine) : taken(engine, piece))
      yield* made
      made = []
      if (piece.length === 0) return error === undefined ? undefined : 'archiveCut'
      if (error !== undefined) return 'archiveData'
      const used = engine.bytesWritten - before
      if (used === piece.length) continue
      packed.unread(piece.subarray(used))
      return undefined
    }
  } finally {
    engine.destroy()
  }
}

/** Of broken data zlib makes an error and nothing else. */
function taken(engine: InflateRaw, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      engine.off('error', done)
      resolve()
    }
    engine.once('error', done)
    engine.write(piece, done)
  })
}

function ended(engine: InflateRaw): Promise<void> {
  return new Promise((resolve) => {
    engine.once('end', resolve)
    engine.once('error', () => resolve())
    engine.end()
  })
}
