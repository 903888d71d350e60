/** All suites of a run as one JSON object. */
import type { Check, Failure, Figure, Skip } from './figure.js'
import { describeMachine, type Machine } from './machine.js'
import type { Suite, SuiteResult } from './suite.js'

export interface Report {
  machine: Machine
  quick: boolean
  /** How long it took. */
  seconds: number
  /** The medians of all ratios, by suite and name. */
  ratios: Record<string, number>
  figures: Figure[]
  skips: Skip[]
  checks: Check[]
  failures: Failure[]
}

/** A suite that ran to its end. */
export interface Finished {
  suite: Suite
  result: SuiteResult
}

export interface Run {
  finished: readonly Finished[]
  /** Suites that could not run at all. */
  unable: readonly Skip[]
  failures: readonly Failure[]
  quick: boolean
  seconds: number
}

export function reportOf({ finished, unable, failures, quick, seconds }: Run): Report {
  const figures = finished.flatMap(({ result }) => result.figures)
  return {
    machine: describeMachine(),
    quick,
    seconds: Math.round(seconds),
    ratios: Object.fromEntries(
      figures.flatMap((figure) => (figure.ratio === null ? [] : [[ratioName(figure), figure.ratio.median]])),
    ),
    figures,
    skips: [...unable, ...finished.flatMap(({ result }) => result.skips)],
    checks: finished.flatMap(({ result }) => result.checks),
    failures: [...failures],
  }
}

/** As in `ratios`. */
export function ratioName({ suite, name, ratio }: Figure): string {
  return `${suite}: ${name}: x ${ratio!.name}`
}
