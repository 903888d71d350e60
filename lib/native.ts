/** The addon: its type, and the only place that loads it. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { KernelwireError } from './errors.js'

/** Raised with native/face_number.h. */
const FACE_NUMBER = 17

/** What native/addon.cc exports. */
export interface Native {
  faceNumber: number
  Source: new (options: NativeSourceOptions, onAnswer: () => void) => NativeSource
  /** Asks the system's name services, on another thread. */
  userName(uid: number): Promise<string | undefined>
  /** Not on Windows. */
  Hasher?: NativeHasherClass
  /** CLOCK_BOOTTIME now. */
  bootMs(): number
  /** What to add to CLOCK_BOOTTIME for the time since 1970. */
  bootToEpochMs(): number
  pageBytes: number
  /** Without `path` a pipe; without `memory` the events are counted. */
  Etl: new (
    path: string | undefined,
    memory?: ArrayBuffer,
    offsets?: Uint32Array,
  ) => NativeEtl
  /** What the memory of an Etl must have, and its offsets. */
  etlMemoryBytes: number
  etlRecordsMax: number
}

/** native/etl/face_object.h; lib/etl/core.ts says what the functions do. */
export interface NativeEtl {
  open(): number
  refusal(): string
  step(providers: number): number
  push(bytes: Uint8Array): void
  end(): void
  holdAtMost(bytes: number): void
  facts(): Float64Array
  names(): [string, string]
  totals(): Float64Array
  counts(): ArrayBuffer
  close(): void
}

export interface NativeSourceOptions {
  /** A power of two. */
  ringBytes: number
  /** native/record.h, enum asks. */
  asks: number
  /** In the order in which they are attached. */
  ladders: readonly Ladder[]
}

/** Programs that belong together, by name; the first of them is the one that counts, with the "begin_…" behind it. */
export type Rung = readonly string[]
/** Ways to see the same, the best first: the first one that the kernel lets us have is taken. */
export type Ladder = readonly Rung[]

/** Could not be opened: which step, and why. */
export interface NativeFailure {
  step: string
  errno: number
  reason: string
}

export interface NativeOpened {
  /** The ring's data, twice in a row. Read-only: a write is a SIGSEGV, so it never leaves lib/. */
  ring: ArrayBuffer
  /** struct cpu_counters of each CPU. Read-only likewise. */
  counters: ArrayBuffer
  /** scan() writes here. */
  offsets: Uint32Array
  attachedBootMs: number
  viewpoint: NativeViewpoint
}

/** From where this process looks at the others: native/linux/viewpoint.h. */
export interface NativeViewpoint {
  /** In a pid namespace of its own, below the initial one. */
  isNested: boolean
  /** Whose numbers /proc has: those of the initial pid namespace, of this process's own, of none that is known. */
  proc: 'initial' | 'own' | 'none'
  procShowsAll: boolean
  /** A snapshot has all processes of the machine. */
  listsAll: boolean
}

export interface NativeProgram {
  name: string
  /** The hook as the kernel names it; empty when the program did not load. */
  hook: string
  attached: boolean
  errno: number
  reason: string
  /** Words of libbpf and of the verifier, which counts what it goes through, also where it takes the program. */
  log: string
}

export interface NativeSnapshot {
  /** Framed as in the ring. */
  records: ArrayBuffer
  begunBootMs: number
  endedBootMs: number
  /** Processes may be missing that are there. */
  isPartial: boolean
  errno: number
}

/** native/linux/hasher/protocol.h. */
export interface NativeHashRequest {
  id: number
  uid: number
  /** struct file_identity. */
  identity: Uint32Array
  pid: number
  startLow: number
  startHigh: number
  /** Whether the process runs it, else it has mapped it. */
  isExecuted: boolean
  /** It may have changed since, and its times would not tell. */
  isDoubtful: boolean
  /** Empty where it is not known exactly. */
  path: string
  limitBytes: number
  bytesPerSecond: number
  allowsRemote: boolean
}

export interface NativeHashAnswer {
  id: number
  /** A number of the ERROR field. */
  error: number
  hash?: string
  sha1?: string
  md5?: string
  /** It is the right file only if the process still ran the same image then. */
  isOfImage?: boolean
  sizeBytes?: number
  creationMs?: number
  modificationMs?: number
  accessMs?: number
}

export type NativeHasherClass = new (onAnswers: () => void) => NativeHasher

/** native/linux/hasher_object.h. */
export interface NativeHasher {
  /** Why it does not run; undefined when it does. Again, when it has ended. */
  start(): Promise<string | undefined>
  /** False when it has no room now. */
  ask(request: NativeHashRequest): boolean
  takeAnswers(): NativeHashAnswer[]
  /** onAnswers is called when it does not any more. */
  isRunning(): boolean
  /** Resolves when its process has ended, or does not end. */
  close(): Promise<void>
}

/** native/linux/source_object.h. */
export interface NativeSource {
  open(): Promise<NativeOpened | NativeFailure>
  programs(): NativeProgram[]
  /** How many records there are; their offsets are in `offsets`. */
  scan(): number
  /** Gives the first `count` of them back. */
  release(count: number): void
  isDrained(): boolean
  /** Asks for one call of onAnswer: at the next record, after `timeoutMs` at the latest. */
  waitForRecord(timeoutMs: number): void
  /** Asks for one call of onAnswer: after `pauseMs`, or when the ring is a quarter full. */
  pause(pauseMs: number): void
  /** Brings the answer at once. */
  interrupt(): void
  /** Asks for this too, and attaches what is missing. */
  extend(asks: number, ladders: readonly Ladder[]): Promise<void>
  /** Asks for nothing else, and detaches the rest. */
  restrict(asks: number, ladders: readonly Ladder[]): Promise<void>
  takeSnapshot(): Promise<NativeSnapshot>
  /** Runs that the kernel skipped, by program. */
  missedRuns(): Record<string, number>
  /** Programs that were attached and are not any more. */
  lostPrograms(): string[]
  /** Resolves when no program is attached any more. */
  detach(): Promise<void> | undefined
  close(): void
  ref(): void
  unref(): void
}

let loaded: Native | undefined

/** Loaded at the first use, so that importing the package works on a machine without the addon. */
export function native(): Native {
  if (loaded !== undefined) return loaded
  const require = createRequire(import.meta.url)
  const root = fileURLToPath(new URL('..', import.meta.url))
  try {
    loaded = checked((require('node-gyp-build') as (folder: string) => Native)(root), root)
    return loaded
  } catch (cause) {
    if (cause instanceof KernelwireError) throw cause
    throw new KernelwireError(
      'ERR_NO_ADDON',
      `there is no native addon for ${process.platform}-${process.arch}; build it with: node ${root}scripts/build-native.cjs`,
      { cause, details: String(cause) },
    )
  }
}

/** What another version's addon wrote would be read at the wrong places. */
export function checked(addon: Partial<Native>, root: string): Native {
  if (addon.faceNumber === FACE_NUMBER) return addon as Native
  throw new KernelwireError(
    'ERR_NO_ADDON',
    `the native addon is of another version than the library; build it anew with: node ${root}scripts/build-native.cjs`,
    { details: `the library needs ${FACE_NUMBER}, the addon is ${addon.faceNumber ?? 'older than these numbers'}` },
  )
}
