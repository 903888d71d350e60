/** One of libbpf's tools in the storms: its lines of text go to a file. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../child.js'
import { atEnd } from '../undo.js'
import type { Load, Made } from './load.js'
import { attached, type Received, Running } from './running.js'

export class Snoop extends Running {
  readonly #child: Child
  readonly #file: string
  readonly #removeFolder: () => void

  private constructor(child: Child, file: string, removeFolder: () => void) {
    super([child])
    this.#child = child
    this.#file = file
    this.#removeFolder = removeFolder
  }

  static async start(program: string, args: readonly string[]): Promise<Snoop> {
    const folder = mkdtempSync(join(tmpdir(), 'kernelwire-bench-'))
    const file = join(folder, 'lines')
    const remove = () => rmSync(folder, { recursive: true, force: true })
    const isRemoved = atEnd(remove)
    const descriptor = openSync(file, 'w')
    const running = new Snoop(new Child(program, args, { stdout: descriptor }), file, () => {
      isRemoved()
      remove()
    })
    closeSync(descriptor)
    try {
      await attached(running.#child)
      return running
    } catch (error) {
      running.kill()
      throw error
    }
  }

  async end(load: Load, { workers, pids }: Made): Promise<Received> {
    this.#child.signal('SIGINT')
    await this.#child.ended()
    const text = readFileSync(this.#file, 'utf8')
    const lost = [...this.#child.errors.matchAll(/lost (\d+) events/gi)]
    let received = 0
    // Name, pid, parent, and (exitsnoop) thread; names may have spaces.
    for (const [, pid, parent, thread] of text.matchAll(/\s(\d+)\s+(\d+)\s+(\d+)\s/g)) {
      if (load !== 'threads') received += workers.has(Number(parent)) ? 1 : 0
      else received += workers.has(Number(pid)) && thread !== pid ? 1 : 0
    }
    return { expected: pids.length, received, lost: lost.reduce((sum, [, count]) => sum + Number(count), 0) }
  }

  override kill(): void {
    super.kill()
    this.#removeFolder()
  }
}
