/** A second count of processes, which shares no code with the sensor: test/programs/counter.{c,bpf.c}. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { cannotRun } from './skip.js'

const SOURCES = fileURLToPath(new URL('../programs/', import.meta.url))
const PROGRAMS = fileURLToPath(new URL('../../build/test/', import.meta.url))
const CLANGS = ['clang', ...[14, 15, 16, 17, 18, 19, 20, 21, 22].map((version) => `clang-${version}`)]

/** Of processes. */
export interface Count {
  FORK: number
  EXEC: number
  EXIT: number
}

export interface Counted {
  all: Count
  /** Those of them whose parent runs under the counter's name. */
  ofName: Count
  missedRuns: number
}

export class Counter {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  /** `name`: at most 15 characters, as in /proc/PID/comm. */
  static async start(name: string): Promise<Counter> {
    const child = spawn(counter(), [counterObject(), name], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill())
    const started = new Counter(child)
    if ((await started.#line()) !== 'ready') throw new Error('the counter did not start')
    return started
  }

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  }

  async read(): Promise<Counted> {
    this.#child.stdin!.write('\n')
    const numbers = (await this.#line()).split(' ').map(Number)
    const [fork, exec, exit, forkOfName, execOfName, exitOfName, missedRuns] = numbers as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    return {
      all: { FORK: fork, EXEC: exec, EXIT: exit },
      ofName: { FORK: forkOfName, EXEC: execOfName, EXIT: exitOfName },
      missedRuns,
    }
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('the counter has ended')
    return value
  }
}

function counter(): string {
  const cc = process.env.CC ?? 'cc'
  return made('counter.c', 'counter', (source, draft) => {
    const hasHeaders = spawnSync(cc, ['-E', '-'], { input: '#include <bpf/libbpf.h>\n#include <bpf/bpf.h>' })
    if (hasHeaders.status !== 0) cannotRun('no C compiler, or no headers of libbpf')
    return [cc, '-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', source, '-lbpf', '-o', draft]
  })
}

function counterObject(): string {
  return made('counter.bpf.c', 'counter.bpf.o', (source, draft) => {
    const clang = CLANGS.find((name) => spawnSync(name, ['--version']).status === 0)
    if (clang === undefined) cannotRun('no clang')
    return [clang, '-target', 'bpf', '-O2', '-g', '-Wall', '-Wextra', '-Werror', '-c', source, '-o', draft]
  })
}

/** A file in build/test that is newer than its source. */
function made(source: string, target: string, command: (from: string, draft: string) => string[]): string {
  const from = join(SOURCES, source)
  const to = join(PROGRAMS, target)
  const time = statSync(to, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (time > statSync(from).mtimeMs) return to
  mkdirSync(PROGRAMS, { recursive: true })
  const draft = `${to}.${process.pid}`
  const [program, ...args] = command(from, draft)
  const { status, stderr } = spawnSync(program!, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${source} does not compile:\n${stderr}`)
  renameSync(draft, to)
  return to
}
