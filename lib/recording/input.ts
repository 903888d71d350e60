/** Where the bytes of a recording come from: a file, or a pipe. */
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { isPipe, streamOf, unreadable } from './pipes.js'

export interface Input {
  /** How many bytes were read, one at least; 0 at the end. */
  read(into: Uint8Array): Promise<number>
  /** How many there are in all; infinite where that is not known. */
  size(): Promise<number>
  /** Whether more may come behind its end. */
  readonly canGrow: boolean
  close(): Promise<void>
}

export async function openInput(path: string): Promise<Input> {
  if (await isPipe(path)) return new PipeInput(path, await streamOf(path))
  const file = await open(path, 'r').catch((cause) => {
    throw unreadable(path, cause)
  })
  return new FileInput(path, file)
}

class FileInput implements Input {
  readonly canGrow = true
  readonly #path: string
  readonly #file: FileHandle

  constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  async read(into: Uint8Array): Promise<number> {
    const { bytesRead } = await this.#file.read(into, 0, into.length, null).catch((cause) => {
      throw unreadable(this.#path, cause)
    })
    return bytesRead
  }

  async size(): Promise<number> {
    return (await this.#file.stat()).size
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

class PipeInput implements Input {
  readonly canGrow = false
  readonly #path: string
  readonly #stream: Readable
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(path: string, stream: Readable) {
    this.#path = path
    this.#stream = stream
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#chunks.next().catch((cause) => {
        throw unreadable(this.#path, cause)
      })
      if (done === true) return 0
      this.#rest = value
    }
    const count = Math.min(into.length, this.#rest.length)
    into.set(this.#rest.subarray(0, count))
    this.#rest = this.#rest.subarray(count)
    return count
  }

  async size(): Promise<number> {
    return Number.POSITIVE_INFINITY
  }

  async close(): Promise<void> {
    this.#stream.destroy()
  }
}
