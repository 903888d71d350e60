/**
 * A .kwr recording, played: the same drain and the same stream as a sensor's, with a journal in the
 * place of the world. The first part is the one that says how; parts behind it go on.
 */
import { Acts } from '../acts.js'
import { EventClock } from '../clock.js'
import type { Coverage } from '../coverage.js'
import { Drain } from '../drain.js'
import { KernelwireError } from '../errors.js'
import type { EventName, EventRecord } from '../events/index.js'
import { ImageAtoms } from '../process/atom.js'
import { EventIds } from '../process/event-ids.js'
import { showing } from '../raw-record.js'
import { FRAME_BYTES, Records } from '../records.js'
import { type SensorStats, statsOf } from '../stats.js'
import { EventStream } from '../stream.js'
import { TappedSource } from '../tap.js'
import { parseChange } from './changes.js'
import { EtwPlayback } from './etw-playback.js'
import { parseFileResult } from './file-results.js'
import { ENTRY, FIELD, isRecording, LINUX_RECORDS_SINCE } from './format.js'
import { Frames, isMs, numberAt, textAt } from './frames.js'
import { parseLosses } from './losses.js'
import { decodeSeed, type Meta, parseMeta } from './meta.js'
import { Parts } from './parts.js'
import { isPipe } from './pipes.js'
import type { Playback, PlaybackOptions, Played, RecordingFormat, RecordingInfo } from './playback.js'
import { PlayedGaps, PlayedSource, PlayedUsers } from './played.js'
import { type StepMaker, Steps } from './steps.js'

export const kwr: RecordingFormat = {
  name: 'kwr',
  isForOtherPipes: false,
  recognizes: isRecording,
  async open(paths, options) {
    const fixed = (['extended', 'envelope', 'correlation'] as const).find((name) => options[name] !== undefined)
    if (fixed !== undefined) {
      throw new KernelwireError(
        'ERR_OPTION',
        `"${fixed}" is for recordings of Windows (.etl); ${paths[0]} is replayed as it was recorded, so leave it out`,
      )
    }
    const parts = await Parts.open(paths, options.isFollowing)
    try {
      const { meta, block } = await beginningOf(parts)
      if (meta.layout === 'etw') return new EtwPlayback(parts, meta, block, options)
      if (parts.version < LINUX_RECORDS_SINCE) throw olderRefusal(parts.name, meta.version)
      const playback = new KwrPlayback(parts, meta, block, options)
      // What sensor.update() has asked for later, the beginning does not know.
      if (playback.lacks(options.events) && !(await hasPipe(paths)))
        playback.info.events = await laterEvents(paths, playback.info.events)
      return playback
    } catch (error) {
      await parts.close()
      throw error
    }
  },
}

/** What is told before all else. */
async function beginningOf(parts: Parts): Promise<{ meta: Meta; block: Frames }> {
  const memory = await parts.block()
  const block = new Frames(memory ?? new ArrayBuffer(0))
  const at = block.next()
  const isMeta = at !== undefined && block.records.u8[at] === ENTRY.META
  const meta = isMeta ? parseMeta(textAt(block.records, at)) : undefined
  if (meta !== undefined) return { meta, block }
  throw new KernelwireError(
    'ERR_RECORDING_DAMAGED',
    `the beginning of ${parts.name} is missing or damaged, and without it nothing can be made of the rest`,
  )
}

function olderRefusal(path: string, version: string): KernelwireError {
  return new KernelwireError(
    'ERR_RECORDING_VERSION',
    `${path} was written by kernelwire ${version}, whose records lie otherwise; replay it with that version`,
  )
}

async function hasPipe(paths: readonly string[]): Promise<boolean> {
  return (await Promise.all(paths.map(isPipe))).includes(true)
}

