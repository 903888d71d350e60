/** Plays raw records to the decoder and collects the events: everything but the kernel and the clock. */
import { Acts } from '../../lib/acts.js'
import { EventClock } from '../../lib/clock.js'
import type { CorrelationOptions } from '../../lib/correlate/correlator.js'
import type { Context } from '../../lib/decode/linux/context.js'
import { LinuxDecoder } from '../../lib/decode/linux/decoder.js'
import type { Envelope } from '../../lib/envelope.js'
import type { EventName, EventOf, EventRecord } from '../../lib/events/index.js'
import type { ResolvedFilter } from '../../lib/filter/process-filter.js'
import type { FileResult } from '../../lib/identity/known-file.js'
import { ImageAtoms } from '../../lib/process/atom.js'
import { EventIds } from '../../lib/process/event-ids.js'
import type { ProcessImage } from '../../lib/process/image.js'
import { seedOf } from '../../lib/process/mixer.js'
import { dropZombies, type Rundown, reconcile, takeOverFirst } from '../../lib/process/rundown.js'
import { EventStream, type StreamOptions } from '../../lib/stream.js'
import { framed, type Image } from './record-bytes.js'

/** What to add to the records' clock for the time since 1970. */
export const EPOCH = 1_700_000_000_000
export const PAGE = 4_096

const ALL: readonly EventName[] = [
  'NEW_PROCESS',
  'EXISTING_PROCESS',
  'TERMINATE_PROCESS',
  'PROCESS_ENVIRONMENT',
  'MODULE_LOAD',
  'NEW_NAMED_PIPE',
  'OPEN_NAMED_PIPE',
  'REMOTE_PROCESS_HANDLE',
  'NEW_REMOTE_THREAD',
]

export const ENVELOPE: Envelope = Object.freeze({
  oid: '00000000-0000-0000-0000-000000000000',
  iid: '00000000-0000-0000-0000-000000000000',
  sid: '5e9f6a52-1f2b-8c3d-9e4f-0123456789ab',
  did: '',
  hostname: 'host',
  ext_ip: '',
  int_ip: '192.0.2.7',
  plat: 0x20000000,
  arch: 2,
  moduleid: 2,
  tags: Object.freeze([]),
})

const USERS = { name: (uid: number) => ({ 0: 'root', 1000: 'ada' })[uid] }

const atoms = () => new ImageAtoms(seedOf('test'), EPOCH)

/** The atom that names an image, as any sensor on this machine would have it. */
export function atomOf({ pid, execId, startMs }: Image): string {
  const ns = BigInt(Math.round(startMs * 1e6))
  return atoms().of(pid, execId, Number(ns & 0xffffffffn), Number(ns >> 32n))
}

/** The same of one in the table, which has none yet while it waits for its exec. */
export function atomOfImage({ pid, execId, startLow, startHigh }: ProcessImage): string {
  return atoms().of(pid, execId, startLow, startHigh)
}

export interface PlaybackOptions {
  events?: readonly EventName[]
  extended?: boolean
  allAccess?: boolean
  forkWindowMs?: number
  filter?: ResolvedFilter
  correlation?: CorrelationOptions
}

function streamOptions({ events = ALL, extended = false, filter, allAccess }: PlaybackOptions): StreamOptions {
  const ids = new EventIds(seedOf('run'))
  return { events: new Set(events), extended, envelope: ENVELOPE, ids, atoms: atoms(), filter, allAccess }
}

export function newStream(options: Omit<PlaybackOptions, 'forkWindowMs'> = {}): EventStream {
  return new EventStream(streamOptions(options))
}

export function contextFor(clock: EventClock, stream?: EventStream, acts?: Acts): Context {
  return { clock, users: USERS, pageBytes: PAGE, files: stream?.identities?.files, acts }
}

export class Playback {
  readonly stream: EventStream
  readonly decoder: LinuxDecoder

  constructor({ forkWindowMs = 100, ...options }: PlaybackOptions = {}) {
    const whole = streamOptions(options)
    this.stream = new EventStream(whole)
    const acts = new Acts(this.stream, whole, options.correlation)
    this.decoder = new LinuxDecoder(this.stream, contextFor(new EventClock(EPOCH), this.stream, acts), forkWindowMs)
  }

  /** The events that these records bring. */
  play(...all: Uint8Array[]): EventRecord[] {
    const { records, offsets } = framed(all)
    for (const at of offsets) this.decoder.record(records, at)
    return this.stream.takeBatch()
  }

  /** What was found out about files. */
  accept(...results: FileResult[]): EventRecord[] {
    for (const result of results) this.stream.identities?.accept(result)
    return this.stream.takeBatch()
  }

  /** Nothing more is found out about them. */
  closeFiles(): EventRecord[] {
    this.stream.identities?.close()
    return this.stream.takeBatch()
  }

  tick(bootMs: number): EventRecord[] {
    this.decoder.tick(bootMs)
    return this.stream.takeBatch()
  }

  finish(): EventRecord[] {
    this.decoder.finish()
    return this.stream.takeBatch()
  }

  /** A snapshot before the first record is read; `attachedMs`: when all hooks were in place. */
  takeOver(rows: readonly Uint8Array[], attachedMs: number): { events: EventRecord[]; rundown: Rundown } {
    const rundown = { images: this.#imagesOf(rows), begunMs: attachedMs, endedMs: attachedMs }
    takeOverFirst(this.stream, rundown, attachedMs)
    return { events: this.stream.takeBatch(), rundown }
  }

  /** The stream has come past the first snapshot. */
  pass(rundown: Rundown): void {
    dropZombies(this.stream, rundown)
  }

  /** A snapshot after a loss. `meanwhile`: records that were read between its start and its use. */
  reconcile(
    rows: readonly Uint8Array[],
    begunMs: number,
    meanwhile: readonly Uint8Array[] = [],
    isPartial = false,
  ): EventRecord[] {
    this.stream.processes.rememberEnds()
    const images = this.#imagesOf(rows)
    const events = this.play(...meanwhile)
    reconcile(this.stream, { images, begunMs, endedMs: begunMs + 1, isPartial })
    return [...events, ...this.stream.takeBatch()]
  }

  #imagesOf(rows: readonly Uint8Array[]): ProcessImage[] {
    const { records, offsets } = framed(rows)
    return offsets.map((at) => this.decoder.row(records, at)).filter((image) => image !== undefined)
  }
}

/** Those of one name. */
export function only<N extends EventName>(name: N, events: readonly EventRecord[]): EventOf<N>[] {
  return events.filter((record) => record.routing.event_type === name) as EventOf<N>[]
}

/** What came, in short: the name of each event and the process it is about. */
export function inShort(events: readonly EventRecord[]): string[] {
  return events.map(({ routing, event }) => {
    const pid = 'PROCESS_ID' in event ? ` ${event.PROCESS_ID}` : ''
    return `${routing.event_type.replace('_PROCESS', '')}${pid}`
  })
}
