/** A recorded sensor on Windows, in memory: the records of its lanes are those that the test writes. */
import type { EventName, EventRecord } from '../../lib/events/index.js'
import type { ResolvedFilter } from '../../lib/filter/process-filter.js'
import type { FileRequest } from '../../lib/identity/identities.js'
import { seedOf } from '../../lib/process/mixer.js'
import { JournaledWindowsDrain } from '../../lib/recording/journaled-etw.js'
import type { Recorded, Recorder } from '../../lib/recording/recorder.js'
import { Records } from '../../lib/records.js'
import type { EventStream } from '../../lib/stream.js'
import type { LaneSource } from '../../lib/windows/drain.js'
import { newEtwMapping } from '../../lib/windows/mapping.js'
import { recordedOf } from '../../lib/windows/recorded.js'
import { type EtwEvent, memoryOf } from './etw-bytes.js'
import { BEGIN } from './etw-run.js'
import { ENVELOPE } from './playback.js'

/** As the addon's. */
const SCAN = 1_024

export interface RecordedWindowsOptions {
  events: readonly EventName[]
  extended?: boolean
  filter?: ResolvedFilter
}

export class RecordedWindows {
  readonly stream: EventStream
  readonly drain: JournaledWindowsDrain
  readonly recorder: Recorder
  readonly delivered: EventRecord[] = []
  /** Files that are to be looked at. */
  readonly requests: FileRequest[] = []
  readonly #lanes = new Lanes()
  #snapshots = 0

  static async open(
    open: (recorded: Recorded) => Recorder | Promise<Recorder>,
    options: RecordedWindowsOptions,
  ): Promise<RecordedWindows> {
    let sensor: RecordedWindows | undefined
    const mappingOptions = {
      events: new Set<EventName>([...options.events, 'LOSS_ACCOUNTING']),
      extended: options.extended ?? false,
      envelope: ENVELOPE,
      filter: options.filter,
      correlation: {},
      runSeed: seedOf('run'),
      atomSeed: seedOf('machine'),
    }
    const source = { coverage: { attachments: [] }, attachedMs: BEGIN, takeSnapshot: () => void sensor!.#snapshots++ }
    const recorder = await open(recordedOf(source, mappingOptions, { forkWindowMs: 100, ringBytes: 2 ** 20 }))
    sensor = new RecordedWindows(recorder, mappingOptions)
    return sensor
  }

  private constructor(recorder: Recorder, options: Parameters<typeof newEtwMapping>[0]) {
    const { stream, decoder } = newEtwMapping(options)
    this.stream = stream
    this.recorder = recorder
    this.drain = new JournaledWindowsDrain(this.#lanes, stream, decoder, recorder.journal)
    if (stream.identities !== undefined) stream.identities.onRequest = (request) => this.requests.push(request)
  }

  /** How often the processes were listed for the recording. */
  get snapshots(): number {
    return this.#snapshots
  }

  write(...events: EtwEvent[]): void {
    for (let i = 0; i < events.length; i += SCAN) this.#lanes.chunks.push(memoryOf(events.slice(i, i + SCAN), 0xee))
  }

  /** All that was written, in drains. */
  run(nowMs: number): void {
    do this.delivered.push(...this.drain.run(nowMs))
    while (this.drain.hasMore)
  }

  async close(): Promise<EventRecord[]> {
    this.delivered.push(...this.drain.finish())
    await this.recorder.close()
    return this.delivered
  }
}

class Lanes implements LaneSource {
  chunks: { records: Records; offsets: Uint32Array }[] = []

  get records(): Records {
    return this.chunks[0]?.records ?? new Records(new ArrayBuffer(0))
  }

  get offsets(): Uint32Array {
    return this.chunks[0]?.offsets ?? new Uint32Array(0)
  }

  scan(): number {
    return this.offsets.length
  }

  release(count: number): void {
    const [first] = this.chunks
    if (first === undefined) return
    first.offsets = first.offsets.subarray(count)
    if (first.offsets.length === 0) this.chunks.shift()
  }
}
