/**
 * Text to a stream, with nothing waiting in between: write() ends when the operating system has
 * taken the text, so that a slow reader slows its writer down.
 */
import type { Writable } from 'node:stream'

/** The reader went away: an ordinary end for a program in a pipe. */
export class ReaderGone extends Error {}

export class Writer {
  readonly #stream: Writable
  #error: Error | undefined

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', (error) => {
      this.#error ??= error
    })
  }

  async write(text: string): Promise<void> {
    if (this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#stream.write(text, (error) => {
          if (error) this.#error ??= error
          resolve()
        })
      })
    }
    if (this.#error !== undefined) throw failure(this.#error)
  }
}

function failure(error: NodeJS.ErrnoException): Error {
  return error.code === 'EPIPE' ? new ReaderGone('the reader is gone', { cause: error }) : error
}
