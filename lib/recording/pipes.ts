/** What gives each byte once: pipes, sockets, the standard input ("-"). Their first bytes can be looked at all the same. */
import { createReadStream, open } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { KernelwireError } from '../errors.js'

const openDescriptor = promisify(open)

const CHUNK_BYTES = 2 ** 20

/** Those that were looked into, for whoever opens them next: by another open, the bytes would be gone. */
const peeked = new Map<string, Readable>()

/** Whether it can be read once only. Throws where it cannot be read at all. */
export async function isPipe(path: string): Promise<boolean> {
  if (path === '-') return true
  const found = await stat(path).catch((cause: Error) => {
    throw unreadable(path, cause)
  })
  if (found.isDirectory()) {
    throw new KernelwireError('ERR_FILE_READ', `cannot read ${path}: it is a directory; name a file in it`)
  }
  return !found.isFile()
}

/** So many bytes of its beginning, fewer where it ends before; they stay in it. */
export async function peek(path: string, bytes: number): Promise<Buffer> {
  const stream = await streamOf(path)
  peeked.set(path, stream)
  // Nothing was in it, as a look before this one found.
  if (stream.readableEnded) return Buffer.alloc(0)
  const head = await firstOf(stream, bytes).catch((cause: Error) => {
    throw unreadable(path, cause)
  })
  if (head.length > 0) stream.unshift(head)
  return head
}

function firstOf(stream: Readable, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const finish = (head: Buffer) => {
      stream.off('readable', look)
      stream.off('end', end)
      stream.off('error', reject)
      resolve(head)
    }
    const look = () => {
      const head: Buffer | null = stream.read(bytes)
      if (head !== null) finish(head)
    }
    const end = () => finish(Buffer.alloc(0))
    stream.on('readable', look)
    stream.on('end', end)
    stream.on('error', reject)
  })
}

/** A named pipe as a socket: a read of a file cannot be taken back while it waits for the writer. */
export async function streamOf(path: string): Promise<Readable> {
  const before = peeked.get(path)
  peeked.delete(path)
  if (before !== undefined) return before
  if (path === '-') return process.stdin
  if (!(await stat(path)).isFIFO()) return createReadStream(path, { highWaterMark: CHUNK_BYTES })
  const fd = await openDescriptor(path, 'r').catch((cause: Error) => {
    throw unreadable(path, cause)
  })
  return new Socket({ fd, readable: true, writable: false })
}

export function unreadable(path: string, cause: Error): KernelwireError {
  return new KernelwireError('ERR_FILE_READ', `cannot read ${path}: ${cause.message}`, { cause })
}
