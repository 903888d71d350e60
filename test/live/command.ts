/** The command as it was built, in a process of its own. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { until } from './sensor.js'
import { cannotRun } from './skip.js'

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Outcome {
  status: number | null
  signal: string | null
  stdout: string
  stderr: string
}

/** Where the machine cannot have a sensor: missing privilege, unsupported. */
export function isUnable(status: number | null): boolean {
  return status === 3 || status === 4
}

export class Command {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly #ended: Promise<[number | null, string | null]>

  /** `main`: its file, where that is another copy. */
  constructor(
    args: readonly string[],
    options: SpawnOptions = {},
    words: readonly string[] = [process.execPath, MAIN],
  ) {
    const [file, ...before] = words
    this.child = spawn(file!, [...before, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#ended = once(this.child, 'close') as Promise<[number | null, string | null]>
    this.child.stderr!.on('data', (chunk) => {
      this.stderr += chunk
    })
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }

  /** From now on what it writes is read. */
  read(): this {
    this.child.stdout!.on('data', (chunk) => {
      this.stdout += chunk
    })
    return this
  }

  /** Skips the test where this machine cannot have a sensor. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await until(() => condition() || this.child.exitCode !== null, what)
    if (isUnable(this.child.exitCode)) cannotRun(this.stderr)
    if (!condition()) throw new Error(`it has ended, and it never was so that ${what}: ${this.stderr}`)
  }

  async outcome(): Promise<Outcome> {
    const [status, signal] = await this.#ended
    return { status, signal, stdout: this.stdout, stderr: this.stderr }
  }

  /** Skips the test where this machine cannot have a sensor. */
  async outcomeOfSensor(): Promise<Outcome> {
    const outcome = await this.outcome()
    return isUnable(outcome.status) ? cannotRun(outcome.stderr) : outcome
  }
}
