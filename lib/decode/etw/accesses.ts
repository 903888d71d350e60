/** What processes do to each other and to pipes: threads in others, opened processes, pipe files. */
import type { Acts } from '../../acts.js'
import type { PartyOf } from '../../build/access.js'
import { nestedProcess } from '../../build/process.js'
import { isBenignByName, isBenignThread } from '../../correlate/benign.js'
import type { ProcessImage } from '../../process/image.js'
import type { EventStream } from '../../stream.js'
import { DISPOSITION, type FileFields, PIPES } from './file.js'
import { AUDIT_ID, type AuditFields } from './kernel-audit.js'
import { FLAG, PROVIDER } from './layout.js'
import type { Lives } from './lives.js'
import { OPCODE } from './process.js'
import type { ThreadFields } from './thread.js'
import { Twins } from './twins.js'
import type { WorkerThreads } from './workers.js'

const SYSTEM = 4
/** Beyond, no program has code: there begin the threads that the secure kernel makes for LsaIso.exe. */
const USER_MAX = 0x7fff_ffff_ffff
const NO_PID = 0xffffffff
const THREADS_MAX = 65_536

export class Accesses {
  readonly #stream: EventStream
  readonly #acts: Acts
  readonly #lives: Lives
  readonly #workers: WorkerThreads
  readonly #twins = new Twins()
  readonly #wantsPipes: boolean
  /** The process of each thread: old events about files know only the thread. */
  readonly #pidOfThread = new Map<number, number>()
  /** Processes that did something, and of which no thread ended since: so a thread that comes is not their first. */
  readonly #running = new Set<number>()

  constructor(stream: EventStream, acts: Acts, lives: Lives, workers: WorkerThreads) {
    this.#stream = stream
    this.#acts = acts
    this.#lives = lives
    this.#workers = workers
    this.#wantsPipes = acts.wants('NEW_NAMED_PIPE') || acts.wants('OPEN_NAMED_PIPE')
  }

  /** `creator`: the process that logged it. `opcode`: of the classic event, or its like. */
  thread(provider: number, fields: ThreadFields, opcode: number, creator: number, flags: number, time: number): void {
    const { pid, tid, win32StartAddress } = fields
    const isEnd = opcode === OPCODE.END || opcode === OPCODE.DC_END
    if (this.#wantsPipes) this.#remember(pid, tid, isEnd)
    if (isEnd) this.#running.delete(pid)
    const isStart = opcode === OPCODE.START && (flags & FLAG.NO_THREAD) === 0 && creator !== NO_PID
    if (!isStart || creator === pid) {
      if (!isEnd) this.#own(pid, win32StartAddress)
      if (isStart) this.#runs(pid)
      this.#stream.accounts.folded[provider]!++
      return
    }
    this.#runs(creator)
    this.#ofOther(provider, fields, creator, time)
  }

  opened(fields: AuditFields, id: number, source: number, time: number): void {
    const { accounts } = this.#stream
    const { pid, access, status } = fields
    if (id !== AUDIT_ID.OPEN_PROCESS) {
      accounts.folded[PROVIDER.KERNEL_AUDIT]!++
      return
    }
    // A process may do with itself what it likes.
    if (source === pid || source === NO_PID || pid === NO_PID || !this.#acts.wantsAccesses) {
      accounts.filtered[PROVIDER.KERNEL_AUDIT]!++
      return
    }
    this.#acts.handle(this.#party(source), this.#party(pid), access, status !== 0, time, PROVIDER.KERNEL_AUDIT)
  }

  file(provider: number, fields: FileFields, headerPid: number, time: number): void {
    const { accounts } = this.#stream
    const { isPipe, path, disposition } = fields
    if (!isPipe || path.length <= PIPES.length || !this.#wantsPipes) {
      accounts.filtered[provider]!++
      return
    }
    const pid = headerPid === NO_PID ? this.#pidOfThread.get(fields.tid) : headerPid
    if (pid === undefined) {
      accounts.dropped[provider]!++
      return
    }
    const isNew =
      disposition === DISPOSITION.CREATE || disposition === DISPOSITION.OPEN_IF || disposition === DISPOSITION.SUPERSEDE
    const name = isNew ? 'NEW_NAMED_PIPE' : 'OPEN_NAMED_PIPE'
    this.#acts.pipe(name, this.#lives.announced(pid), pid, path, time, provider)
  }

  #ofOther(provider: number, fields: ThreadFields, creator: number, time: number): void {
    const { accounts } = this.#stream
    const { pid, tid } = fields
    if (this.#twins.isSecond(provider, pid, tid, time)) {
      accounts.folded[provider]!++
      return
    }
    const life = this.#lives.of(pid)
    if (life === undefined && !this.#running.has(pid)) {
      // A process that nobody told of: this may be its first thread.
      accounts.dropped[provider]!++
      return
    }
    const isFirst = life !== undefined && !life.hasThread
    if (life !== undefined) life.hasThread = true
    if (isFirst || isOfKernel(fields) || !this.#acts.wantsAccesses) {
      accounts.folded[provider]!++
      return
    }
    const { win32StartAddress } = fields
    // The kernel starts a pool's workers too, in whatever process; what a driver starts elsewhere is told.
    const isOfPool = creator === SYSTEM && (win32StartAddress > USER_MAX || this.#isWorker(win32StartAddress, true))
    const [source, target] = [this.#party(creator), this.#party(pid)]
    if (isOfPool || this.#isBenign(source.image, target.image, win32StartAddress)) {
      accounts.filtered[provider]!++
      return
    }
    this.#acts.remoteThread(source, target, tid, time, provider)
  }

  /** Nothing is benign in a process that is sensitive. */
  #isBenign(source: ProcessImage | undefined, target: ProcessImage | undefined, address: number): boolean {
    if (target !== undefined && this.#acts.isSensitive(target)) return false
    if (this.#isWorker(address, false)) return true
    if (source === undefined) return false
    const party = nestedProcess(source)
    if (!this.#workers.hasImages && isBenignByName(party)) return true
    return isBenignThread(party, target === undefined ? {} : nestedProcess(target))
  }

  #isWorker(address: number, isByKernel: boolean): boolean {
    return this.#workers.isWorker(address) || (isByKernel && this.#workers.isShared(address))
  }

  #runs(pid: number): void {
    if (this.#running.size < THREADS_MAX) this.#running.add(pid)
  }

  #own(pid: number, address: number): void {
    const life = this.#lives.of(pid)
    if (life !== undefined) life.hasThread = true
    this.#workers.addOwn(address, life === undefined || life.name === '' ? pid : life.name)
  }

  #remember(pid: number, tid: number, isEnd: boolean): void {
    if (isEnd) this.#pidOfThread.delete(tid)
    else if (this.#pidOfThread.size < THREADS_MAX) this.#pidOfThread.set(tid, pid)
  }

  #party(pid: number): PartyOf {
    return { pid, image: this.#lives.announced(pid) }
  }
}

/** Threads of the kernel are made in the context of whoever runs. */
function isOfKernel({ pid, tebBase, userStackBase }: ThreadFields): boolean {
  if (pid === 0 || pid === SYSTEM) return true
  return tebBase === 0 || (tebBase < 0 && userStackBase === 0)
}
