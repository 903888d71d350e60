/** How much of a recording has been read. */
import type { EtlSource } from '../etl/merged-files.js'
import type { Terminal } from './terminal.js'

const PROGRESS_MS = 200
const MIB = 2 ** 20

/** How far it is, where a person reads stderr. */
export class Progress {
  readonly #terminal: Terminal
  readonly #isAmongLines: boolean
  #shownMs = performance.now()
  #isShown = false

  /** `isAmongLines`: stdout writes to the same terminal meanwhile. */
  constructor(terminal: Terminal, isAmongLines: boolean) {
    this.#terminal = terminal
    this.#isAmongLines = isAmongLines
  }

  show(file: Pick<EtlSource, 'facts' | 'totals'>): void {
    const { progress } = this.#terminal
    if (progress === undefined || this.#isAmongLines || performance.now() - this.#shownMs < PROGRESS_MS) return
    const { bytesRead, events } = file.totals()
    const of = file.facts.bytes > 0 ? ` of ${Math.round(file.facts.bytes / MIB)}` : ''
    this.#shownMs = performance.now()
    this.#isShown = true
    progress(`kernelwire: ${Math.round(bytesRead / MIB)}${of} MiB, ${events} events`)
  }

  end(): void {
    if (this.#isShown) this.#terminal.progress?.('')
  }
}
