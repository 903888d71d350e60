/** Figures as a table of text. */
import type { Check, Figure, Skip, Target } from './figure.js'
import { number } from './number.js'
import type { SuiteResult } from './suite.js'

const HEAD = ['', 'median', 'spread', 'ratio', 'spread', 'target', '']

export function rowsOf(figures: readonly Figure[]): string[][] {
  return figures.map(({ name, unit, median, spread, ratio, target, met }) => [
    name,
    `${number(median)} ${unit}`,
    range(spread),
    ratio === null ? '' : `${number(ratio.median)} x ${ratio.name}`,
    ratio === null ? '' : range(ratio.spread),
    target === null ? '' : targetText(target, unit),
    met === null ? '' : met ? 'met' : 'missed',
  ])
}

export function tableOf(name: string, { figures, skips, checks }: SuiteResult): string {
  const rows = [[name, ...HEAD.slice(1)], ...rowsOf(figures)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...skips.map(skipText), ...checks.filter(({ passed }) => !passed).map(checkText), ''].join('\n')
}

export function skipText({ name, reason }: Skip): string {
  return `${name}: skipped: ${reason}`
}

export function checkText({ name, produced, received }: Check): string {
  return `${name}: FAILED: ${number(produced)} were produced, ${number(received)} received`
}

function targetText({ of, is, value }: Target, unit: string): string {
  return `${is === 'at most' ? '<=' : '>='} ${number(value)} ${of === 'ratio' ? 'x' : unit}`
}

function range([low, high]: readonly [number, number]): string {
  return `${number(low)} … ${number(high)}`
}
