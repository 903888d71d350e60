/** Ours and its rivals: how each is started, frozen, asked and ended. Each runs as its users would run it. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { programsOf } from '../bpf.js'
import { onPath } from '../programs.js'
import { cpuNs, peakBytes } from './cpu.js'
import type { Load, Made } from './load.js'
import { ofParents, ofPids, type Tally } from './tally.js'

const SETTLE_MS = 150
const SETTLE_TRIES = 30
const IDLE_SHARE = 0.12

export interface Received {
  /** Of what the contestant tells about the load at all. */
  expected: number
  received: number
  /** By its own account, of everything on the machine. */
  lost: number
  bytes: number
  /** Records read of the ring; ours alone tells. */
  read?: number
}

/** A contestant at work. */
export abstract class Running {
  abstract readonly processes: readonly ChildProcess[]
  /** The process that holds the BPF programs. */
  abstract readonly pid: number
  abstract end(load: Load, made: Made): Promise<Received>

  cpuNs(): number {
    return this.#sum(cpuNs)
  }

  peakBytes(): number {
    return this.#sum(peakBytes)
  }

  freeze(): void {
    for (const process of this.processes) process.kill('SIGSTOP')
  }

  thaw(): void {
    for (const process of this.processes) process.kill('SIGCONT')
  }

  /** It has caught up when it hardly uses CPU time: what else happens on the machine may go on. */
  async settle(): Promise<void> {
    for (let tries = 0; tries < SETTLE_TRIES; tries++) {
      const before = this.cpuNs()
      await sleep(SETTLE_MS)
      if (this.cpuNs() - before < IDLE_SHARE * SETTLE_MS * 1e6) return
    }
  }

  /** Nothing of it may outlive a suite that failed. */
  kill(): void {
    for (const process of this.processes) process.kill('SIGKILL')
  }

  #sum(of: (pid: number) => number): number {
    return this.processes.reduce((total, { pid }) => total + of(pid!), 0)
  }
}

export interface Contestant {
  name: string
  isOurs: boolean
  /** The loads that it tells anything about. */
  loads: readonly Load[]
  /** Why it cannot be measured here. */
  missing(): string | undefined
  start(load: Load, options?: { bytes: boolean }): Promise<Running>
}

