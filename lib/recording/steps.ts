/** A recording as the steps that its sensor made, whatever its records are. */
import { TYPE } from '../decode/linux/layout.js'
import type { EventRecord } from '../events/index.js'
import type { Records } from '../records.js'
import { ENTRY, FIRST_ENTRY } from './format.js'
import { Frames } from './frames.js'
import type { Parts } from './parts.js'
import type { PlayedSource } from './played.js'

/** A drain of a sensor takes fewer: only a forged recording has more in one step. */
const RECORDS_MAX = 16_384

export interface StepMaker {
  /** The events of the first records of a step that has too many; undefined where they are left to the step. */
  part(): EventRecord[] | undefined
  /** The events of a step; undefined for what only says how it was. */
  entry(type: number, records: Records, at: number): EventRecord[] | undefined
  /** Blocks are missing before the next step: what was in them, nobody knows. */
  hole(bytes: number): void
}

export class Steps {
  readonly #parts: Parts
  readonly #source: PlayedSource
  readonly #maker: StepMaker
  #block: Frames
  #isEnded = false
  #hasRows = false
  /** What is told of the holes so far. */
  #told = { blocks: 0, bytes: 0 }

  /** `block`: the first one, whose META was read. `source`: gets the records of each step. */
  constructor(parts: Parts, block: Frames, source: PlayedSource, maker: StepMaker) {
    this.#parts = parts
    this.#block = block
    this.#source = source
    this.#maker = maker
  }

  /** The events of the next step; undefined at the end. */
  async next(): Promise<EventRecord[] | undefined> {
    while (!this.#isEnded) {
      const events = this.#step()
      if (events !== undefined) return events
      const memory = await this.#parts.block()
      if (memory === undefined) return undefined
      this.#block = new Frames(memory)
      this.#tellHole()
    }
    return undefined
  }

  /** Up to the end of the next step of this block; undefined where it has none any more. */
  #step(): EventRecord[] | undefined {
    const { records } = this.#block
    this.#source.records = records
    for (let at = this.#block.next(); at !== undefined; at = this.#block.next()) {
      const type = records.u8[at]!
      if (type < FIRST_ENTRY) {
        this.#source.add(at)
        this.#hasRows ||= type === TYPE.SNAPSHOT
        if (this.#source.count < RECORDS_MAX || this.#hasRows) continue
        const events = this.#maker.part()
        if (events !== undefined) return events
        continue
      }
      this.#hasRows = false
      if (type === ENTRY.END) this.#end()
      const events = this.#maker.entry(type, records, at)
      if (events !== undefined) return events
    }
    // A block ends with a step; what is left of one that does not belongs to none.
    if (this.#source.count > 0 || !this.#block.isWhole) this.#parts.damage.entries++
    this.#source.release()
    return undefined
  }

  #end(): void {
    this.#isEnded = !this.#parts.hasMore
    this.#parts.ended()
  }

  #tellHole(): void {
    const { blocks, bytes } = this.#parts.damage
    if (blocks === this.#told.blocks) return
    this.#maker.hole(bytes - this.#told.bytes)
    this.#told = { blocks, bytes }
  }
}
