/** Bytes that come in pieces of any size, taken in pieces of the reader's choice: each holds until the next is taken. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  /** How many were taken. */
  position = 0

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** At least one and at most so many; none at the end. */
  async some(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#chunks.next()
      if (done === true) return this.#rest
      this.#rest = value
    }
    return this.#take(most)
  }

  /** So many; fewer where they end before. Not for large pieces: they are copied. */
  async exactly(bytes: number): Promise<Buffer> {
    const first = await this.some(bytes)
    // A chunk may be overwritten by the next one.
    const parts = [Buffer.from(first)]
    for (let missing = bytes - first.length; missing > 0; ) {
      const part = await this.some(missing)
      if (part.length === 0) break
      parts.push(Buffer.from(part))
      missing -= part.length
    }
    return Buffer.concat(parts)
  }

  /** Returns whether there were so many. */
  async skip(bytes: number): Promise<boolean> {
    for (let missing = bytes; missing > 0; ) {
      const part = await this.some(missing)
      if (part.length === 0) return false
      missing -= part.length
    }
    return true
  }

  /** Gives the latest ones back. */
  unread(bytes: Buffer): void {
    this.position -= bytes.length
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([bytes, this.#rest])
  }

  /** Lets go of what the bytes come from. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  #take(most: number): Buffer {
    const taken = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(taken.length)
    this.position += taken.length
    return taken
  }
}