class Ours extends Running {
  readonly processes: readonly ChildProcess[]
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    super()
    this.#child = child
    this.processes = [child]
  }

  static async start(bytes: boolean): Promise<Ours> {
    const child = fork(here('consumer.js'), bytes ? ['bytes'] : [])
    await message(child)
    return new Ours(child)
  }

  get pid(): number {
    return this.#child.pid!
  }

  async end(load: Load, made: Made): Promise<Received> {
    this.#child.send('tell')
    const { byParent, lost, bytes, read } = await message<Tally & { read: number }>(this.#child)
    await exited(this.#child)
    const received = ofParents(byParent.NEW_PROCESS, made.workers) + ofParents(byParent.TERMINATE_PROCESS, made.workers)
    return { expected: load === 'threads' ? 0 : 2 * made.pids.length, received, lost, bytes, read }
  }
}

/** A libbpf tool, whose lines of text go to a file. */
class Snoop extends Running {
  readonly processes: readonly ChildProcess[]
  readonly #child: ChildProcess
  readonly #folder: string
  #errors = ''

  private constructor(child: ChildProcess, folder: string) {
    super()
    this.#child = child
    this.#folder = folder
    this.processes = [child]
    child.stderr!.on('data', (chunk) => {
      this.#errors += chunk
    })
  }

  static async start(program: string, args: readonly string[]): Promise<Snoop> {
    const folder = mkdtempSync(join(tmpdir(), 'kernelwire-bench-'))
    const file = openSync(join(folder, 'lines'), 'w')
    const child = spawn(program, args, { stdio: ['ignore', file, 'pipe'] })
    closeSync(file)
    const running = new Snoop(child, folder)
    await attached(child)
    return running
  }

  get pid(): number {
    return this.#child.pid!
  }

  async end(load: Load, made: Made): Promise<Received> {
    // Not its exit: what it wrote to stderr must have arrived.
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGINT')
    await closed
    const text = readFileSync(join(this.#folder, 'lines'), 'utf8')
    rmSync(this.#folder, { recursive: true })
    const lost = [...this.#errors.matchAll(/lost (\d+) events/gi)].reduce((sum, [, count]) => sum + Number(count), 0)
    // Name, pid, parent, and (exitsnoop) thread: names may have spaces, so what counts is read from the right.
    const rows = text.split('\n').flatMap((row) => /\s(\d+)\s+(\d+)\s+(\d+)\s/.exec(row) ?? [])
    let received = 0
    for (let i = 0; i < rows.length; i += 4) {
      const [pid, parent, thread] = rows.slice(i + 1, i + 4).map(Number)
      if (load === 'threads' ? made.workers.has(pid!) && thread !== pid : made.workers.has(parent!)) received++
    }
    return { expected: made.pids.length, received, lost, bytes: text.length }
  }
}

type Count = (tally: Tally, load: Load, made: Made) => Pick<Received, 'expected' | 'received'>

/** A program whose lines of JSON are piped into Node and parsed there. */
class Piped extends Running {
  readonly processes: readonly ChildProcess[]
  readonly #sensor: ChildProcess
  readonly #parser: ChildProcess
  readonly #count: Count

  private constructor(sensor: ChildProcess, parser: ChildProcess, count: Count) {
    super()
    this.#sensor = sensor
    this.#parser = parser
    this.#count = count
    this.processes = [sensor, parser]
  }

  static async start(program: string, args: readonly string[], form: string, count: Count): Promise<Piped> {
    const parser = fork(here('parser.js'), [form], { stdio: ['pipe', 'inherit', 'inherit', 'ipc'] })
    const sensor = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, BPFTRACE_STRLEN: '128' },
    })
    sensor.stdout!.pipe(parser.stdin!)
    const running = new Piped(sensor, parser, count)
    await attached(sensor)
    return running
  }

  get pid(): number {
    return this.#sensor.pid!
  }

  async end(load: Load, made: Made): Promise<Received> {
    const told = message<Tally>(this.#parser)
    this.#sensor.kill('SIGINT')
    const tally = await told
    await exited(this.#sensor)
    return { ...this.#count(tally, load, made), lost: tally.lost, bytes: tally.bytes }
  }
}

const BPFTRACE = [
  'tracepoint:sched:sched_process_fork { printf("fork %d %d\\n", args->child_pid, args->parent_pid); }',
  'tracepoint:sched:sched_process_exec { printf("exec %d %s\\n", args->pid, str(args->filename)); }',
  'tracepoint:sched:sched_process_exit { printf("exit %d\\n", args->pid); }',
].join(' ')

function countBpftrace({ byParent, byPid }: Tally, load: Load, { workers, pids }: Made) {
  const execs = load === 'execs' ? ofPids(byPid.exec, pids) : 0
  const received = ofParents(byParent.fork, workers) + ofPids(byPid.exit, pids) + execs
  return { expected: pids.length * (load === 'execs' ? 3 : 2), received }
}

function countEcs({ byParent }: Tally, _load: Load, { workers, pids }: Made) {
  return { expected: pids.length, received: ofParents(byParent.process, workers) }
}

export const OURS: Contestant = {
  name: 'kernelwire',
  isOurs: true,
  loads: ['exits', 'threads', 'execs'],
  missing: () => undefined,
  start: (_load, options) => Ours.start(options?.bytes === true),
}

export const RIVALS: readonly Contestant[] = [
  rival('execsnoop', ['execs'], (program) => Snoop.start(program, [])),
  rival('exitsnoop', ['exits', 'threads'], (program, load) => Snoop.start(program, load === 'threads' ? ['-T'] : [])),
  rival('bpftrace', ['exits', 'threads', 'execs'], (program) =>
    Piped.start(program, ['-f', 'json', '-e', BPFTRACE], 'bpftrace', countBpftrace),
  ),
  rival('quark-mon', ['exits', 'execs'], (program) => Piped.start(program, ['-E'], 'ecs', countEcs)),
]

function rival(
  name: string,
  loads: readonly Load[],
  start: (program: string, load: Load) => Promise<Running>,
): Contestant {
  return {
    name,
    isOurs: false,
    loads,
    missing: () => (onPath(name) === undefined ? 'not installed' : undefined),
    start: (load) => start(onPath(name)!, load),
  }
}

/** Its programs are loaded, and then no more of them come. */
async function attached(child: ChildProcess): Promise<void> {
  let count = 0
  for (let tries = 0; tries < 40; tries++) {
    await sleep(300)
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with status ${child.exitCode}`)
    const now = programsOf(child.pid!).size
    if (now > 0 && now === count) return
    count = now
  }
  throw new Error(`${child.spawnfile} attached nothing`)
}

async function message<T>(child: ChildProcess): Promise<T> {
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`${child.spawnargs.join(' ')} ended with status ${code}`)
  })
  exit.catch(() => undefined)
  const [value] = (await Promise.race([once(child, 'message'), exit])) as [T]
  return value
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
