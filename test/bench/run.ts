/** The benchmarks as they were built, in a process of their own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Outcome {
  status: number | null
  stdout: string
  stderr: string
}

export class Bench {
  readonly child: ChildProcess
  stderr = ''
  #stdout = ''

  /** `script`: in the clone. */
  constructor(script: string, args: readonly string[], cwd = ROOT) {
    this.child = spawn(process.execPath, [script, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout!.setEncoding('utf8').on('data', (text) => {
      this.#stdout += text
    })
    this.child.stderr!.setEncoding('utf8').on('data', (text) => {
      this.stderr += text
    })
    // SIGTERM, so that it can take back what it did.
    onTestFinished(() => void this.child.kill())
  }

  async outcome(): Promise<Outcome> {
    const [status] = await once(this.child, 'close')
    return { status, stdout: this.#stdout, stderr: this.stderr }
  }
}
