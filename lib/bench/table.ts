/** Figures as a table of text. */
import type { Check, Figure, Skip, Target } from './figure.js'
import { number } from './number.js'
import type { SuiteResult } from './suite.js'

const HEAD = ['', 'median', 'spread', 'ratio', 'spread', 'target', '']

/** Columns as in HEAD. */
export function rowsOf(figures: readonly Figure[]): string[][] {
  return figures.map(({ name, unit, median, spread, ratio, target, met }) => [
    name,
    `${number(median)} ${unit}`,
    rangeText(spread),
    ratio === null ? '' : `${number(ratio.median)} x ${ratio.name}`,
    ratio === null ? '' : rangeText(ratio.spread),
    target === null ? '' : targetText(target, unit),
    metText(met),
  ])
}

/** Of the figures that have a target: what, target, measured, spread, whether it is met. */
export function targetRowsOf(figures: readonly Figure[]): string[][] {
  return figures.flatMap(({ suite, name, unit, median, spread, ratio, target, met }) => {
    if (target === null) return []
    const isRatio = target.of === 'ratio'
    const measured = isRatio ? `${number(ratio!.median)} x ${ratio!.name}` : `${number(median)} ${unit}`
    const range = rangeText(isRatio ? ratio!.spread : spread)
    return [[`${suite}: ${name}`, targetText(target, unit), measured, range, metText(met)]]
  })
}

export function tableOf(name: string, { figures, skips, checks }: SuiteResult): string {
  const notes = [...skips.map(skipText), ...checks.filter(({ passed }) => !passed).map(checkText)]
  return [aligned([[name, ...HEAD.slice(1)], ...rowsOf(figures)]), ...notes, ''].join('\n')
}

export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}

export function skipText({ name, reason }: Skip): string {
  return `${name}: skipped: ${reason}`
}

export function checkText({ name, produced, received }: Check): string {
  return `${name}: FAILED: ${number(produced)} were produced, ${number(received)} received`
}

export function rangeText([low, high]: readonly [number, number]): string {
  return low === high ? number(low) : `${number(low)} … ${number(high)}`
}

function targetText({ of, is, value }: Target, unit: string): string {
  return `${is === 'at most' ? '<=' : '>='} ${number(value)} ${of === 'ratio' ? 'x' : unit}`
}

function metText(met: boolean | null): string {
  if (met === null) return ''
  return met ? 'met' : 'missed'
}
