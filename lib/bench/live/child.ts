/** A child that is talked to by lines. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export class Child {
  readonly process: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<unknown>

  constructor(program: string, args: readonly (string | number)[]) {
    this.process = spawn(program, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#ended = once(this.process, 'close')
    this.#ended.catch(() => undefined)
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.process.pid!
  }

  /** The next line that it writes. */
  async line(): Promise<string> {
    const { done, value } = await this.#lines.next()
    if (done) throw new Error(`${this.process.spawnfile} ended early`)
    return value
  }

  /** Its words, as numbers. */
  async numbers(): Promise<number[]> {
    return (await this.line()).trim().split(/\s+/).map(Number)
  }

  say(line: string): void {
    this.process.stdin!.write(`${line}\n`)
  }

  /** Ends its input, which asks it to end. */
  end(): void {
    this.process.stdin!.end()
  }

  async ended(): Promise<void> {
    await this.#ended
  }
}
