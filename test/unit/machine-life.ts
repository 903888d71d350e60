/** The life of a machine in raw records: processes fork, exec, send arguments and environments, load modules, and end. */
import type { Random } from './random.js'
import { block, exec, exit, fork, type Image, type ImageParts, loaded, terminated } from './record-bytes.js'

export const INIT: Image = { pid: 1, execId: 1, startMs: 1 }
const CPUS = 4
/** Few, so that they are given to one process after the other. */
const PIDS = 60

/** Valid records in the order of a ring; `rounds`: how many things happen. */
export function machineLife(random: Random, rounds: number, extended = false): Uint8Array[] {
  const life = new MachineLife(random, extended)
  for (let round = 0; round < rounds; round++) life.step()
  return life.records
}

export class MachineLife {
  readonly records: Uint8Array[]
  readonly #random: Random
  readonly #details: ImageParts
  readonly #running = new Map<number, Image>([[1, INIT]])
  #now = 1_000

  constructor(random: Random, extended = false) {
    this.#random = random
    this.#details = extended ? { details: { directory: '/tmp', cgroup: '/user.slice', tty: 'pts1' } } : {}
    this.records = [exec(INIT, INIT, { atMs: this.#now, path: '/sbin/init', arguments: 'init\0', ...this.#details })]
  }

  /** How things stand now. */
  get moment(): { nowMs: number; records: number; running: ReadonlyMap<number, Image> } {
    return { nowMs: this.#now, records: this.records.length, running: new Map(this.#running) }
  }

  step(): void {
    const random = this.#random
    this.#now += random.pick([0.001, 0.002, 0.4, 3, random.chance(0.05) ? 200 : 7])
    const image = random.pick([...this.#running.values()])
    const what = random.below(12)
    if (what < 4) this.#fork(image)
    else if (image === INIT) return
    else if (what < 7) this.#exec(image)
    else if (what < 10) this.#exit(image)
    else this.#load(image)
  }

  get #header() {
    return { atMs: this.#now, cpu: this.#random.below(CPUS) }
  }

  #fork(parent: Image): void {
    const pid = 2 + this.#random.below(PIDS)
    if (this.#running.has(pid)) return
    const child = { pid, execId: parent.execId, startMs: this.#now - 0.001 }
    this.#running.set(pid, child)
    this.records.push(fork(child, parent, { ...this.#header, residentPages: 9, ...this.#details }))
  }

  #exec(before: Image): void {
    const random = this.#random
    const image = { ...before, execId: before.execId + 1 }
    this.#running.set(image.pid, image)
    const header = this.#header
    const argv = terminated(['program', random.pick(['', 'x', '\u00fc'.repeat(300), 'a\nb'])])
    const here = random.pick([0, Math.min(argv.length, 100), argv.length])
    const ahead = [
      ...(here < argv.length ? block('arguments', image, argv, 128, { ...header, from: here }) : []),
      ...(random.chance(0.5) ? block('environment', image, terminated(['A=1', 'PATH=/bin']), 8, header) : []),
    ]
    const parts = { path: '/bin/program', arguments: argv.subarray(0, here), argumentsBytes: argv.length }
    this.records.push(...ahead, exec(image, INIT, { ...header, ...parts, threads: 1, ...this.#details }))
  }

  #load(image: Image): void {
    const path = this.#random.pick(['/usr/lib/libc.so.6', '/tmp/\u00fc', ''])
    this.records.push(loaded(image, { ...this.#header, path, baseAddress: 0x7f00_0000_0000n, memorySize: 8192n }))
  }

  #exit(image: Image): void {
    this.#running.delete(image.pid)
    const header = this.#header
    this.records.push(exit(image, { ...header, code: this.#random.pick([0, 9, 256]) }))
    if (this.#random.chance(0.1)) this.records.push(exit(image, header))
  }
}
