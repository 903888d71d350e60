/** Our sensor in the storms. */
import { fileURLToPath } from 'node:url'
import { Child } from '../child.js'
import { ACT_EVENTS, actsReceived } from './act-load.js'
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

  static async start(consumer: string, load: Load): Promise<Ours> {
    const child = Child.ofModule(consumer, load === 'acts' ? [ACT_EVENTS.join()] : [])
    await child.message()
    return new Ours(child)
  }

  async end(load: Load, made: Made): Promise<Received> {
    const { workers, pids } = made
    this.#child.send('tell')
    const tally = await this.#child.message<Tally>()
    await this.#child.ended()
    const { byParent, lost } = tally
    if (load === 'acts') {
      return { expected: ACT_EVENTS.length * pids.length, received: actsReceived(tally, made), lost }
    }
    const received = ofParents(byParent.NEW_PROCESS, workers) + ofParents(byParent.TERMINATE_PROCESS, workers)
    return { expected: load === 'threads' ? 0 : 2 * pids.length, received, lost }
  }
}
