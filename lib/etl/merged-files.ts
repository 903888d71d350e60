/** Several recordings as one: their events by time, each by the clock of its own file. */
import { RECORD } from '../decode/etw/layout.js'
import { FRAME_BYTES, Records } from '../records.js'
import type { EtlFacts } from './facts.js'
import { ALL_PROVIDERS, type EtlFile } from './file.js'
import type { EtlTotals } from './totals.js'

/** What is read step by step: a file, or several as one. */
export type EtlSource = Pick<EtlFile, 'facts' | 'records' | 'offsets' | 'step' | 'totals' | 'close'>

const MEMORY_BYTES = 2 ** 20
/** As native/etl/record_writer.h has them. */
const RECORD_BYTES_MAX = 66 * 2 ** 10
const RECORDS_MAX = 4_096

interface Cursor {
  file: EtlFile
  index: number
  count: number
  isAtEnd: boolean
}

export class MergedFiles implements EtlSource {
  readonly facts: EtlFacts
  readonly records = new Records(new ArrayBuffer(MEMORY_BYTES))
  readonly offsets = new Uint32Array(RECORDS_MAX)
  readonly #cursors: Cursor[]

  constructor(files: readonly EtlFile[]) {
    this.#cursors = files.map((file) => ({ file, index: 0, count: 0, isAtEnd: false }))
    this.facts = factsOf(files.map(({ facts }) => facts))
  }

  async step(providers = ALL_PROVIDERS): Promise<number | undefined> {
    for (const cursor of this.#cursors) {
      if (cursor.isAtEnd || cursor.index < cursor.count) continue
      const count = await cursor.file.step(providers)
      cursor.index = 0
      cursor.count = count ?? 0
      if (count === undefined) cursor.isAtEnd = true
      // It has nothing yet: what it has next may be the earliest.
      if (count === 0) return 0
    }
    const open = this.#cursors.filter(({ isAtEnd }) => !isAtEnd)
    return open.length === 0 ? undefined : this.#merge(open)
  }

  totals(): EtlTotals {
    return totalsOf(this.#cursors.map(({ file }) => file.totals()))
  }

  close(): void {
    for (const { file } of this.#cursors) file.close()
  }

  /** Until one of them needs its next step, or the memory is full. */
  #merge(cursors: readonly Cursor[]): number {
    let used = 0
    let count = 0
    while (count < RECORDS_MAX && used + RECORD_BYTES_MAX <= MEMORY_BYTES) {
      const first = cursors.reduce((one, other) => (isBefore(other, one) ? other : one))
      const { records, offsets } = first.file
      const at = offsets[first.index++]!
      const bytes = (records.length(at) + 7) & ~7
      this.records.u8.set(records.u8.subarray(at - FRAME_BYTES, at + bytes), used)
      this.offsets[count++] = used + FRAME_BYTES
      used += FRAME_BYTES + bytes
      if (first.index === first.count) break
    }
    return count
  }
}

function isBefore(one: Cursor, other: Cursor): boolean {
  const [a, b] = [one.file.records.u32, other.file.records.u32]
  const at = (one.file.offsets[one.index]! + RECORD.time) >>> 2
  const otherAt = (other.file.offsets[other.index]! + RECORD.time) >>> 2
  return a[at + 1]! !== b[otherAt + 1]! ? a[at + 1]! < b[otherAt + 1]! : a[at]! < b[otherAt]!
}

export function factsOf(all: readonly EtlFacts[]): EtlFacts {
  const [first, ...others] = [...all].sort((one, other) => one.startMs - other.startMs) as [EtlFacts, ...EtlFacts[]]
  const facts = { ...first }
  for (const other of others) {
    facts.bytes = facts.bytes === 0 || other.bytes === 0 ? 0 : facts.bytes + other.bytes
    facts.endMs = facts.endMs === 0 || other.endMs === 0 ? 0 : Math.max(facts.endMs, other.endMs)
    facts.eventsLost += other.eventsLost
    facts.buffersLost += other.buffersLost
    facts.isCircular ||= other.isCircular
    facts.isCompressed ||= other.isCompressed
    if (facts.clockBase === 'start') facts.clockBase = other.clockBase
  }
  return facts
}

export function totalsOf([first, ...others]: readonly EtlTotals[]): EtlTotals {
  const totals = { ...first!, defects: { ...first!.defects } }
  for (const other of others) {
    for (const name of Object.keys(totals) as (keyof EtlTotals)[]) if (name !== 'defects') totals[name] += other[name]
    for (const [name, count] of Object.entries(other.defects) as [keyof typeof totals.defects, number][]) {
      totals.defects[name] = (totals.defects[name] ?? 0) + count
    }
  }
  return totals
}
