/** The flight recorder's signal: each SIGUSR2 makes one file, never in the place of another one unless told so. */
import { KernelwireError } from '../errors.js'
import { partPath } from '../recording/file.js'
import type { Sensor } from '../sensor.js'
import type { Terminal } from './terminal.js'

/** Whoever finds so many files of this name has something else to do. */
const FILES_MAX = 10_000

export class Dumps {
  readonly #sensor: Pick<Sensor, 'dump'>
  readonly #options: { path: string | undefined; force: boolean }
  readonly #terminal: Terminal
  /** One after the other. */
  #latest: Promise<void> = Promise.resolve()

  constructor(sensor: Pick<Sensor, 'dump'>, options: { path: string | undefined; force: boolean }, terminal: Terminal) {
    this.#sensor = sensor
    this.#options = options
    this.#terminal = terminal
    terminal.signals.on('SIGUSR2', this.#onSignal)
  }

  /** What is under way is written. */
  async close(): Promise<void> {
    this.#terminal.signals.off('SIGUSR2', this.#onSignal)
    await this.#latest
  }

  readonly #onSignal = (): void => {
    this.#latest = this.#latest.then(() => this.#dump())
  }

  /** A dump that fails is said, and the recorder goes on: the disk may have room the next time. */
  async #dump(): Promise<void> {
    try {
      this.#terminal.say(`kernelwire: wrote ${await this.#write(this.#options.path ?? timeName(new Date()))}`)
    } catch (error) {
      const code = error instanceof KernelwireError ? ` (${error.code})` : ''
      this.#terminal.say(`kernelwire: ${(error as Error).message}${code}`)
    }
  }

  async #write(name: string): Promise<string> {
    const { force } = this.#options
    for (let number = 0; ; number++) {
      const path = partPath(name, number)
      try {
        await this.#sensor.dump(path, { force })
        return path
      } catch (error) {
        const isTaken = error instanceof KernelwireError && error.code === 'ERR_FILE_EXISTS'
        if (!isTaken || number === FILES_MAX) throw error
      }
    }
  }
}

/** kernelwire-20260131T120000Z.kwr */
function timeName(date: Date): string {
  return `kernelwire-${date.toISOString().replace(/[-:]|\.\d+/g, '')}.kwr`
}
