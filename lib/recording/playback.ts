/** What every format of recordings gives: its events step by step, and what else a sensor would tell. */
import type { CorrelationOptions } from '../correlate/correlator.js'
import type { Coverage } from '../coverage.js'
import type { EnvelopeOptions } from '../envelope.js'
import type { EventName, EventRecord } from '../events/index.js'
import type { OnRecord } from '../raw-record.js'
import type { SensorStats } from '../stats.js'
import type { EventStream } from '../stream.js'
import type { Damage } from './reader.js'

/** Who made a recording, when, and of what. */
export interface RecordingInfo {
  /** For instance "kwr". */
  format: string
  /** The version of kernelwire that wrote it, where one did. */
  version?: string
  /** As uname(2) has it. */
  system: { platform: string; release: string; arch: string }
  /** Milliseconds since 1970. */
  beganMs: number
  /** The events that can be asked for. */
  events: readonly EventName[]
  extended: boolean
}

export interface Played {
  events: EventRecord[]
  /** Milliseconds since 1970: when the sensor had made this step. */
  atMs: number
}

export interface Playback {
  readonly info: RecordingInfo
  readonly coverage: Coverage
  readonly stream: EventStream
  /** What it lacks, as far as it was read. */
  readonly damage: Damage
  /** The next step, which may bring no event; undefined at the end. */
  next(): Promise<Played | undefined>
  stats(): SensorStats
  close(): Promise<void>
}

export interface PlaybackOptions {
  /** Default: all that the recording has. */
  events?: ReadonlySet<EventName> | undefined
  onRecord?: OnRecord | undefined
  /** These three where the events are made when they are read; else they are as they were recorded. */
  extended?: boolean | undefined
  envelope?: EnvelopeOptions | undefined
  correlation?: CorrelationOptions | undefined
  /** Whether to wait for more where the file ends and was not closed. */
  isFollowing(): boolean
}

/** How files of one kind are read. */
export interface RecordingFormat {
  name: string
  /** Whether a pipe is one of these where no other format recognizes its first bytes. */
  isForOtherPipes: boolean
  /** `head`: the first bytes of the file, fewer than asked for where it is shorter. */
  recognizes(head: Buffer): boolean
  /** `paths`: one file, or several that belong together, in any order. */
  open(paths: readonly string[], options: PlaybackOptions): Promise<Playback>
}
