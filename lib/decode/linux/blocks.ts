/**
 * Blocks of arguments or environment, put together from their pieces.
 *
 * A program sends the pieces of a block in order, and then the image they belong to, without
 * anything of its own CPU in between: so there is at most one block of a kind under way on a CPU.
 */
import { type Bytes, newBytes, type Records } from '../../records.js'
import { BLOCK_LIMIT, BULK, HEADER } from './layout.js'

/** Of all blocks that are under way: only a forged recording comes near it. */
const BYTES_MAX = 64 * 2 ** 20

export interface Block {
  bytes: Bytes
  /** The first bytes of it are in the image's own record. */
  first: number
  received: number
  pieces: number
  pid: number
  startLow: number
}

export class Blocks {
  readonly #byCpu = new Map<number, Block>()
  readonly #onDropped: (pieces: number) => void
  #bytes = 0

  constructor(onDropped: (pieces: number) => void) {
    this.#onDropped = onDropped
  }

  /** False for a record that makes no sense. */
  add(records: Records, at: number): boolean {
    if (records.length(at) < BULK.SIZE) return false
    const word = at >>> 2
    const offset = records.u32[word + (BULK.offset >> 2)]!
    const total = records.u32[word + (BULK.total >> 2)]!
    const length = records.u32[word + (BULK.length >> 2)]!
    if (records.length(at) < BULK.SIZE + length || total > BLOCK_LIMIT || offset + length > total) return false

    const block = this.#blockFor(records, at, offset, total)
    if (block === undefined) {
      this.#onDropped(1)
      return true
    }
    records.u8.copy(block.bytes, offset, at + BULK.SIZE, at + BULK.SIZE + length)
    block.received = offset + length
    block.pieces++
    return true
  }

  /**
   * The whole block that precedes the image at `at`; undefined when a part of it is missing.
   * `first`: how much of it the image's own record has.
   */
  take(records: Records, at: number, first: number): Block | undefined {
    if (this.#byCpu.size === 0) return undefined
    const cpu = records.u16[(at + HEADER.cpu) >>> 1]!
    const block = this.#byCpu.get(cpu)
    if (block === undefined) return undefined
    this.#remove(cpu, block)
    const isWhole = block.first === first && block.received === block.bytes.length
    if (isWhole && belongs(block, records, at)) return block
    this.#onDropped(block.pieces)
    return undefined
  }

  /** Drops what can no longer be completed. */
  clear(): void {
    for (const block of this.#byCpu.values()) this.#onDropped(block.pieces)
    this.#byCpu.clear()
    this.#bytes = 0
  }

  #remove(cpu: number, block: Block): void {
    this.#byCpu.delete(cpu)
    this.#bytes -= block.bytes.length
  }

  #blockFor(records: Records, at: number, offset: number, total: number): Block | undefined {
    const cpu = records.u16[(at + HEADER.cpu) >>> 1]!
    const known = this.#byCpu.get(cpu)
    if (known !== undefined) {
      const continues = belongs(known, records, at) && known.received === offset && known.bytes.length === total
      if (continues) return known
      this.#remove(cpu, known)
      this.#onDropped(known.pieces)
    }
    if (this.#bytes + total > BYTES_MAX) return undefined
    this.#bytes += total
    const word = at >>> 2
    const block = {
      bytes: newBytes(total),
      first: offset,
      received: offset,
      pieces: 0,
      pid: records.u32[word + (HEADER.pid >> 2)]!,
      startLow: records.u32[word + (HEADER.start_boot_ns >> 2)]!,
    }
    this.#byCpu.set(cpu, block)
    return block
  }
}

function belongs(block: Block, records: Records, at: number): boolean {
  const word = at >>> 2
  return (
    block.pid === records.u32[word + (HEADER.pid >> 2)]! &&
    block.startLow === records.u32[word + (HEADER.start_boot_ns >> 2)]!
  )
}
