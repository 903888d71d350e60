/** A child process of the benchmarks: it is talked to by lines or by messages, and never outlives them. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { Inbox, within } from './inbox.js'
import { onPath } from './programs.js'
import { atEnd } from './undo.js'

const ANSWER_MS = 30_000
const END_MS = 10_000

export interface ChildOptions {
  /** Descriptors in the place of pipes to us. */
  stdin?: number
  stdout?: number
  /** For a module of Node: send() and message(). */
  hasMessages?: boolean
  env?: NodeJS.ProcessEnv
}

export class Child {
  readonly process: ChildProcess
  /** What it wrote to stderr. */
  errors = ''
  readonly #name: string
  readonly #lines = new Inbox<string>()
  readonly #messages = new Inbox<unknown>()
  readonly #closed: Promise<void>

  constructor(program: string, args: readonly (string | number)[], options: ChildOptions = {}) {
    this.#name = basename(options.hasMessages ? String(args[0]) : program)
    const [command, ...rest] = dyingWithUs([program, ...args.map(String)])
    const stdio: StdioOptions = [options.stdin ?? 'pipe', options.stdout ?? 'pipe', 'pipe']
    this.process = spawn(command!, rest, {
      stdio: options.hasMessages ? [...stdio, 'ipc'] : stdio,
      env: options.env ?? process.env,
      // A group of its own, to be killed with all that it starts.
      detached: true,
    })
    const isDone = atEnd(() => this.kill())
    const { stdin, stdout, stderr } = this.process
    stdin?.on('error', () => undefined)
    stderr!.setEncoding('utf8').on('data', (text) => {
      this.errors += text
    })
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#lines.put(line))
    this.process.on('message', (value) => this.#messages.put(value))
    this.#closed = this.#close().then((how) => {
      isDone()
      const error = new Error(`${this.#name} ${how}${this.lastWords}`)
      this.#lines.end(error)
      this.#messages.end(error)
    })
  }

  /** A module of Node, with messages. */
  static ofModule(file: string, args: readonly (string | number)[] = [], options: ChildOptions = {}): Child {
    return new Child(process.execPath, [file, ...args], { ...options, hasMessages: true })
  }

  get pid(): number {
    return this.process.pid!
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  /** The end of what it wrote to stderr, for a sentence. */
  get lastWords(): string {
    const words = this.errors.trim().split('\n').at(-1)!
    return words === '' ? '' : `: ${words}`
  }

  line(): Promise<string> {
    return this.#within(ANSWER_MS, this.#lines.take())
  }

  /** The next line's words. */
  async numbers(): Promise<number[]> {
    return (await this.line()).trim().split(/\s+/).map(Number)
  }

  /** All lines up to its end, which must be a good one. */
  async lines(): Promise<string[]> {
    const lines: string[] = []
    try {
      for (;;) lines.push(await this.line())
    } catch (error) {
      if (this.process.exitCode === 0) return lines
      throw error
    }
  }

  async message<T>(): Promise<T> {
    return (await this.#within(ANSWER_MS, this.#messages.take())) as T
  }

  say(line: string): void {
    this.process.stdin!.write(`${line}\n`)
  }

  send(message: string): void {
    this.process.send!(message, () => undefined)
  }

  /** Ends its input and its messages, which asks it to end. */
  end(): void {
    this.process.stdin?.end()
    if (this.process.connected) this.process.disconnect()
  }

  /** Until it ended and all that it wrote is here. */
  ended(): Promise<void> {
    return this.#within(END_MS, this.#closed)
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name)
  }

  /** With all that it started, whatever it is doing. */
  kill(): void {
    if (this.process.pid === undefined || this.hasEnded) return
    try {
      process.kill(-this.process.pid, 'SIGKILL')
    } catch {
      this.process.kill('SIGKILL')
    }
  }

  /**
   * How it ended, when all that it wrote and sent is here. Not the event "close": where the channel
   * was closed by us, Node does not emit it.
   */
  async #close(): Promise<string> {
    const { stdout, stderr } = this.process
    const rest = [stdout, stderr].flatMap((stream) => (stream === null ? [] : once(stream, 'close')))
    if (this.process.connected) rest.push(once(this.process, 'disconnect'))
    const allRead = Promise.allSettled(rest)
    try {
      const [code, signal] = await once(this.process, 'exit')
      await allRead
      return `ended with ${signal ?? `status ${code}`}`
    } catch (error) {
      return `did not start: ${(error as Error).message}`
    }
  }

  #within<T>(milliseconds: number, waiting: Promise<T>): Promise<T> {
    return within(milliseconds, `${this.#name}${this.lastWords}`, waiting)
  }
}

/** Where even we are killed, the kernel kills what we started. */
function dyingWithUs(command: string[]): string[] {
  setpriv ??= onPath('setpriv') ?? ''
  return setpriv === '' ? command : [setpriv, '--pdeathsig', 'KILL', '--', ...command]
}

let setpriv: string | undefined
