/** What a suite is to those who run it. */
import type { Check, Figure, Skip } from './figure.js'

export interface SuiteOptions {
  /** Fewer rounds, shorter ones: rougher figures. */
  quick: boolean
  /** Tells what is being measured now. */
  progress(what: string): void
}

export interface SuiteResult {
  figures: Figure[]
  skips: Skip[]
  checks: Check[]
  plot: Plot
}

export interface Plot {
  title: string
  unit: string
  bars: Bar[]
}

export interface Bar {
  label: string
  median: number
  spread: readonly [number, number]
  /** Whether it is ours or what ours is compared with. */
  isOurs: boolean
}

/** Thrown by a suite that cannot run on this machine, which is no failure of it. */
export class Unable extends Error {}

export interface Suite {
  name: string
  /** What it measures, in a sentence for the page. */
  about: string
  run(options: SuiteOptions): Promise<SuiteResult>
}
