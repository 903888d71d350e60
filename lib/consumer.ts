/**
 * The one consumer of a sensor or of a recording: batches, one after the other, as a loop, as single
 * events, or to callbacks.
 */
import { KernelwireError } from './errors.js'
import type { Delivered, EventName, EventOf, EventRecord } from './events/index.js'

/** What to do with each event, by its name. */
export type Handlers<N extends EventName> = {
  [Name in N | 'LOSS_ACCOUNTING']?: ((record: EventOf<Name>) => void) | undefined
}

export interface Producer<N extends EventName> {
  /** The next batch; undefined at the end. */
  next(): Promise<Delivered<N>[] | undefined>
  /** The consumer wants no more. */
  release(): Promise<void>
}

export class Consumer<N extends EventName> {
  readonly #producer: Producer<N>
  #isTaken = false
  #hasBegun = false
  /** Batches that the consumer waits for: the latest of them, and how many. */
  #latest: Promise<unknown> = Promise.resolve()
  #asked = 0

  constructor(producer: Producer<N>) {
    this.#producer = producer
  }

  /** Whether it has asked for anything. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  get isWaiting(): boolean {
    return this.#asked > 0
  }

  batches(): AsyncIterator<Delivered<N>[], undefined> {
    if (this.#isTaken) {
      throw new KernelwireError(
        'ERR_CONSUMED',
        'a sensor has one consumer, and this one has it already; open another sensor for another consumer',
      )
    }
    this.#isTaken = true
    return {
      next: async () => {
        const batch = await this.#ask()
        return batch === undefined ? { done: true, value: undefined } : { done: false, value: batch }
      },
      return: async () => {
        await this.#producer.release()
        return { done: true, value: undefined }
      },
    }
  }

  events(): AsyncGenerator<Delivered<N>, void, undefined> {
    const batches = this.batches()
    return eachOf({ [Symbol.asyncIterator]: () => batches })
  }

  /** The end is the caller's to see in `signal`; any other failure is an uncaught exception, as is a throw of `handle`. */
  async feed(handle: (batch: Delivered<N>[]) => void, signal: AbortSignal | undefined): Promise<void> {
    try {
      for await (const batch of { [Symbol.asyncIterator]: () => this.batches() }) handle(batch)
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return
      // There is no loop of the caller's that could be told.
      process.nextTick(() => {
        throw error
      })
    }
  }

  /** One batch after the other, also when several are asked for at once. */
  #ask(): Promise<Delivered<N>[] | undefined> {
    this.#hasBegun = true
    this.#asked++
    const batch = this.#latest
      .then(() => this.#producer.next())
      .finally(() => {
        this.#asked--
      })
    this.#latest = batch.catch(() => {})
    return batch
  }
}

async function* eachOf<T>(batches: AsyncIterable<T[]>): AsyncGenerator<T, void, undefined> {
  for await (const batch of batches) yield* batch
}

/** What to do with a batch by the options; undefined where a loop will take them. */
export function batchHandler<N extends EventName>(options: {
  onBatch: ((batch: Delivered<N>[]) => void) | undefined
  on: Handlers<N> | undefined
}): ((batch: Delivered<N>[]) => void) | undefined {
  const { onBatch, on } = options
  if (on === undefined) return onBatch
  const handlers = on as Partial<Record<EventName, (record: EventRecord) => void>>
  return (batch) => {
    onBatch?.(batch)
    for (const record of batch as EventRecord[]) handlers[record.routing.event_type]?.(record)
  }
}
