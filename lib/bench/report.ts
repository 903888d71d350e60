/** All suites of a run as one JSON object, and as docs/performance.md. */
import type { Check, Figure, Skip } from './figure.js'
import { describeMachine, type Machine } from './machine.js'
import type { Suite, SuiteResult } from './suite.js'
import { checkText, rowsOf, skipText } from './table.js'

export interface Report {
  machine: Machine
  quick: boolean
  figures: Figure[]
  /** The medians of all ratios, by suite and name. */
  ratios: Record<string, number>
  skips: Skip[]
  checks: Check[]
}

export function reportOf(results: readonly SuiteResult[], quick: boolean): Report {
  const figures = results.flatMap((result) => result.figures)
  const withRatio = figures.filter(({ ratio }) => ratio !== null)
  return {
    machine: describeMachine(),
    quick,
    figures,
    ratios: Object.fromEntries(
      withRatio.map(({ suite, name, ratio }) => [`${suite}: ${name}: x ${ratio!.name}`, ratio!.median]),
    ),
    skips: results.flatMap((result) => result.skips),
    checks: results.flatMap((result) => result.checks),
  }
}

/** `suites` and `results` belong together, one by one. */
export function pageOf(report: Report, suites: readonly Suite[], results: readonly SuiteResult[]): string {
  const { cpu, cpus, memoryBytes, kernel, node, date } = report.machine
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`
  return [
    '# Performance',
    '',
    'Written by `npm run bench`, which measures all of it again on your machine. Every comparison is a ratio of two',
    'measurements that were made one right after the other, in alternation; the spread is from the lowest to the',
    'highest of them.',
    '',
    `${cpu}, ${cpus} CPUs, ${memory}; ${kernel}; Node ${node}; ${date.slice(0, 10)}${report.quick ? '; a quick run' : ''}.`,
    '',
    ...results.flatMap((result, i) => section(suites[i]!, result)),
  ].join('\n')
}

function section({ name, about }: Suite, { figures, skips, checks }: SuiteResult): string[] {
  const failed = checks.filter(({ passed }) => !passed)
  return [
    `## ${name}`,
    '',
    about,
    '',
    `![${name}](performance/${name}.svg)`,
    '',
    '| | median | spread | ratio | spread | target | |',
    '|---|--:|---|--:|---|--:|---|',
    ...rowsOf(figures).map((row) => `| ${row.map(escaped).join(' | ')} |`),
    '',
    ...[...skips.map(skipText), ...failed.map(checkText)].map((line) => `- ${line}`),
    ...(skips.length + failed.length > 0 ? [''] : []),
  ]
}

function escaped(cell: string): string {
  return cell.replace(/[|<>]/g, (character) => ({ '|': '\\|', '<': '&lt;', '>': '&gt;' })[character]!)
}
