/** An .etl file as events in the documented shapes: what a recording of Windows brings, batch by batch. */
import { Acts } from '../acts.js'
import type { CorrelationOptions } from '../correlate/correlator.js'
import type { ProcessRule } from '../correlate/rules.js'
import { EtwAtoms } from '../decode/etw/atoms.js'
import { EtwDecoder, PROVIDERS_READ } from '../decode/etw/decoder.js'
import { WorkerThreads } from '../decode/etw/workers.js'
import type { Envelope, EnvelopeOptions } from '../envelope.js'
import type { EventName, EventRecord } from '../events/index.js'
import { EventIds } from '../process/event-ids.js'
import { seedOf } from '../process/mixer.js'
import { EventStream } from '../stream.js'
import type { Part } from './archives.js'
import { FirstLook } from './first-look.js'
import type { EtlSource } from './merged-files.js'
import { openParts, partsOfAll } from './source.js'
import { Timeline } from './timeline.js'
import { damageOf } from './totals.js'

/** What a recording of Windows can lead to. Which of it there is depends on what was recorded. */
export const ETL_EVENTS = [
  'NEW_PROCESS',
  'EXISTING_PROCESS',
  'TERMINATE_PROCESS',
  'MODULE_LOAD',
  'NEW_NAMED_PIPE',
  'OPEN_NAMED_PIPE',
  'REMOTE_PROCESS_HANDLE',
  'NEW_REMOTE_THREAD',
  'SENSITIVE_PROCESS_ACCESS',
  'THREAD_INJECTION',
  'LOSS_ACCOUNTING',
] as const satisfies readonly EventName[]

export interface EtlPlaybackOptions {
  /** Default: all of ETL_EVENTS. LOSS_ACCOUNTING is delivered whether named or not. */
  events?: ReadonlySet<EventName> | undefined
  extended?: boolean | undefined
  /** What `routing` says, where the recording does not know it. */
  envelope?: EnvelopeOptions | undefined
  correlation?: CorrelationOptions | undefined
}

/** A program can be created a good while before it is let run: in a file, to wait costs nothing. */
const START_WINDOW_MS = 2_000

const NIL_UUID = '00000000-0000-0000-0000-000000000000'
const WINDOWS = 0x10000000
const [X86, X64] = [1, 2]

/** 1970 as a FILETIME. */
const EPOCH = 116_444_736_000_000_000n
const UNITS_PER_MS = 10_000

export class EtlPlayback {
  readonly file: EtlSource
  readonly stream: EventStream
  readonly decoder: EtwDecoder
  readonly #timeline = new Timeline()
  /** What came before the clock was set back. */
  #before: EventRecord[] = []
  #isFinished = false

  /** `paths`: several are read as one. */
  static async open(paths: string | readonly string[], options: EtlPlaybackOptions = {}): Promise<EtlPlayback> {
    const parts = await partsOfAll(typeof paths === 'string' ? [paths] : paths)
    const workers = new WorkerThreads()
    const look = parts.some(({ isOnce }) => isOnce) ? undefined : await firstLook(parts, workers)
    return new EtlPlayback(await openParts(parts), options, workers, look)
  }

  private constructor(
    file: EtlSource,
    options: EtlPlaybackOptions,
    workers: WorkerThreads,
    look: FirstLook | undefined,
  ) {
    this.file = file
    const { bootMs, startMs, pointerBytes } = file.facts
    // All recordings of one boot name a process alike; ids are those of this one recording.
    const boot = String(bootMs === 0 ? startMs : bootMs)
    const streamOptions = {
      events: new Set<EventName>([...(options.events ?? ETL_EVENTS), 'LOSS_ACCOUNTING']),
      extended: options.extended ?? false,
      envelope: envelopeOf(pointerBytes, options.envelope),
      ids: new EventIds(seedOf('kernelwire etl run', boot, String(startMs))),
      atoms: { of: unnamed },
    }
    this.stream = new EventStream(streamOptions)
    const acts = new Acts(this.stream, streamOptions, withNames(options.correlation))
    const atoms = new EtwAtoms(seedOf('kernelwire etl atom 1', boot))
    this.decoder = new EtwDecoder(this.stream, acts, atoms, START_WINDOW_MS, undefined, workers)
    this.decoder.onSetBack = () => {
      for (const event of this.#timeline.take(this.stream.takeBatch(), Number.POSITIVE_INFINITY))
        this.#before.push(event)
    }
    if (look === undefined) return
    const start = EPOCH + BigInt(Math.round(startMs * UNITS_PER_MS))
    const { records, offsets } = look.records(Number(start & 0xffff_ffffn), Number(start >> 32n))
    for (const at of offsets) this.decoder.record(records, at)
  }

  /** The next events, of which there may be none for a while; undefined at the end. */
  async next(): Promise<EventRecord[] | undefined> {
    if (this.#isFinished) return undefined
    const count = await this.file.step(PROVIDERS_READ)
    if (count === undefined) {
      this.#isFinished = true
      const { isDamaged, ...holes } = damageOf(this.file.totals())
      this.decoder.finish(isDamaged ? { ...holes, endMs: this.file.facts.endMs } : undefined)
      return this.#timeline.take(this.stream.takeBatch(), Number.POSITIVE_INFINITY)
    }
    const { records, offsets } = this.file
    for (let i = 0; i < count; i++) this.decoder.record(records, offsets[i]!)
    const events = this.#timeline.take(this.stream.takeBatch(), this.decoder.settledMs)
    if (this.#before.length === 0) return events
    const all = this.#before.concat(events)
    this.#before = []
    return all
  }

  close(): void {
    this.#isFinished = true
    this.file.close()
  }
}

async function firstLook(parts: readonly Part[], workers: WorkerThreads): Promise<FirstLook> {
  const file = await openParts(parts)
  try {
    return await FirstLook.take(file, workers)
  } finally {
    file.close()
  }
}

/** Where a recording knows the name of a program only, the name in a rule's path stands for the path. */
function withNames(correlation: CorrelationOptions = {}): CorrelationOptions {
  const named = (rules: readonly ProcessRule[]) =>
    rules.flatMap((rule) => {
      const name = rule.path?.includes('\\') ? rule.path.slice(rule.path.lastIndexOf('\\') + 1) : undefined
      return name === undefined ? [rule] : [rule, { ...rule, path: name }]
    })
  const { sensitive, ignore } = correlation
  return { ...correlation, sensitive: sensitive && named(sensitive), ignore: ignore && named(ignore) }
}

function envelopeOf(pointerBytes: number, given: EnvelopeOptions = {}): Envelope {
  return Object.freeze({
    oid: given.oid ?? NIL_UUID,
    iid: given.iid ?? NIL_UUID,
    sid: given.sid ?? NIL_UUID,
    did: given.did ?? '',
    hostname: given.hostname ?? '',
    ext_ip: given.ext_ip ?? '',
    int_ip: given.int_ip ?? '',
    plat: WINDOWS,
    arch: pointerBytes === 4 ? X86 : X64,
    moduleid: 2,
    tags: Object.freeze([...(given.tags ?? [])]),
  })
}

/** The decoder names every image before it is announced. */
function unnamed(): never {
  throw new Error('an image of a recording has no name')
}
