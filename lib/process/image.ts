/**
 * An image: one program in one process. Its identity is (pid, start of the process, exec id), and
 * an atom names it.
 */
import type { NestedProcess } from '../events/index.js'
import { VERDICT, type Verdict } from '../filter/verdict.js'
import type { KnownFile } from '../identity/known-file.js'
import type { AnyDetails } from './details.js'

/** Where an image is on its way through the stream. */
export const STATE = {
  /** A fork that an exec may still follow. */
  PENDING: 0,
  /** Known from a snapshot that is being taken over. */
  FOUND: 1,
  /** Its NEW_PROCESS or EXISTING_PROCESS is in the stream, or would be if it were asked for. */
  ANNOUNCED: 2,
  ENDED: 3,
} as const

export type State = (typeof STATE)[keyof typeof STATE]

export class ProcessImage {
  state: State = STATE.PENDING
  /** Where it waits in the table's queue; -1 when it does not. */
  place = -1
  /** Set when another process was forked from it: a fork that is a parent is not folded into its exec. */
  isParent = false
  /** From /proc: the start has 10 ms ticks, and the exec id is not known. */
  isCoarse = false
  isZombie = false
  /** Where events are filtered: whether its own are delivered. */
  verdict: Verdict = VERDICT.WANTED
  isInSubtree = false
  /** Whether its own event was delivered. */
  isTold = false

  readonly pid: number
  execId: number
  /** The two halves of the process's start, for exact comparison without BigInt. */
  readonly startLow: number
  readonly startHigh: number
  /** CLOCK_BOOTTIME of the record that brought it. */
  bootMs: number
  /** Empty until the image is announced: most forks become another image before. */
  atom = ''

  /** Of its own event, in milliseconds since 1970. */
  time = 0
  /** Only of images that were there before the sensor. */
  creationTime: number | undefined

  path: string | undefined
  /** In which mount namespace the path is what the process called its file; 0: in none, or not known. */
  pathNamespace = 0
  commandLine: string | undefined
  baseAddress = 0
  memoryBytes = 0
  threads = 0
  userName: string | undefined
  userId: number | undefined
  /** True lengths of values that were cut. */
  truncated: Record<string, number> | undefined
  /** Exact bytes of values that are no UTF-8, as base64. */
  rawBytes: Record<string, string> | undefined
  /** With `extended` only. */
  details: AnyDetails | undefined
  previousAtom: string | undefined
  /** The file that it runs, where files are hashed. */
  file: KnownFile | undefined

  parentPid: number
  /** Until this image is announced; then parentAtom and parentObject say all that is needed. */
  parent: ProcessImage | undefined
  parentAtom: string | undefined
  parentObject: NestedProcess | undefined
  /** This image as PARENT of others: made once, shared, frozen. */
  nested: NestedProcess | undefined

  constructor(pid: number, execId: number, startLow: number, startHigh: number, bootMs: number, parentPid: number) {
    this.pid = pid
    this.execId = execId
    this.startLow = startLow | 0
    this.startHigh = startHigh | 0
    this.bootMs = bootMs
    this.parentPid = parentPid
  }

  /** Whether a record with this exec id is about this image. */
  runs(execId: number): boolean {
    return this.execId === execId || this.isCoarse
  }

  /** Becomes, untold, another image of the same process: of what was inherited at the fork only the parent stays. */
  execute(): this {
    this.path = undefined
    this.commandLine = undefined
    this.details = undefined
    this.truncated = undefined
    this.rawBytes = undefined
    return this
  }

  /** Another image of the same process has the same parent. */
  inheritParent(before: ProcessImage): void {
    this.parentPid = before.parentPid
    this.parent = before.parent
    this.parentAtom = before.parentAtom
    this.parentObject = before.parentObject
    this.isInSubtree = before.isInSubtree
  }

  startedAt(startLow: number, startHigh: number): boolean {
    return this.startLow === (startLow | 0) && this.startHigh === (startHigh | 0)
  }

  /** Whether a process that started then is this one: exactly, or as far as /proc can tell. */
  isOfStart(startLow: number, startHigh: number): boolean {
    return sameStart(this.startLow, this.startHigh, this.isCoarse, startLow, startHigh)
  }

  /** Milliseconds of CLOCK_BOOTTIME. */
  get startMs(): number {
    return toMs(this.startLow, this.startHigh)
  }
}

/** Starts that /proc tells come in ticks. */
const TICK_MS = 10

/** `isCoarse`: the first start is from /proc, and the same process means the same tick. */
export function sameStart(low: number, high: number, isCoarse: boolean, startLow: number, startHigh: number): boolean {
  if (low === (startLow | 0) && high === (startHigh | 0)) return true
  if (!isCoarse) return false
  // Rounded down, but in a time namespace not to a tick of the kernel's clock.
  const later = toMs(startLow, startHigh) - toMs(low, high)
  return later > -0.1 && later < TICK_MS
}

function toMs(low: number, high: number): number {
  return ((high >>> 0) * 2 ** 32 + (low >>> 0)) / 1e6
}
