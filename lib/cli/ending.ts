/** The first SIGINT or SIGTERM asks for a clean end; the second one does not wait for it. */
import { constants } from 'node:os'
import type { Terminal } from './terminal.js'

type Stop = 'SIGINT' | 'SIGTERM'

export class Ending {
  readonly #asked = new AbortController()
  readonly #terminal: Pick<Terminal, 'signals' | 'exit'>
  #timer: NodeJS.Timeout | undefined

  constructor(terminal: Pick<Terminal, 'signals' | 'exit'>) {
    this.#terminal = terminal
    terminal.signals.on('SIGINT', this.#onSignal)
    terminal.signals.on('SIGTERM', this.#onSignal)
  }

  /** Aborted when the end was asked for. */
  get signal(): AbortSignal {
    return this.#asked.signal
  }

  /** Asks for the end after a time. */
  after(ms: number): void {
    this.#timer = setTimeout(() => this.#asked.abort(), ms)
  }

  /** Signals do again what they do by default. */
  dispose(): void {
    clearTimeout(this.#timer)
    this.#terminal.signals.off('SIGINT', this.#onSignal)
    this.#terminal.signals.off('SIGTERM', this.#onSignal)
  }

  readonly #onSignal = (signal: Stop): void => {
    if (this.#asked.signal.aborted) this.#terminal.exit(128 + constants.signals[signal])
    this.#asked.abort()
  }
}
