/** A sensor in memory that is recorded: a ring that the test writes, in the place of the kernel's. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { EventClock } from '../../lib/clock.js'
import type { Drain, DrainSource } from '../../lib/drain.js'
import type { EventName, EventRecord } from '../../lib/events/index.js'
import { KernelCounters } from '../../lib/linux/counters.js'
import { ImageAtoms } from '../../lib/process/atom.js'
import { EventIds } from '../../lib/process/event-ids.js'
import { seedOf } from '../../lib/process/mixer.js'
import { FileRecorder } from '../../lib/recording/file-recorder.js'
import { FlightRecorder } from '../../lib/recording/flight-recorder.js'
import { JournaledDrain } from '../../lib/recording/journaled.js'
import { encodeSeed } from '../../lib/recording/meta.js'
import type { Recorded, Recorder } from '../../lib/recording/recorder.js'
import { openRecording, type RecordingOptions } from '../../lib/recording.js'
import { Records } from '../../lib/records.js'
import { EventStream } from '../../lib/stream.js'
import { CounterBytes } from './counter-bytes.js'
import { ENVELOPE, EPOCH, PAGE } from './playback.js'
import { framed, type Image, row } from './record-bytes.js'

const RUN = seedOf('run')
const BOOT = seedOf('test')
const EVENTS: readonly EventName[] = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS', 'PROCESS_ENVIRONMENT']
const SCAN = 4_096

export const ATTACHED = 900
export const INIT: Image = { pid: 1, execId: 1, startMs: 1 }

/** What is in the ring before the first record, between two records and behind the last one. */
export const OLD_MEMORY = Buffer.from('OLD MEMORY ')

export class RecordedSensor {
  readonly counters = new CounterBytes()
  /** Who is called what: as the machine has it now. */
  names: Record<number, string> = { 0: 'root', 1000: 'ada' }
  /** Who is there when the kernel is asked. */
  running: () => Iterable<Image> = () => [INIT]
  /** Whether it may leave out some of them. */
  listsPart = false
  readonly stream: EventStream
  readonly drain: Drain
  readonly clock = new EventClock(EPOCH)
  readonly recorder: Recorder
  readonly delivered: EventRecord[] = []
  readonly #ring: Ring

  static async open(
    open: (recorded: Recorded) => Recorder | Promise<Recorder>,
    options: { extended?: boolean; forkWindowMs?: number } = {},
  ): Promise<RecordedSensor> {
    let sensor: RecordedSensor | undefined
    const recorded = recordedBy(() => sensor, options)
    sensor = new RecordedSensor(await open(recorded), options)
    return sensor
  }

  private constructor(recorder: Recorder, { extended = false, forkWindowMs = 100 } = {}) {
    this.recorder = recorder
    this.#ring = new Ring(this.counters)
    this.stream = new EventStream({
      events: new Set(EVENTS),
      extended,
      envelope: ENVELOPE,
      ids: new EventIds(RUN),
      atoms: new ImageAtoms(BOOT, EPOCH),
    })
    const users = { name: (uid: number) => this.names[uid] }
    const context = { clock: this.clock, users, pageBytes: PAGE }
    this.drain = new JournaledDrain(this.#ring, this.stream, context, forkWindowMs, recorder.journal)
  }

  write(...records: Uint8Array[]): void {
    this.#ring.waiting.push(...records)
  }

  /** All that was written, in drains. */
  run(nowMs: number): void {
    do this.delivered.push(...this.drain.run(nowMs))
    while (this.drain.hasMore)
  }

  takeSnapshot(nowMs: number): void {
    this.drain.expectSnapshot()
    this.drain.addSnapshot(this.snapshot(nowMs))
  }

  snapshot(nowMs: number) {
    const rows = [...this.running()].map((image) => row(image, INIT, { atMs: nowMs, path: '/bin/x', uid: 1000 }))
    const { records, bytes } = framed(rows)
    return { records, bytes, begunMs: nowMs, endedMs: nowMs + 1, isPartial: this.listsPart }
  }

  async close(): Promise<EventRecord[]> {
    this.delivered.push(...this.drain.finish())
    await this.recorder.close()
    return this.delivered
  }
}

function recordedBy(
  sensor: () => RecordedSensor | undefined,
  { extended = false, forkWindowMs = 100 }: { extended?: boolean; forkWindowMs?: number },
): Recorded {
  return {
    meta: () => ({
      version: '0.0.0',
      system: { platform: 'linux', release: '6.1.0', arch: 'x64' },
      beganMs: EPOCH,
      options: { events: EVENTS, extended, forkWindowMs, correlation: {} },
      envelope: ENVELOPE,
      runSeed: encodeSeed(RUN),
      bootSeed: encodeSeed(BOOT),
      bootToEpochMs: EPOCH,
      clockMs: sensor()?.clock.bootToEpochMs ?? EPOCH,
      pageBytes: PAGE,
      ringBytes: 2 ** 20,
      coverage: { attachments: [] },
    }),
    attachedMs: ATTACHED,
    takeSnapshot: async () => sensor()!.snapshot(sensor()!.recorder.journal.latestMs),
    userName: (uid) => sensor()!.names[uid],
  }
}

/** As the kernel's ring: what was there before stays in it, between the records and behind them. */
class Ring implements DrainSource {
  readonly counters: KernelCounters
  readonly attachedMs = ATTACHED
  readonly offsets = new Uint32Array(SCAN)
  readonly records = new Records(new ArrayBuffer(2 ** 22))
  waiting: Uint8Array[] = []

  constructor(counters: CounterBytes) {
    this.counters = new KernelCounters(counters.memory)
  }

  scan(): number {
    const { u8 } = this.records
    u8.fill(OLD_MEMORY)
    let at = 0
    let count = 0
    for (const record of this.waiting.slice(0, SCAN)) {
      // Every now and then a program has discarded what it had reserved.
      if (count % 7 === 3) at += 64
      if (at + record.length + 16 > u8.length) break
      u8.writeUInt32LE(record.length, at)
      u8.set(record, at + 8)
      this.offsets[count++] = at + 8
      at += 8 + ((record.length + 7) & ~7)
    }
    return count
  }

  release(count: number): void {
    this.waiting = this.waiting.slice(count)
  }

  missedRuns() {
    return {}
  }
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function fileRecorder(path: string, options: { maxBytes?: number; maxFiles?: number; force?: boolean } = {}) {
  const { maxBytes = Infinity, maxFiles = Infinity, force = false } = options
  const failed = (error: unknown) => {
    throw error
  }
  return (recorded: Recorded) => FileRecorder.open({ path, maxBytes, maxFiles, force }, recorded, failed)
}

export function flightRecorder(options: { lastMs: number; maxBytes: number }) {
  return (recorded: Recorded) => new FlightRecorder(options, recorded)
}

export async function eventsIn(path: string | readonly string[], options: RecordingOptions = {}) {
  const recording = await openRecording(path, options)
  const events: EventRecord[] = []
  for await (const batch of recording) events.push(...batch)
  return { events, recording }
}
