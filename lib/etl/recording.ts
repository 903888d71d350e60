/** .etl as one of the formats that openRecording() knows. */
import { KernelwireError } from '../errors.js'
import { noCounts } from '../linux/counters.js'
import type { Playback, PlaybackOptions, Played, RecordingFormat, RecordingInfo } from '../recording/playback.js'
import type { Damage } from '../recording/reader.js'
import { type SensorStats, statsOf } from '../stats.js'
import { isArchive } from './archives.js'
import { ETL_EVENTS, EtlPlayback } from './playback.js'
import { damageOf } from './totals.js'

/** Where the header of a file's first event is, and what it must say (native/etl/file_header.cc). */
const EVENT_AT = 0x48
const EVENT = { type: 2, flags: 3, hook: 6, SIZE: 8 } as const
const SYSTEM_TYPES = [1, 2]
const IS_EVENT = 0x80

export const etl: RecordingFormat = {
  name: 'etl',
  isForOtherPipes: true,
  recognizes(head) {
    if (isArchive(head)) return true
    if (head.length < EVENT_AT + EVENT.SIZE) return false
    const isSystem = SYSTEM_TYPES.includes(head[EVENT_AT + EVENT.type]!)
    const isMarked = (head[EVENT_AT + EVENT.flags]! & IS_EVENT) !== 0
    return isSystem && isMarked && head.readUInt16LE(EVENT_AT + EVENT.hook) === 0
  },
  async open(paths, options) {
    if (options.onRecord !== undefined) {
      throw new KernelwireError(
        'ERR_OPTION',
        '"onRecord" is for recordings of kernelwire; leave it out for one of Windows',
      )
    }
    if (options.isFollowing()) {
      throw new KernelwireError(
        'ERR_OPTION',
        '"follow" is for recordings of kernelwire; leave it out for one of Windows',
      )
    }
    return new EtlRecording(await EtlPlayback.open(paths, options), options)
  },
}

class EtlRecording implements Playback {
  readonly info: RecordingInfo
  /** What the session saw, only its kinds of events tell: kernelwire replay --stats. */
  readonly coverage = { attachments: [] }
  readonly #playback: EtlPlayback

  constructor(playback: EtlPlayback, { extended }: PlaybackOptions) {
    this.#playback = playback
    const { osVersion, startMs, pointerBytes } = playback.file.facts
    this.info = {
      format: 'etl',
      system: { platform: 'win32', release: osVersion, arch: pointerBytes === 4 ? 'ia32' : 'x64' },
      beganMs: startMs,
      events: ETL_EVENTS,
      extended: extended ?? false,
    }
  }

  get stream() {
    return this.#playback.stream
  }

  get damage(): Damage {
    const { file, decoder } = this.#playback
    const totals = file.totals()
    const { buffers, events, bytes, archives } = damageOf(totals)
    const { bufferCut, bufferMissing, archiveCut } = totals.defects
    return {
      blocks: buffers + archives,
      bytes,
      entries: events + sum(Object.values(decoder.ledger.faults())),
      isCut:
        file.facts.endMs === 0 || bufferCut !== undefined || bufferMissing !== undefined || archiveCut !== undefined,
    }
  }

  async next(): Promise<Played | undefined> {
    const events = await this.#playback.next()
    return events && { events, atMs: this.#playback.decoder.latestMs }
  }

  /** Its records are not those of a sensor's ring: their counts stay zero. */
  stats(): SensorStats {
    const { stream, file } = this.#playback
    const kernel = { counts: noCounts, missedRuns: () => ({}) }
    const { eventsLost, buffersLost } = file.facts
    const stats = statsOf(stream, kernel, 0)
    return { ...stats, records: nothingOf(stats), lost: eventsLost + buffersLost }
  }

  async close(): Promise<void> {
    this.#playback.close()
  }
}

function nothingOf({ records }: SensorStats): SensorStats['records'] {
  const zeros = Object.entries(records).map(([name, counts]) => {
    return [name, Object.fromEntries(Object.keys(counts).map((key) => [key, 0]))]
  })
  return Object.fromEntries(zeros)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
