/** Runs suites one after the other: tables as they end, progress on stderr, at the end the whole report. */
import type { Terminal } from '../cli/terminal.js'
import { type Report, reportOf } from './report.js'
import type { Suite, SuiteResult } from './suite.js'
import { tableOf } from './table.js'

export interface RunOptions {
  quick: boolean
  json: boolean
  /** A rival that is not installed is a failure. */
  requireRivals: boolean
}

export interface Outcome {
  report: Report
  results: SuiteResult[]
  /** Every count was right, and nothing was skipped that must not be. */
  isSound: boolean
}

export async function runSuites(suites: readonly Suite[], options: RunOptions, terminal: Terminal): Promise<Outcome> {
  const results: SuiteResult[] = []
  for (const suite of suites) {
    const progress = (what: string) => terminal.say(`kernelwire bench: ${suite.name}: ${what}`)
    const result = await suite.run({ quick: options.quick, progress })
    results.push(result)
    if (!options.json) await terminal.stdout.write(`${tableOf(suite.name, result)}\n`)
  }
  const report = reportOf(results, options.quick)
  if (options.json) await terminal.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  return { report, results, isSound: isSound(report, options, terminal) }
}

function isSound({ checks, skips }: Report, { requireRivals }: RunOptions, terminal: Terminal): boolean {
  const wrong = checks.filter(({ passed }) => !passed)
  for (const { suite, name, produced, received } of wrong) {
    terminal.say(`kernelwire bench: ${suite}: ${name}: ${produced} were produced, ${received} received`)
  }
  if (requireRivals) {
    for (const { suite, name, reason } of skips)
      terminal.say(`kernelwire bench: ${suite}: ${name}: skipped: ${reason}, but required`)
  }
  return wrong.length === 0 && (!requireRivals || skips.length === 0)
}