/** All that the recording has; it is read once more to find out. */
async function laterEvents(paths: readonly string[], events: readonly EventName[]): Promise<EventName[]> {
  const all = new Set(events)
  const parts = await Parts.open(paths, () => false)
  try {
    for (let memory = await parts.block(); memory !== undefined; memory = await parts.block()) {
      const block = new Frames(memory)
      for (let at = block.next(); at !== undefined; at = block.next()) {
        if (block.records.u8[at] !== ENTRY.UPDATE) continue
        for (const name of parseChange(textAt(block.records, at))?.events ?? []) all.add(name)
      }
    }
  } finally {
    await parts.close()
  }
  return [...all]
}

class KwrPlayback implements Playback, StepMaker {
  readonly info: RecordingInfo
  readonly stream: EventStream
  coverage: Coverage

  readonly #parts: Parts
  readonly #meta: Meta
  readonly #source: PlayedSource
  readonly #gaps: PlayedGaps
  readonly #users = new PlayedUsers()
  readonly #clock: EventClock
  readonly #drain: Drain

  readonly #steps: Steps
  #stepMs: number

  constructor(parts: Parts, meta: Meta, block: Frames, options: PlaybackOptions) {
    const { events, extended, allAccess, forkWindowMs, filter, correlation } = meta.options
    this.#parts = parts
    this.#meta = meta
    this.coverage = meta.coverage
    this.#stepMs = meta.attachedMs
    this.#source = new PlayedSource(meta.attachedMs)
    this.#steps = new Steps(parts, block, this.#source, this)
    this.#gaps = new PlayedGaps(meta.part === 0)
    this.#clock = new EventClock(meta.clockMs)
    const streamOptions = {
      events: new Set(events),
      extended,
      envelope: meta.envelope,
      ids: new EventIds(decodeSeed(meta.runSeed)),
      atoms: new ImageAtoms(decodeSeed(meta.bootSeed), meta.bootToEpochMs),
      filter,
      allAccess,
    }
    this.stream = new EventStream(streamOptions)
    const context = {
      clock: this.#clock,
      users: this.#users,
      pageBytes: meta.pageBytes,
      files: this.stream.identities?.files,
      acts: new Acts(this.stream, streamOptions, correlation),
    }
    const { onRecord } = options
    const source = onRecord === undefined ? this.#source : new TappedSource(this.#source, showing(onRecord))
    this.#drain = new Drain(source, this.stream, context, forkWindowMs, this.#gaps)
    const { version, system, beganMs } = meta
    this.info = { format: 'kwr', version, system, beganMs, events, extended }
  }

  /** Whether any of these is no event that the beginning knows of. */
  lacks(events: ReadonlySet<EventName> | undefined): boolean {
    return events !== undefined && [...events].some((name) => !this.info.events.includes(name))
  }

  get damage() {
    return this.#parts.damage
  }

