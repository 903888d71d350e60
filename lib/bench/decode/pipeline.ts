/** The way from records to batches as a sensor has it; only the ring is memory of ours. */
import { Acts } from '../../acts.js'
import { EventClock } from '../../clock.js'
import type { ProcessRule } from '../../correlate/rules.js'
import { REPEAT_MS } from '../../correlate/sensitive.js'
import { Drain } from '../../drain.js'
import type { Envelope } from '../../envelope.js'
import { EVENT_NAMES, type EventRecord } from '../../events/index.js'
import { bootSeed, ImageAtoms } from '../../process/atom.js'
import { EventIds } from '../../process/event-ids.js'
import { seedOf } from '../../process/mixer.js'
import { Users } from '../../process/users.js'
import { Records } from '../../records.js'
import { EventStream } from '../../stream.js'
import { MemorySource } from './memory-source.js'
import { END_NS, parent, type RecordMemory } from './records.js'

const BOOT_TO_EPOCH_MS = 1_764_000_000_000
const FORK_WINDOW_MS = 100
/** So much later is each time that records are played again: longer than they and the fork window take. */
const STEP_NS = 2e9

/** After so long an access to a sensitive process is told again. */
const SENSITIVE_STEP_NS = STEP_NS + REPEAT_MS * 1e6

/** A pair is new each time that its records are played again. */
const CORRELATION = { injectionWindowMs: 1_000 }

const ENVELOPE: Envelope = Object.freeze({
  oid: '00000000-0000-0000-0000-000000000000',
  iid: '00000000-0000-0000-0000-000000000000',
  sid: '5e9f6a52-1f2b-8c3d-9e4f-0123456789ab',
  did: '',
  hostname: 'build-server-07',
  ext_ip: '',
  int_ip: '192.0.2.7',
  plat: 0x20000000,
  arch: 2,
  moduleid: 2,
  tags: Object.freeze([]),
})

const users = await Users.open()

export class Pipeline {
  readonly #source = new MemorySource()
  readonly #drain: Drain
  readonly #views = new Map<RecordMemory, Records>()
  readonly #stepNs: number
  #laterNs = 0

  /** `hasActs`: whether it takes records of what processes do, too; `sensitive`: in which ones nobody is to reach. */
  constructor(hasActs = false, sensitive?: ProcessRule[]) {
    this.#stepNs = sensitive === undefined ? STEP_NS : SENSITIVE_STEP_NS
    const streamOptions = {
      events: new Set(EVENT_NAMES),
      extended: false,
      envelope: ENVELOPE,
      ids: new EventIds(seedOf('kernelwire bench')),
      atoms: new ImageAtoms(bootSeed('machine', 'boot'), BOOT_TO_EPOCH_MS),
    }
    const stream = new EventStream(streamOptions)
    const acts = hasActs ? new Acts(stream, streamOptions, { ...CORRELATION, sensitive }) : undefined
    const context = { clock: new EventClock(BOOT_TO_EPOCH_MS), users, pageBytes: 4_096, acts }
    this.#drain = new Drain(this.#source, stream, context, FORK_WINDOW_MS)
  }

  /** With the parent of all processes in the table. */
  static withParent(hasActs = false, sensitive?: ProcessRule[]): Pipeline {
    const pipeline = new Pipeline(hasActs, sensitive)
    pipeline.snapshot(parent(), () => undefined)
    return pipeline
  }

  /** Makes the records happen later than all before: not part of what is measured. */
  later(...memories: RecordMemory[]): void {
    this.#laterNs += this.#stepNs
    for (const memory of memories) memory.setLater(this.#laterNs)
  }

  /** All that is in `memory`, in batches. */
  play(memory: RecordMemory, onBatch: (batch: EventRecord[]) => void): void {
    this.#source.fill(memory, this.#view(memory))
    do onBatch(this.#drain.run(0))
    while (this.#drain.hasMore)
  }

  /** The fork window of everything that was played is over. */
  tick(onBatch: (batch: EventRecord[]) => void): void {
    onBatch(this.#drain.run((this.#laterNs + END_NS) / 1e6 + 2 * FORK_WINDOW_MS))
  }

  snapshot(memory: RecordMemory, onBatch: (batch: EventRecord[]) => void): void {
    const { bytes } = memory
    this.#drain.addSnapshot({ records: this.#view(memory), bytes, begunMs: 0, endedMs: 0 })
    onBatch(this.#drain.run(0))
  }

  #view(memory: RecordMemory): Records {
    const view = this.#views.get(memory) ?? new Records(memory.memory)
    this.#views.set(memory, view)
    return view
  }
}
