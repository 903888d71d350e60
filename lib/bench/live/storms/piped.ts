/** A sensor in the storms whose lines of JSON go through a pipe into Node and are parsed there. */
import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from '../child.js'
import type { Load, Made } from './load.js'
import { attached, type Received, Running } from './running.js'
import type { Tally } from './tally.js'

const PARSER = fileURLToPath(new URL('parser.js', import.meta.url))

export interface Form {
  /** What parser.ts calls it. */
  name: 'bpftrace' | 'ecs'
  lagMs: number
  count(tally: Tally, load: Load, made: Made): Omit<Received, 'lost'>
}

export class Piped extends Running {
  readonly #sensor: Child
  readonly #parser: Child
  readonly #form: Form

  private constructor(sensor: Child, parser: Child, form: Form) {
    super([sensor, parser], form.lagMs)
    this.#sensor = sensor
    this.#parser = parser
    this.#form = form
  }

  static async start(program: string, args: readonly string[], form: Form): Promise<Piped> {
    const { reader, writer } = pipe()
    const parser = Child.ofModule(PARSER, [form.name], { stdin: reader })
    const sensor = new Child(program, args, { stdout: writer, env: { ...process.env, BPFTRACE_STRLEN: '128' } })
    closeSync(reader)
    closeSync(writer)
    const running = new Piped(sensor, parser, form)
    try {
      await attached(sensor)
      return running
    } catch (error) {
      running.kill()
      throw error
    }
  }

  async end(load: Load, made: Made): Promise<Received> {
    this.#sensor.signal('SIGINT')
    await this.#sensor.ended()
    const tally = await this.#parser.message<Tally>()
    await this.#parser.ended()
    return { ...this.#form.count(tally, load, made), lost: tally.lost }
  }
}

/** A pipe between two children, as a shell makes one; Node itself has none to give away. */
function pipe(): { reader: number; writer: number } {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-bench-'))
  try {
    const name = join(folder, 'pipe')
    const { status, stderr } = spawnSync('mkfifo', [name], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`mkfifo: ${stderr}`)
    // With both ends open neither of the others waits for its counterpart.
    const both = openSync(name, constants.O_RDWR)
    const ends = { reader: openSync(name, 'r'), writer: openSync(name, 'w') }
    closeSync(both)
    return ends
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
