/** A change of what is asked for, as an entry of a recording: it may come from anyone. */
import type { Change } from '../change.js'
import { isObject, isTime, parseJson } from './json.js'
import { isCoverage, isEvents, isFilter } from './meta.js'

/** Undefined for what makes no sense. */
export function parseChange(json: string): Change | undefined {
  const value = parseJson(json)
  if (!isObject(value)) return undefined
  const { atMs, events, filter, coverage } = value
  if (!isTime(atMs) || atMs < 0 || !isEvents(events) || !isCoverage(coverage)) return undefined
  if (filter !== undefined && !isFilter(filter)) return undefined
  return { atMs, events, filter, coverage }
}
