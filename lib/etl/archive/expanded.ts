/** What comes out of an archive, and what was wrong with it so far. */
import type { Readable } from 'node:stream'
import { KernelwireError } from '../../errors.js'
import type { ArchiveDefect } from './defects.js'
import type { Pieces } from './inflate.js'

/** Real recordings shrink to a fifth; what grows by more than that, beyond so much, is made to exhaust us. */
const GROWTH_MAX = 256
const GROWTH_FREE = 2 ** 30

export interface Expanded extends AsyncIterable<Buffer> {
  readonly defects: Partial<Record<ArchiveDefect, number>>
  /** Also while it waits for more. */
  close(): void
}

export interface Packed {
  content: Pieces
  path: string
  /** How many were read so far. */
  packedBytes: () => number
  /** A wait for the next bytes of it ends when it is closed. */
  stream?: Readable | undefined
  /** What is wrong already. */
  before?: ArchiveDefect | undefined
}

export function expanded({ content, path, packedBytes, stream, before }: Packed): Expanded {
  const defects: Expanded['defects'] = before === undefined ? {} : { [before]: 1 }
  async function* chunks(): AsyncGenerator<Buffer> {
    let bytes = 0
    try {
      for (;;) {
        const { value, done } = await content.next()
        if (done === true) {
          if (value !== undefined) defects[value] = (defects[value] ?? 0) + 1
          return
        }
        bytes += value.length
        if (isTooMuch(bytes, packedBytes())) throw unreadable(path, 'it grows beyond all measure when it is expanded')
        yield value
      }
    } catch (cause) {
      throw cause instanceof KernelwireError ? cause : unreadable(path, (cause as Error).message)
    } finally {
      await content.return(undefined)
    }
  }
  const iterator = chunks()
  const close = () => {
    stream?.destroy()
    iterator.return(undefined).catch(() => undefined)
  }
  return { defects, close, [Symbol.asyncIterator]: () => iterator }
}

export function isTooMuch(unpacked: number, packed: number): boolean {
  return unpacked > GROWTH_FREE && unpacked > packed * GROWTH_MAX
}

export function unreadable(path: string, why: string): KernelwireError {
  return new KernelwireError('ERR_FILE_READ', `cannot read ${path}: ${why}`)
}
