/** A sensor at work: how it is watched, frozen, asked and ended. */
import { setTimeout as sleep } from 'node:timers/promises'
import { programsOf } from '../bpf.js'
import type { Child } from '../child.js'
import { cpuNs, peakBytes } from './cpu.js'
import type { Load, Made } from './load.js'

const SETTLE_MS = 50
const SETTLE_LIMIT_MS = 10_000
const IDLE_SHARE = 0.12
const ATTACH_MS = 100
const ATTACH_LIMIT_MS = 20_000

export interface Received {
  /** Of what the contestant tells about the load at all. */
  expected: number
  received: number
  /** By its own account, of everything on the machine. */
  lost: number
}

export abstract class Running {
  /** All processes of the consumer; the first holds the BPF programs. */
  readonly children: readonly Child[]
  readonly #lagMs: number

  /** `lagMs`: for so long it may keep what it knows to itself. */
  constructor(children: readonly Child[], lagMs = 0) {
    this.children = children
    this.#lagMs = lagMs
  }

  abstract end(load: Load, made: Made): Promise<Received>

  get pid(): number {
    return this.children[0]!.pid
  }

  cpuNs(): number {
    return this.#sum(cpuNs)
  }

  peakBytes(): number {
    return this.#sum(peakBytes)
  }

  freeze(): void {
    for (const child of this.children) child.signal('SIGSTOP')
  }

  thaw(): void {
    for (const child of this.children) child.signal('SIGCONT')
  }

  /** It has caught up when it hardly uses CPU time: what else happens on the machine may go on. */
  async settle(): Promise<void> {
    await sleep(this.#lagMs)
    for (let waited = 0, quiet = 0; quiet < 2 && waited < SETTLE_LIMIT_MS; waited += SETTLE_MS) {
      const before = this.cpuNs()
      await sleep(SETTLE_MS)
      quiet = this.cpuNs() - before < IDLE_SHARE * SETTLE_MS * 1e6 ? quiet + 1 : 0
    }
  }

  kill(): void {
    for (const child of this.children) child.kill()
  }

  #sum(of: (pid: number) => number): number {
    return this.children.reduce((total, { pid }) => total + of(pid), 0)
  }
}

/** Its programs are loaded, and then no more of them come. */
export async function attached(child: Child): Promise<void> {
  for (let waited = 0, count = 0, same = 0; waited < ATTACH_LIMIT_MS; waited += ATTACH_MS) {
    await sleep(ATTACH_MS)
    if (child.hasEnded) await child.line()
    const now = programsOf(child.pid).size
    same = now > 0 && now === count ? same + 1 : 0
    count = now
    if (same === 4) return
  }
  throw new Error(`it attached nothing in ${ATTACH_LIMIT_MS / 1e3} s${child.lastWords}`)
}
