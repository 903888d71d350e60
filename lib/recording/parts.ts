/** The files of one recording, one after the other. */
import { KernelwireError } from '../errors.js'
import { type FileHeader, type HeaderFault, VERSION } from './format.js'
import { type Input, openInput } from './input.js'
import { BlockReader, type Damage } from './reader.js'

interface Part {
  path: string
  input: Input
  header: FileHeader
  reader: BlockReader
}

export class Parts {
  readonly damage: Damage = { blocks: 0, bytes: 0, entries: 0, isCut: false }
  readonly #parts: Part[] = []
  #current = 0
  #isClosed = false
  /** The file that is read now was closed by its writer. */
  #hasEnd = false

  /** In any order. Throws where one is no recording, or where they do not belong together. */
  static async open(paths: readonly string[], isFollowing: () => boolean): Promise<Parts> {
    const parts = new Parts()
    try {
      for (const path of paths) await parts.#add(path, () => isFollowing() && !parts.#isClosed && !parts.#hasEnd)
      parts.#order()
      return parts
    } catch (error) {
      await parts.close()
      throw error
    }
  }

  get name(): string {
    return this.#parts[0]!.path
  }

  /** Of the oldest who wrote one of them. */
  get version(): number {
    return Math.min(...this.#parts.map(({ header }) => header.version ?? VERSION))
  }

  /** Whether the block that was read last is of the first file. */
  get isFirst(): boolean {
    return this.#current === 0
  }

  /** Whether there are files behind this one. */
  get hasMore(): boolean {
    return this.#current < this.#parts.length - 1
  }

  /** There is nothing behind this in the file. */
  ended(): void {
    this.#hasEnd = true
  }

  async block(): Promise<ArrayBuffer | undefined> {
    for (;;) {
      const block = await this.#parts[this.#current]!.reader.block()
      if (block !== undefined) return block
      if (!this.#hasEnd) this.damage.isCut = true
      if (!this.hasMore) return undefined
      this.#current++
      this.#hasEnd = false
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#parts.map(({ input }) => input.close()))
  }

  async #add(path: string, isFollowing: () => boolean): Promise<void> {
    const input = await openInput(path)
    const reader = new BlockReader(input, this.damage, isFollowing)
    const part = { path, input, reader, header: { part: 0, run: '' } }
    this.#parts.push(part)
    const header = await reader.header()
    if (typeof header === 'string') throw refusal(path, header)
    part.header = header
  }

  #order(): void {
    const parts = this.#parts.sort((a, b) => a.header.part - b.header.part)
    const first = parts[0]!.header
    for (const [i, { path, header }] of parts.entries()) {
      if (header.run === first.run && header.part === first.part + i) continue
      throw new KernelwireError(
        'ERR_OPTION',
        `${path} does not go on where ${parts[i - 1]!.path} ends; name the parts of one recording, none left out`,
      )
    }
  }
}

function refusal(path: string, fault: HeaderFault): KernelwireError {
  switch (fault) {
    case 'newer':
      return new KernelwireError('ERR_RECORDING_VERSION', `${path} was written by a newer kernelwire; update this one`)
    case 'byte order':
      return new KernelwireError(
        'ERR_RECORDING_VERSION',
        `${path} comes from a machine of another byte order; replay it on one like that`,
      )
    case 'foreign':
      return new KernelwireError('ERR_RECORDING_FOREIGN', `${path} is no recording of kernelwire`)
    case 'truncated':
      return new KernelwireError('ERR_RECORDING_DAMAGED', `${path} breaks off before the recording begins`)
    default:
      return new KernelwireError('ERR_RECORDING_DAMAGED', `the header of ${path} is damaged; copy the file again`)
  }
}
