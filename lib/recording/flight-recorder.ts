/** Keeps the latest of what happened in memory, to be written when something has gone wrong. */
import { RecordingFile } from './file.js'
import { nameIn, RecordingFolder } from './folder.js'
import { Journal, type Sink } from './journal.js'
import type { Meta } from './meta.js'
import { firstBlock, lastBlock, laterBlock, type Recorded, type Recorder } from './recorder.js'

/** The past is kept in stretches, each of which can be the first one of a file. */
const STRETCHES = 4

interface Stretch {
  meta: Meta
  /** Its first block, when it is made. */
  beginning: Promise<Buffer>
  blocks: { bytes: Buffer; latestMs: number }[]
  bytes: number
}

export class FlightRecorder implements Recorder, Sink {
  readonly journal = new Journal(this)
  readonly #lastMs: number
  readonly #maxBytes: number
  readonly #recorded: Recorded
  readonly #timer: NodeJS.Timeout
  readonly #stretches: Stretch[] = []
  #part = 0

  constructor(options: { lastMs: number; maxBytes: number }, recorded: Recorded) {
    this.#lastMs = options.lastMs
    this.#maxBytes = options.maxBytes
    this.#recorded = recorded
    const meta = { ...recorded.meta(), part: 0, attachedMs: recorded.attachedMs }
    this.#stretches.push({ meta, beginning: Promise.resolve(firstBlock(meta)), blocks: [], bytes: 0 })
    // Where little happens a block is never full, and time goes on all the same.
    this.#timer = setInterval(() => this.journal.seal(), Math.ceil(this.#lastMs / (2 * STRETCHES))).unref()
  }

  /** Bytes of memory that the past takes. */
  get bytes(): number {
    return this.#stretches.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  add(block: Buffer, latestMs: number): void {
    const bytes = block.length < block.buffer.byteLength / 2 ? Buffer.from(block) : block
    const stretch = this.#stretches.at(-1)!
    stretch.blocks.push({ bytes, latestMs })
    stretch.bytes += bytes.length
    const isLong = latestMs - stretch.meta.attachedMs >= this.#lastMs / STRETCHES
    if (isLong || stretch.bytes >= this.#maxBytes / STRETCHES) this.#beginStretch(latestMs)
  }

  ready(): undefined {
    return undefined
  }

  /** Writes the past into a file; it goes on to be kept. */
  async dump(path: string, force: boolean): Promise<void> {
    this.journal.seal()
    const stretches = this.#stretches.map((stretch) => ({ ...stretch, blocks: [...stretch.blocks] }))
    const [{ meta, beginning }] = stretches as [Stretch]
    const name = nameIn(path)
    const folder = await RecordingFolder.of(path)
    try {
      const file = await RecordingFile.create(folder, name, { part: meta.part, run: meta.runSeed }, force)
      try {
        await file.add(await beginning, meta.attachedMs)
        for (const { blocks } of stretches) for (const { bytes, latestMs } of blocks) await file.add(bytes, latestMs)
        await file.add(lastBlock(), this.journal.latestMs)
      } finally {
        await file.close()
      }
    } finally {
      await folder.close()
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
  }

  #beginStretch(latestMs: number): void {
    const { journal } = this
    journal.forgetNames()
    this.#part++
    const meta = { ...this.#recorded.meta(), part: this.#part, attachedMs: journal.latestMs }
    const beginning = laterBlock(meta, this.#recorded)
    this.#stretches.push({ meta, beginning, blocks: [], bytes: 0 })
    beginning.then(({ length }) => {
      const stretch = this.#stretches.find((one) => one.beginning === beginning)
      if (stretch !== undefined) stretch.bytes += length
    })
    while (this.#isFirstOver(latestMs)) this.#stretches.shift()
  }

  /** Whether those behind the first one reach back far enough, or memory is used up. */
  #isFirstOver(latestMs: number): boolean {
    const second = this.#stretches[1]
    if (second === undefined) return false
    return latestMs - second.meta.attachedMs >= this.#lastMs || this.bytes > this.#maxBytes
  }
}
