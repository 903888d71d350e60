/** What a live sensor listens by: one for each kind of system. */
import type { Coverage } from './coverage.js'
import type { EventRecord } from './events/index.js'
import type { FileResult } from './identity/known-file.js'
import type { FileResults } from './identity/results.js'
import type { ResolvedOptions } from './options.js'
import type { Recorder } from './recording/recorder.js'
import type { SensorStats } from './stats.js'
import type { EventStream } from './stream.js'
import type { ResolvedUpdate } from './update.js'

/** What a backend is opened with. */
export type BackendOptions = Omit<ResolvedOptions, 'onBatch' | 'on'>

export interface Backend {
  readonly source: {
    readonly coverage: Coverage
    /** Detached, and nothing is left to read. */
    readonly isDrained: boolean
    /** Ends a wait that is under way. */
    interrupt(): void
    ref(): void
    unref(): void
  }
  readonly drain: {
    readonly hasMore: boolean
    accept(result: FileResult): void
    finish(): EventRecord[]
    /** After it: nothing more is found out about files. */
    closeFiles(): EventRecord[]
  }
  readonly stream: EventStream
  readonly recorder: Recorder | undefined
  /** What is found out about files, where somebody wants to know. */
  readonly files: FileResults | undefined
  /** What there is now. */
  run(): EventRecord[]
  /** Resolves when there may be something: at once, or when enough has gathered. */
  wait(): Promise<void>
  /** What has made it impossible to go on. */
  failure(): unknown
  stats(): SensorStats
  update(update: ResolvedUpdate): Promise<void>
  /** Takes everything out of the kernel; what is there already can still be read. */
  detach(): Promise<void>
  /** Gives everything back. A wait that is under way ends. */
  close(): Promise<void>
}
