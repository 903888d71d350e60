/** A file that can be read anywhere, piece by piece. */
import { type FileHandle, open } from 'node:fs/promises'

const PIECE_BYTES = 2 ** 16

/** Each piece is gone when the next one comes: all are in one memory, which nothing has to collect. */
export async function* piecesFrom(file: FileHandle, from: number, to = Number.POSITIVE_INFINITY) {
  const memory = Buffer.allocUnsafeSlow(PIECE_BYTES)
  for (let at = from; at < to; ) {
    const { bytesRead } = await file.read(memory, 0, Math.min(PIECE_BYTES, to - at), at)
    if (bytesRead === 0) return
    at += bytesRead
    yield memory.subarray(0, bytesRead)
  }
}

export async function* piecesOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r')
  try {
    yield* piecesFrom(file, 0)
  } finally {
    await file.close()
  }
}

/** Fewer where the file ends before. */
export async function readAt(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, at)
  return buffer.subarray(0, bytesRead)
}
