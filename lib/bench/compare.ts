/** Two runs: whether the ratios of one agree with those of the other, within the spread that each printed. */
import type { Figure } from './figure.js'
import { number } from './number.js'
import { type Report, ratioName } from './report.js'
import { aligned, rangeText } from './table.js'

export interface Comparison {
  table: string
  /** Ratios that only one of the runs has. */
  missing: string[]
  /** Ratios whose spreads have nothing in common. */
  apart: string[]
}

export function compare(first: Report, second: Report): Comparison {
  const [ours, theirs] = [ratiosOf(first), ratiosOf(second)]
  const names = [...new Set([...ours.keys(), ...theirs.keys()])]
  const both = names.filter((name) => ours.has(name) && theirs.has(name))
  const apart = both.filter((name) => !overlap(ours.get(name)!, theirs.get(name)!))
  const rows = both.map((name) => {
    const pair = [ours.get(name)!, theirs.get(name)!]
    return [name, ...pair.flatMap(cells), apart.includes(name) ? 'apart' : 'agree']
  })
  return {
    table: aligned([['ratio', 'first', 'spread', 'second', 'spread', ''], ...rows]),
    missing: names.filter((name) => !both.includes(name)),
    apart,
  }
}

type Ratio = NonNullable<Figure['ratio']>

function ratiosOf({ figures }: Report): Map<string, Ratio> {
  return new Map(figures.flatMap((figure) => (figure.ratio === null ? [] : [[ratioName(figure), figure.ratio]])))
}

function overlap({ spread: [low, high] }: Ratio, { spread: [otherLow, otherHigh] }: Ratio): boolean {
  return low <= otherHigh && otherLow <= high
}

function cells({ median, spread }: Ratio): string[] {
  return [number(median), rangeText(spread)]
}
