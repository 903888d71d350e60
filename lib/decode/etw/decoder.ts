/**
 * Events of ETW, one at a time, into the stream. The hot path of recordings begins here.
 *
 * Looks at provider and opcode, has the payload decoded by the file of its family, and counts what
 * became of it. What no family reads is not counted as read.
 */
import type { Acts } from '../../acts.js'
import type { PathFiles } from '../../identity/path-files.js'
import type { Records } from '../../records.js'
import type { EventStream } from '../../stream.js'
import { Accesses } from './accesses.js'
import type { EtwAtoms } from './atoms.js'
import { ClassicEvents } from './classic.js'
import { FileTimes } from './file-time.js'
import { FLAG, PROVIDER, RECORD } from './layout.js'
import { Ledger } from './ledger.js'
import { LiveEvents } from './live.js'
import { Lives } from './lives.js'
import { type Holes, Losses } from './losses.js'
import { ManifestEvents } from './manifest.js'
import { Modules } from './modules.js'
import { FAULT, Payload } from './payload.js'
import { Processes } from './processes.js'
import { CONFIG_OPCODE, ConfigFields, decodeConfig } from './system-config.js'
import { decodeTraceHeader, TraceHeaderFields } from './trace-header.js'
import { Volumes } from './volumes.js'
import { WorkerThreads } from './workers.js'

/** Providers whose records are wanted: a bit each. */
export const PROVIDERS_READ = [
  PROVIDER.PROCESS,
  PROVIDER.THREAD,
  PROVIDER.IMAGE,
  PROVIDER.OBJECT,
  PROVIDER.FILE_IO,
  PROVIDER.KERNEL_PROCESS,
  PROVIDER.KERNEL_AUDIT,
  PROVIDER.KERNEL_FILE,
  PROVIDER.EVENT_TRACE,
  PROVIDER.SYSTEM_CONFIG,
  PROVIDER.LOST,
].reduce((bits, provider) => bits | (1 << provider), 0)

const GAPS = FLAG.BEHIND_LOSS | FLAG.BEHIND_DAMAGE

/** The same as in native/etl/etl_reader.cc: CPUs that write at once are not so far apart. */
const SET_BACK_MS = 250

/** Lost events, of RT_LostEvent. */
const LOST = { FIRST: 32, LAST: 34 } as const

export class EtwDecoder {
  /** Milliseconds since 1970 of the latest record. */
  latestMs = 0
  /** Of a file: its clock was set back, and all that came before is in the stream. */
  onSetBack: (() => void) | undefined
  readonly volumes = new Volumes()
  readonly ledger: Ledger

  readonly #lives: Lives
  readonly #workers: WorkerThreads
  readonly #losses: Losses
  readonly #classic: ClassicEvents
  readonly #manifest: ManifestEvents
  readonly #live: LiveEvents
  readonly #times = new FileTimes()
  readonly #config = new ConfigFields()
  readonly #header = new TraceHeaderFields()

  #records: Records | undefined
  #payload!: Payload

