/**
 * Everything that leaves the program for a person or a pipe, with nothing waiting in between: a write ends when the
 * operating system has taken the text, so that a slow reader slows its writer down.
 *
 * There is no way to write text that is not escaped: lines and JSON are, here, whatever they are made of.
 */
import type { Writable } from 'node:stream'
import { lineForTerminal } from './line.js'
import { escapeForTerminal, pieces } from './ndjson.js'
import type { Frame } from './tree/screen.js'

/** The reader went away: an ordinary end for a program in a pipe. */
export class ReaderGone extends Error {}

export class Writer {
  readonly #stream: Writable
  readonly #isTerminal: () => boolean
  #error: Error | undefined

  /** `isTerminal`: whether a terminal may be what takes JSON. */
  constructor(stream: Writable, isTerminal: () => boolean) {
    this.#stream = stream
    this.#isTerminal = isTerminal
    stream.on('error', (error) => {
      this.#error ??= error
    })
  }

  /** One line for each; a line break within is escaped as all else is. */
  async lines<R>(records: readonly R[], format: (record: R) => string = String): Promise<void> {
    for (const text of pieces(records, (record) => lineForTerminal(format(record)))) await this.#write(text)
  }

  /** One value of JSON for each, as `format` makes it; to other readers than a terminal it goes as it is. */
  async json<R>(records: readonly R[], format: (record: R) => string = JSON.stringify): Promise<void> {
    for (const text of pieces(records, format)) await this.#write(this.#isTerminal() ? escapeForTerminal(text) : text)
  }

  /** The whole terminal at once. */
  async screen(frame: Frame): Promise<void> {
    await this.#write(frame)
  }

  /** Whole lines of JSON or of a table, which must stay as they are; to other readers than a terminal, byte for byte. */
  async bytes(lines: Uint8Array): Promise<void> {
    await this.#write(
      this.#isTerminal() ? escapeForTerminal(Buffer.from(lines).toString().replaceAll('\r\n', '\n')) : lines,
    )
  }

  async #write(text: string | Uint8Array): Promise<void> {
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
