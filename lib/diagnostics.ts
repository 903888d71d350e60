/**
 * What a sensor tells those who watch the program it runs in, by node:diagnostics_channel:
 *
 * - `kernelwire:open` { sensor, coverage }
 * - `kernelwire:close` { sensor, stats }
 * - `kernelwire:loss` { sensor, record }: a LOSS_ACCOUNTING event, before it is delivered
 * - `kernelwire:bad-record` { sensor, total, counts }: how many made no sense so far, in all and by type
 *
 * Costs nothing where nobody listens.
 */
import { channel } from 'node:diagnostics_channel'
import { RECORD_NAMES, typeOf } from './accounts.js'
import { type EventRecord, isEvent } from './events/index.js'
import type { EventStream } from './stream.js'

const OPEN = channel('kernelwire:open')
const CLOSE = channel('kernelwire:close')
const LOSS = channel('kernelwire:loss')
const BAD_RECORD = channel('kernelwire:bad-record')

interface Told {
  readonly coverage: unknown
  stats(): unknown
}

export class Diagnostics {
  readonly #sensor: Told
  readonly #stream: EventStream
  #bad = 0

  constructor(sensor: Told, stream: EventStream) {
    this.#sensor = sensor
    this.#stream = stream
  }

  opened(): void {
    if (OPEN.hasSubscribers) OPEN.publish({ sensor: this.#sensor, coverage: this.#sensor.coverage })
  }

  closed(): void {
    if (CLOSE.hasSubscribers) CLOSE.publish({ sensor: this.#sensor, stats: this.#sensor.stats() })
  }

  /** Before a batch is delivered. */
  batch(batch: readonly EventRecord[]): void {
    if (LOSS.hasSubscribers) {
      for (const record of batch) {
        if (isEvent(record, 'LOSS_ACCOUNTING')) LOSS.publish({ sensor: this.#sensor, record })
      }
    }
    if (BAD_RECORD.hasSubscribers) this.#tellBad()
  }

  #tellBad(): void {
    const { bad } = this.#stream.accounts
    const total = bad.reduce((sum, count) => sum + count, 0)
    if (total === this.#bad) return
    this.#bad = total
    const counts = Object.fromEntries(RECORD_NAMES.map((name) => [name, bad[typeOf(name)]!]))
    BAD_RECORD.publish({ sensor: this.#sensor, total, counts })
  }
}
