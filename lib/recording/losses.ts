/** What the kernel's counters said, as an entry of a recording. */
import { RECORD_NAMES } from '../accounts.js'
import type { Loss } from '../linux/gaps.js'
import { isCount, isObject, parseJson } from './json.js'

const REASONS: readonly string[] = ['RING_FULL', 'BULK_SHARE', 'MISSED_RUN', 'MEMORY'] satisfies Loss['REASON'][]

export function encodeLosses(losses: readonly Loss[]): string {
  return JSON.stringify(losses)
}

/** Undefined for what makes no sense. Keys are put into their order again. */
export function parseLosses(json: string): Loss[] | undefined {
  const value = parseJson(json)
  if (!Array.isArray(value) || value.length > REASONS.length) return undefined
  const losses = value.map(parseLoss)
  return losses.includes(undefined) ? undefined : (losses as Loss[])
}

function parseLoss(value: unknown): Loss | undefined {
  if (!isObject(value) || !isObject(value.LOST) || !isCount(value.BYTES)) return undefined
  if (!REASONS.includes(value.REASON as string)) return undefined
  const { LOST } = value
  const lost = RECORD_NAMES.filter((name) => LOST[name] !== undefined).map((name) => [name, LOST[name]] as const)
  if (lost.length !== Object.keys(LOST).length || !lost.every(([, count]) => isCount(count))) return undefined
  return { LOST: Object.fromEntries(lost), BYTES: value.BYTES, REASON: value.REASON as Loss['REASON'] }
}