  /**
   * `startWindowMs`: how long a start waits for the path of its program. `files`: where they can be read.
   * `workers`: what is known of them already.
   */
  constructor(
    stream: EventStream,
    acts: Acts,
    atoms: EtwAtoms,
    startWindowMs: number,
    files?: PathFiles,
    workers: WorkerThreads = new WorkerThreads(),
  ) {
    this.ledger = new Ledger(stream.accounts)
    this.#workers = workers
    this.#lives = new Lives(stream, atoms, acts.wants('EXISTING_PROCESS'), startWindowMs, files)
    const processes = new Processes(stream, acts, this.#lives, this.volumes, new FileTimes())
    const modules = new Modules(stream, acts, this.#lives, this.volumes, workers, files)
    const accesses = new Accesses(stream, acts, this.#lives, workers)
    this.#losses = new Losses(stream)
    this.#classic = new ClassicEvents(this.ledger, processes, modules, accesses)
    this.#manifest = new ManifestEvents(this.ledger, processes, modules, accesses)
    this.#live = new LiveEvents(stream, this.ledger, processes, this.#lives)
  }

  /** `at`: offset of a whole record. */
  record(records: Records, at: number): void {
    if (records !== this.#records) {
      this.#records = records
      this.#payload = new Payload(records)
    }
    const payload = this.#payload
    const { view } = payload
    const length = records.length(at)
    if (length < RECORD.SIZE) {
      this.ledger.isRead(PROVIDER.OTHER, true)
      this.ledger.bad(PROVIDER.OTHER, FAULT.SHORT)
      return
    }
    const time = this.#times.epochMs(view.getUint32(at + RECORD.time, true), view.getUint32(at + RECORD.time + 4, true))
    if (time < 0) {
      this.ledger.isRead(PROVIDER.OTHER, true)
      this.ledger.bad(PROVIDER.OTHER, FAULT.TIME)
      return
    }
    const flags = view.getUint16(at + RECORD.flags, true)
    if (time < this.latestMs - SET_BACK_MS && (flags & FLAG.LATE) === 0) this.#setBack(time)
    const fromMs = this.latestMs
    this.tick(time)
    const cpu = view.getUint16(at + RECORD.cpu, true)
    if ((flags & GAPS) !== 0) this.#losses.gap(flags, cpu, time)
    this.#losses.see(cpu, time)
    payload.aim(at, length)
    const provider = view.getUint16(at + RECORD.provider, true)
    const version = view.getUint8(at + RECORD.version)
    const kind =
      provider === PROVIDER.KERNEL_PROCESS || provider === PROVIDER.KERNEL_AUDIT || provider === PROVIDER.KERNEL_FILE
        ? view.getUint16(at + RECORD.id, true)
        : view.getUint8(at + RECORD.opcode)
    switch (provider) {
      case PROVIDER.PROCESS:
        this.#classic.process(payload, at, version, kind, time)
        break
      case PROVIDER.THREAD:
        this.#classic.thread(payload, at, version, kind, time)
        break
      case PROVIDER.IMAGE:
        this.#classic.image(payload, at, version, kind, time)
        break
      case PROVIDER.OBJECT:
        this.#classic.object(payload, kind)
        break
      case PROVIDER.FILE_IO:
        this.#classic.fileIo(payload, at, version, kind, time)
        break
      case PROVIDER.KERNEL_PROCESS:
        this.#manifest.kernelProcess(payload, at, version, kind, time)
        break
      case PROVIDER.KERNEL_AUDIT:
        this.#manifest.audit(payload, at, kind, time)
        break
      case PROVIDER.KERNEL_FILE:
        this.#manifest.kernelFile(payload, at, version, kind, time)
        break
      case PROVIDER.SYSTEM_CONFIG:
        this.#ofConfig(payload, kind)
        break
      case PROVIDER.EVENT_TRACE:
        this.#ofTrace(payload, kind)
        break
      case PROVIDER.LOST:
        this.#ofLost(kind, fromMs, time)
        break
      case PROVIDER.SENSOR:
        this.#live.record(payload, kind, time)
        break
      default:
        this.ledger.skipped++
    }
  }

  /** Whether image events said which libraries processes have: without, paths are names, and pools are known by sharing only. */
  get hasImages(): boolean {
    return this.#workers.hasImages
  }

  /** No event will come that is earlier than this: milliseconds since 1970. */
  get settledMs(): number {
    return Math.min(this.latestMs, this.#lives.waitingSinceMs)
  }

  /** The end of the recording: nothing waits any longer. `holes`: of its file, where it has some. */
  finish(holes?: Holes): void {
    this.#lives.finish()
    this.#losses.finish(this.latestMs, holes)
  }

  /** Time went on, in milliseconds since 1970. */
  tick(time: number): void {
    if (time <= this.latestMs) return
    this.latestMs = time
    this.#lives.tick(time)
  }

  /** Somebody set the clock back: by time, nothing that follows can be compared with what was before. */
  #setBack(time: number): void {
    if (this.onSetBack === undefined) return
    this.#lives.finish()
    this.onSetBack()
    this.latestMs = time
  }

  #ofConfig(payload: Payload, opcode: number): void {
    const isMapping = opcode === CONFIG_OPCODE.VOLUME_MAPPING
    if (!this.ledger.isRead(PROVIDER.SYSTEM_CONFIG, isMapping || opcode === CONFIG_OPCODE.SYSTEM_PATHS)) return
    if (!this.ledger.isGood(PROVIDER.SYSTEM_CONFIG, decodeConfig(payload, this.#config))) return
    const { kernelPath, dosPath } = this.#config
    if (isMapping) this.volumes.add(kernelPath, dosPath)
    else this.volumes.addWindows(dosPath)
    this.ledger.fold(PROVIDER.SYSTEM_CONFIG)
  }

  #ofTrace(payload: Payload, opcode: number): void {
    if (!this.ledger.isRead(PROVIDER.EVENT_TRACE, opcode === 0)) return
    if (!this.ledger.isGood(PROVIDER.EVENT_TRACE, decodeTraceHeader(payload, this.#header))) return
    this.#losses.header(this.#header)
    this.ledger.fold(PROVIDER.EVENT_TRACE)
  }

  #ofLost(opcode: number, fromMs: number, time: number): void {
    if (!this.ledger.isRead(PROVIDER.LOST, opcode >= LOST.FIRST && opcode <= LOST.LAST)) return
    this.#losses.here(opcode, fromMs, time)
    this.ledger.deliver(PROVIDER.LOST)
  }
}
