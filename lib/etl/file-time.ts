/** FILETIME: units of 100 ns since 1601, in 64 bits, of which a number of JavaScript holds 53. */
import type { Records } from '../records.js'

const WORD = 2 ** 32
const UNITS_PER_MS = 10_000
/** From 1601 to 1970. */
const EPOCH_MS = 11_644_473_600_000
/** What Date can say. */
const DATE_MAX_MS = 8.64e15

/** ISO 8601 with all seven digits: `2026-11-24T08:47:56.1234567Z`. */
export function fileTimeText(records: Records, at: number): string {
  const word = at >>> 2
  return unitsText(records.u32[word]!, records.u32[word + 1]!)
}

export function unitsText(low: number, high: number): string {
  // In two steps, each of which is exact.
  const rest = (high % UNITS_PER_MS) * WORD + low
  const ms = Math.floor(high / UNITS_PER_MS) * WORD + Math.floor(rest / UNITS_PER_MS) - EPOCH_MS
  const units = rest % UNITS_PER_MS
  if (Math.abs(ms) > DATE_MAX_MS) return `${high * WORD + low}`
  return `${new Date(ms).toISOString().slice(0, -1)}${String(units).padStart(4, '0')}Z`
}