  stats(): SensorStats {
    const gaps = this.#gaps
    const { accounts } = this.stream
    const kernel = { counts: () => gaps.counts(accounts), missedRuns: () => gaps.missedRuns() }
    return statsOf(this.stream, kernel, this.#meta.ringBytes)
  }

  close(): Promise<void> {
    return this.#parts.close()
  }

  async next(): Promise<Played | undefined> {
    const events = await this.#steps.next()
    return events && { events, atMs: this.#clock.epochMs(this.#stepMs) }
  }

  entry(type: number, records: Records, at: number): EventRecord[] | undefined {
    switch (type) {
      case ENTRY.DRAIN:
        return this.#made(records, at, (nowMs) => this.#drain.run(nowMs))
      case ENTRY.EXPECT_SNAPSHOT:
        this.#drain.expectSnapshot()
        return []
      case ENTRY.SNAPSHOT:
        return this.#snapshot(records, at)
      case ENTRY.BASE:
        return this.#base(records, at)
      case ENTRY.FINISH:
        return this.#drain.finish()
      case ENTRY.CLOSE_FILES:
        return this.#drain.closeFiles()
      case ENTRY.UPDATE:
        return this.#update(records, at)
      case ENTRY.FILE: {
        const result = parseFileResult(textAt(records, at))
        if (result === undefined) this.damage.entries++
        else this.#drain.accept(result)
        return this.stream.takeBatch()
      }
      case ENTRY.END:
      case ENTRY.META:
        return undefined
      case ENTRY.PREPARE:
        this.#drain.prepareUpdate()
        return undefined
      default:
        if (!this.#fact(type, records, at)) this.damage.entries++
        return undefined
    }
  }

  part(): EventRecord[] {
    return this.#drain.run(this.#stepMs)
  }

  /** False for one that makes no sense. */
  #fact(type: number, records: Records, at: number): boolean {
    switch (type) {
      case ENTRY.CLOCK: {
        const ms = numberAt(records, at + FIELD.value)
        if (records.length(at) < FIELD.value + 8 || !isMs(Math.abs(ms))) return false
        this.#clock.adjust(ms)
        return true
      }
      case ENTRY.USER: {
        if (records.length(at) < FIELD.SIZE) return false
        const isKnown = records.u8[at + FIELD.isKnown] === 1
        this.#users.learn(records.u32[(at + FIELD.uid) >>> 2]!, isKnown ? textAt(records, at) : undefined)
        return true
      }
      case ENTRY.LOSSES: {
        const losses = parseLosses(textAt(records, at))
        if (losses !== undefined) this.#gaps.add(losses)
        return losses !== undefined
      }
      default:
        return false
    }
  }

  #made(records: Records, at: number, make: (ms: number) => EventRecord[]): EventRecord[] | undefined {
    const ms = numberAt(records, at + FIELD.value)
    if (records.length(at) < FIELD.value + 8 || !isMs(ms)) {
      this.damage.entries++
      return undefined
    }
    this.#stepMs = ms
    const events = make(ms)
    this.#gaps.clear()
    return events
  }

  #snapshot(records: Records, at: number): EventRecord[] | undefined {
    const endedMs = numberAt(records, at + FIELD.endedMs)
    if (records.length(at) < FIELD.endedMs + 8 || !isMs(endedMs)) {
      this.damage.entries++
      return undefined
    }
    // Not in recordings of version 3 and older.
    const isPartial = records.length(at) >= FIELD.isPartial + 8 && numberAt(records, at + FIELD.isPartial) !== 0
    return this.#made(records, at, (begunMs) => {
      const rows = this.#rows(records)
      this.#drain.addSnapshot({ records: rows, bytes: rows.u8.length, begunMs, endedMs, isPartial })
      return []
    })
  }

  #update(records: Records, at: number): EventRecord[] | undefined {
    const change = parseChange(textAt(records, at))
    if (change === undefined) {
      this.damage.entries++
      return undefined
    }
    const rows = this.#source.count === 0 ? undefined : this.#rows(records)
    const { atMs } = change
    this.#drain.update(change, rows && { records: rows, bytes: rows.u8.length, begunMs: atMs, endedMs: atMs })
    this.coverage = change.coverage
    return []
  }

  /** How things stood at the beginning of this part: the parts before it tell it better, where they are there. */
  #base(records: Records, at: number): EventRecord[] | undefined {
    if (!this.#parts.isFirst) {
      this.#source.release()
      return []
    }
    this.#drain.expectSnapshot()
    return this.#snapshot(records, at)
  }

  /** Those before this step, as a snapshot has them: one after another. */
  #rows(records: Records): Records {
    const { offsets, count } = this.#source
    const [first, last] = [offsets[0]! - FRAME_BYTES, offsets[count - 1]!]
    this.#source.release()
    if (count === 0) return new Records(new ArrayBuffer(0))
    const end = last + ((records.length(last) + 7) & ~7)
    return new Records((records.u8.buffer as ArrayBuffer).slice(first, end))
  }

  hole(bytes: number): void {
    const time = this.#clock.epochMs(this.#stepMs)
    this.stream.loss({ LOST: {}, BYTES: bytes, REASON: 'DAMAGED', FROM: time, TO: time })
  }
}
