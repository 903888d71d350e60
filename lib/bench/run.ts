/** Runs suites one after the other: tables as they end, progress on stderr, at the end the whole report. */
import { performance } from 'node:perf_hooks'
import type { Terminal } from '../cli/terminal.js'
import { linesOf } from '../output/line.js'
import type { Failure, Skip } from './figure.js'
import { type Finished, type Report, reportOf } from './report.js'
import { type Suite, Unable } from './suite.js'
import { checkText, skipText, tableOf } from './table.js'

export interface RunOptions {
  quick: boolean
  json: boolean
  /** What is skipped is a failure. */
  isRequired: boolean
}

export interface Outcome {
  report: Report
  finished: Finished[]
  /** Every suite came to its end, every count was right, and nothing was skipped that must not be. */
  isSound: boolean
}

export async function runSuites(suites: readonly Suite[], options: RunOptions, terminal: Terminal): Promise<Outcome> {
  const begin = performance.now()
  const finished: Finished[] = []
  const unable: Skip[] = []
  const failures: Failure[] = []
  for (const suite of suites) {
    const { name } = suite
    try {
      const result = await suite.run({ quick: options.quick, progress: (what) => say(terminal, `${name}: ${what}`) })
      finished.push({ suite, result })
      if (!options.json) await terminal.stdout.lines([...linesOf(tableOf(name, result)), ''])
    } catch (error) {
      const { message: reason } = error as Error
      // What the others measure is worth having all the same.
      if (error instanceof Unable) unable.push({ suite: name, name: 'the suite', reason, isRequirable: true })
      else failures.push({ suite: name, reason })
    }
  }
  const seconds = (performance.now() - begin) / 1e3
  const report = reportOf({ finished, unable, failures, quick: options.quick, seconds })
  if (options.json) await terminal.stdout.json([report], (all) => JSON.stringify(all, null, 2))
  return { report, finished, isSound: isSound(report, options, terminal) }
}

function isSound({ checks, skips, failures }: Report, { isRequired }: RunOptions, terminal: Terminal): boolean {
  const wrong = checks.filter(({ passed }) => !passed)
  const refused = skips.filter(({ isRequirable }) => isRequired && isRequirable)
  for (const { suite, reason } of failures) say(terminal, `${suite}: FAILED: ${reason}`)
  for (const check of wrong) say(terminal, `${check.suite}: ${checkText(check)}`)
  for (const skip of skips)
    say(terminal, `${skip.suite}: ${skipText(skip)}${refused.includes(skip) ? ', but required' : ''}`)
  return failures.length + wrong.length + refused.length === 0
}

function say(terminal: Terminal, line: string): void {
  terminal.say(`kernelwire bench: ${line}`)
}
