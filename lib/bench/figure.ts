/** One measured figure: the shape of the JSON, and what the table, the plots and the page are made of. */
import { type Summary, summary } from './statistics.js'

export interface Figure extends Summary {
  suite: string
  name: string
  unit: string
  /** Of the pairs: this one's figure by the other's, or the other way round, as the name says. */
  ratio: (Summary & { name: string }) | null
  target: Target | null
  /** Null where there is no target. */
  met: boolean | null
}

export interface Target {
  of: 'median' | 'ratio'
  is: 'at most' | 'at least'
  value: number
}

/** What was not measured, and why not. */
export interface Skip {
  suite: string
  name: string
  reason: string
  /** False for what no distribution has a package of: where rivals are required, it still may be missing. */
  isRequirable: boolean
}

/** A suite that broke off. */
export interface Failure {
  suite: string
  reason: string
}

/** What was produced and what was received: a suite whose counts differ has failed. */
export interface Check {
  suite: string
  name: string
  produced: number
  received: number
  passed: boolean
}

interface Parts {
  ratio?: { name: string; values: readonly number[] }
  target?: Target
}

export function figure(
  suite: string,
  name: string,
  unit: string,
  values: readonly number[],
  parts: Parts = {},
): Figure {
  const measured = summary(values)
  const ratio = parts.ratio === undefined ? null : { name: parts.ratio.name, ...summary(parts.ratio.values) }
  const target = parts.target ?? null
  return { suite, name, unit, ...measured, ratio, target, met: target && isMet(target, measured, ratio) }
}

export function atMost(value: number, of: Target['of'] = 'median'): Target {
  return { of, is: 'at most', value }
}

export function atLeast(value: number, of: Target['of'] = 'median'): Target {
  return { of, is: 'at least', value }
}

export function check(suite: string, name: string, produced: number, received: number): Check {
  return { suite, name, produced, received, passed: produced === received }
}

function isMet(target: Target, measured: Summary, ratio: Summary | null): boolean {
  const { median } = target.of === 'ratio' ? ratio! : measured
  return target.is === 'at most' ? median <= target.value : median >= target.value
}
