/**
 * Blocks out of a file, one at a time: what is damaged is skipped and counted, a file that breaks off
 * ends with its last whole block. Reads forward only, so a pipe will do.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import {
  BLOCK_HEADER_BYTES,
  BLOCK_MAGIC,
  type BlockHeader,
  decodeBlockHeader,
  decodeFileHeader,
  FILE_HEADER_BYTES,
  type FileHeader,
  type HeaderFault,
} from './format.js'
import type { Input } from './input.js'

const CHUNK_BYTES = 64 * 2 ** 10
/** How often a file that is still written is looked at. */
const FOLLOW_MS = 200

/** What a recording lacks. */
export interface Damage {
  /** Blocks that are not there or not what was written. */
  blocks: number
  /** Bytes that were skipped. */
  bytes: number
  /** Entries that make no sense in blocks that are whole. */
  entries: number
  /** It breaks off: it was not closed, or is still written. */
  isCut: boolean
}

export class BlockReader {
  readonly #input: Input
  readonly #damage: Damage
  readonly #isFollowing: () => boolean
  /** Read and not used yet. */
  #ahead = Buffer.alloc(0)
  #next = 0

  /** `isFollowing`: whether to wait for more where the file ends. */
  constructor(input: Input, damage: Damage, isFollowing: () => boolean) {
    this.#input = input
    this.#damage = damage
    this.#isFollowing = isFollowing
  }

  async header(): Promise<FileHeader | HeaderFault> {
    await this.#fill(FILE_HEADER_BYTES)
    const header = decodeFileHeader(this.#ahead)
    this.#ahead = this.#ahead.subarray(FILE_HEADER_BYTES)
    return header
  }

  /** Frames in memory of their own; undefined at the end. */
  async block(): Promise<ArrayBuffer | undefined> {
    for (;;) {
      const header = await this.#blockHeader()
      if (header === undefined) return undefined
      if (header.number > this.#next) this.#damage.blocks += header.number - this.#next
      this.#next = header.number + 1
      const payload = await this.#payload(header.bytes)
      if (payload === undefined) return undefined
      if (crc32(new Uint8Array(payload)) === header.payloadCrc) return payload
      this.#damage.blocks++
      this.#damage.bytes += header.bytes
    }
  }

  /** The next one that is whole, wherever it is. */
  async #blockHeader(): Promise<BlockHeader | undefined> {
    for (;;) {
      if (!(await this.#fill(BLOCK_HEADER_BYTES))) {
        if (this.#ahead.length > 0) this.#cut()
        return undefined
      }
      const header = decodeBlockHeader(this.#ahead)
      if (header !== undefined && header.number >= this.#next) {
        this.#ahead = this.#ahead.subarray(BLOCK_HEADER_BYTES)
        return header
      }
      this.#skipToMagic()
    }
  }

  #skipToMagic(): void {
    const found = this.#ahead.indexOf(BLOCK_MAGIC, 1)
    const skipped = found < 0 ? this.#ahead.length - BLOCK_MAGIC.length + 1 : found
    this.#damage.bytes += skipped
    this.#ahead = this.#ahead.subarray(skipped)
  }

  async #payload(bytes: number): Promise<ArrayBuffer | undefined> {
    // A header may promise what the file does not have.
    if (bytes > (await this.#input.size()) && !this.#isFollowing()) {
      this.#cut()
      return undefined
    }
    const memory = new ArrayBuffer(bytes)
    const payload = new Uint8Array(memory)
    let length = Math.min(bytes, this.#ahead.length)
    payload.set(this.#ahead.subarray(0, length))
    this.#ahead = this.#ahead.subarray(length)
    while (length < bytes) {
      const count = await this.#read(payload.subarray(length))
      if (count === 0) {
        this.#cut()
        return undefined
      }
      length += count
    }
    return memory
  }

  #cut(): void {
    this.#damage.isCut = true
    this.#damage.bytes += this.#ahead.length
    this.#ahead = Buffer.alloc(0)
  }

  /** False where the file ends before. */
  async #fill(bytes: number): Promise<boolean> {
    while (this.#ahead.length < bytes) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      const count = await this.#read(chunk)
      if (count === 0) return false
      this.#ahead = Buffer.concat([this.#ahead, chunk.subarray(0, count)])
    }
    return true
  }

  /** 0 at the end. */
  async #read(into: Uint8Array): Promise<number> {
    for (;;) {
      const count = await this.#input.read(into)
      if (count > 0 || !this.#input.canGrow || !this.#isFollowing()) return count
      await delay(FOLLOW_MS)
    }
  }
}
