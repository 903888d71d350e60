/** The live source on Windows: the addon's, opened, with its failures in words. */
import type { Coverage } from '../coverage.js'
import type { EventName } from '../events/index.js'
import { Records } from '../records.js'
import { coverageOf, needsOf } from './coverage.js'
import { type EtwOpened, etwNative, type NativeEtwSource, type NativeSession } from './native.js'
import { refusalOfSession } from './refusal.js'

/** Three lanes share what is given; each is a power of two. */
const LANES_SHARE = 4

export class WindowsSource {
  readonly records: Records
  readonly offsets: Uint32Array
  readonly coverage: Coverage
  /** Milliseconds since 1970. */
  readonly attachedMs: number
  /** Sessions that a program which crashed had left behind. */
  readonly orphans: readonly string[]
  readonly #native: NativeEtwSource
  #onAnswer: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #isDetached = false
  #isClosed = false
  #isHeld = true

  /** Throws a KernelwireError; no session is left then. */
  static async open(events: ReadonlySet<EventName>, ringBytes: number): Promise<WindowsSource> {
    let source: WindowsSource | undefined
    const options = { laneBytes: ringBytes / LANES_SHARE, ...needsOf(events) }
    const inner = new (etwNative().EtwSource)(options, () => source?.interrupt())
    const opened = await inner.open()
    if (opened.error !== 0) {
      inner.close()
      throw refusalOfSession(opened.error, opened.step)
    }
    source = new WindowsSource(inner, opened, coverageOf(events, inner.sessions()))
    return source
  }

  private constructor(inner: NativeEtwSource, opened: EtwOpened, coverage: Coverage) {
    this.#native = inner
    this.records = new Records(opened.memory!)
    this.offsets = opened.offsets!
    this.attachedMs = opened.attachedMs!
    this.orphans = opened.orphans
    this.coverage = coverage
  }

  scan(): number {
    return this.#native.scan()
  }

  release(count: number): void {
    this.#native.release(count)
  }

  /** Detached, and nothing is left. */
  get isDrained(): boolean {
    return this.#native.isDrained()
  }

  /** Milliseconds since 1970, by the clock of the events. */
  nowMs(): number {
    return this.#native.nowMs()
  }

  sessions(): NativeSession[] {
    return this.#native.sessions()
  }

  /** Resolves at the next record, after `timeoutMs` at the latest; at once when records wait for others. */
  waitForRecord(timeoutMs: number, heldMs: number): Promise<void> {
    return this.#wait(false, timeoutMs, heldMs)
  }

  /** Resolves after `pauseMs`, or when a lane is a quarter full. */
  pause(pauseMs: number): Promise<void> {
    return this.#wait(true, pauseMs, 0)
  }

  interrupt(): void {
    const resolve = this.#onAnswer
    this.#onAnswer = undefined
    clearTimeout(this.#timer)
    this.#native.stopWaiting()
    resolve?.()
  }

  takeSnapshot(): void {
    this.#native.takeSnapshot()
  }

  /** The sessions stop; what they had can still be read. */
  async detach(): Promise<void> {
    if (this.#isDetached) return
    this.#isDetached = true
    await this.#native.detach()
    this.interrupt()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.detach()
    this.#native.close()
    this.interrupt()
  }

  ref(): void {
    this.#isHeld = true
    this.#native.ref()
    this.#timer?.ref()
  }

  unref(): void {
    this.#isHeld = false
    this.#native.unref()
    this.#timer?.unref()
  }

  #wait(isPatient: boolean, timeoutMs: number, heldMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve
      const isComing = this.#native.wait(isPatient)
      this.#timer = setTimeout(() => this.interrupt(), isComing ? timeoutMs : heldMs)
      if (!this.#isHeld) this.#timer.unref()
    })
  }
}
