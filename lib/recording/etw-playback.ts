/** A recording of a live sensor on Windows, played: its drain and its stream, on any system. */
import type { Coverage } from '../coverage.js'
import { KernelwireError } from '../errors.js'
import type { EventRecord } from '../events/index.js'
import type { Records } from '../records.js'
import type { SensorStats } from '../stats.js'
import type { EventStream } from '../stream.js'
import { WindowsDrain } from '../windows/drain.js'
import { newEtwMapping } from '../windows/mapping.js'
import { windowsStats } from '../windows/stats.js'
import { parseFileResult } from './file-results.js'
import { ENTRY, FIELD } from './format.js'
import { type Frames, isMs, numberAt, textAt } from './frames.js'
import { decodeSeed, type Meta } from './meta.js'
import type { Parts } from './parts.js'
import type { Playback, PlaybackOptions, Played, RecordingInfo } from './playback.js'
import { PlayedSource } from './played.js'
import { type StepMaker, Steps } from './steps.js'

export class EtwPlayback implements Playback, StepMaker {
  readonly info: RecordingInfo
  readonly stream: EventStream
  readonly coverage: Coverage

  readonly #parts: Parts
  readonly #ringBytes: number
  readonly #drain: WindowsDrain
  readonly #steps: Steps
  /** Milliseconds since 1970: when the latest step was made. */
  #stepMs: number

  constructor(parts: Parts, meta: Meta, block: Frames, options: PlaybackOptions) {
    if (options.onRecord !== undefined) {
      throw new KernelwireError(
        'ERR_OPTION',
        `"onRecord" is for recordings of Linux, and ${parts.name} is one of Windows; leave it out`,
      )
    }
    const { version, system, beganMs } = meta
    const { events, extended } = meta.options
    this.info = { format: 'kwr', version, system, beganMs, events, extended }
    this.coverage = meta.coverage
    this.#parts = parts
    this.#ringBytes = meta.ringBytes
    this.#stepMs = meta.attachedMs
    const { stream, decoder } = newEtwMapping({
      ...meta.options,
      events: new Set(events),
      envelope: meta.envelope,
      runSeed: decodeSeed(meta.runSeed),
      atomSeed: decodeSeed(meta.bootSeed),
    })
    this.stream = stream
    const source = new PlayedSource(meta.attachedMs)
    this.#drain = new WindowsDrain(source, stream, decoder)
    this.#steps = new Steps(parts, block, source, this)
  }

  get damage(): Parts['damage'] {
    return this.#parts.damage
  }

  stats(): SensorStats {
    return windowsStats(this.stream, [], [], this.#ringBytes)
  }

  close(): Promise<void> {
    return this.#parts.close()
  }

  async next(): Promise<Played | undefined> {
    const events = await this.#steps.next()
    return events && { events, atMs: this.#stepMs }
  }

  entry(type: number, records: Records, at: number): EventRecord[] | undefined {
    switch (type) {
      case ENTRY.DRAIN: {
        const nowMs = numberAt(records, at + FIELD.value)
        if (records.length(at) < FIELD.value + 8 || !isMs(nowMs)) break
        this.#stepMs = nowMs
        return this.#drain.run(nowMs)
      }
      case ENTRY.FILE: {
        const result = parseFileResult(textAt(records, at))
        if (result === undefined) break
        this.#drain.accept(result)
        return this.stream.takeBatch()
      }
      case ENTRY.FINISH:
        return this.#drain.finish()
      case ENTRY.CLOSE_FILES:
        return this.#drain.closeFiles()
      case ENTRY.END:
      case ENTRY.META:
        return undefined
    }
    this.damage.entries++
    return undefined
  }

  part(): EventRecord[] {
    return this.#drain.run(this.#stepMs)
  }

  hole(bytes: number): void {
    const time = Math.floor(this.#stepMs)
    this.stream.loss({ LOST: {}, BYTES: bytes, REASON: 'DAMAGED', FROM: time, TO: time })
  }
}
