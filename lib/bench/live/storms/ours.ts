/** Our sensor in the storms. */
import { fileURLToPath } from 'node:url'
import { Child } from '../child.js'
import type { Load, Made } from './load.js'
import { type Received, Running } from './running.js'
import { ofParents, type Tally } from './tally.js'

export const CONSUMER = fileURLToPath(new URL('consumer.js', import.meta.url))

export class Ours extends Running {
  readonly #child: Child

  private constructor(child: Child) {
    super([child])
    this.#child = child
  }

  static async start(consumer: string): Promise<Ours> {
    const child = Child.ofModule(consumer)
    await child.message()
    return new Ours(child)
  }

  async end(load: Load, { workers, pids }: Made): Promise<Received> {
    this.#child.send('tell')
    const { byParent, lost } = await this.#child.message<Tally>()
    await this.#child.ended()
    const received = ofParents(byParent.NEW_PROCESS, workers) + ofParents(byParent.TERMINATE_PROCESS, workers)
    return { expected: load === 'threads' ? 0 : 2 * pids.length, received, lost }
  }
}
