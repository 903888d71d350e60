/**
 * Finds out what files are, in a process of its own (native/linux/hasher/main.cc): has them opened, read
 * and hashed there, and keeps the results until they are taken.
 *
 * Files are opened ahead of the reading, because a file that has lost its name can only be opened as
 * long as its process lives.
 */
import { KernelwireError } from '../errors.js'
import { type NativeHasher, type NativeHashRequest, native } from '../native.js'
import { partsOfPath } from '../process/path.js'
import type { FileRequest } from './identities.js'
import { FILE_ERROR } from './known-file.js'
import { FileResults } from './results.js'
import { Shares } from './shares.js'
import { Turns } from './turns.js'

/** How many files may be asked for and not answered yet: kHasherCapacity of native/linux/hasher/protocol.h. */
const ASKED_MAX = 128
const ASKED_MAX_OF_ONE = ASKED_MAX / 2
/** A process that has ended is started again, so long after its last start at the earliest. */
const RESTART_MS = 10_000
/** What the socket has no room for is tried again so soon. */
const RETRY_MS = 5

export interface HasherOptions {
  /** Larger files are not read. */
  limitBytes: number
  /** How much is read for each user, after a burst. */
  bytesPerSecond: number
  /** Whether files of other machines, and of file systems that are programs, are read. */
  allowsRemote: boolean
}

export class Hasher extends FileResults {
  readonly #options: HasherOptions
  readonly #native: NativeHasher
  readonly #waiting = new Turns<FileRequest>()
  readonly #asked = new Map<number, FileRequest>()
  readonly #shares = new Shares(ASKED_MAX, ASKED_MAX_OF_ONE)
  #isClosed = false
  #isStarting = false
  #isRetrying = false
  #startedMs = 0

  /** `onResult`: there is something to take. */
  constructor(options: HasherOptions, onResult: () => void) {
    super(onResult)
    this.#options = options
    this.#native = new (native().Hasher!)(() => this.#onAnswers())
  }

  /** Before anything is added. Throws a KernelwireError. */
  async start(): Promise<void> {
    const reason = await this.#start()
    if (reason === undefined) return
    throw new KernelwireError(
      'ERR_SOURCE',
      `the program that hashes files does not start: ${reason}; leave out CODE_IDENTITY and ONGOING_IDENTITY, or remove the cause`,
    )
  }

  add(request: FileRequest): void {
    const { uid, file } = request.sight
    this.#waiting.add(uid, file.sizeBytes ?? 0, request)
    // Whoever adds is in the middle of its records.
    queueMicrotask(() => this.#ask())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#waiting.clear()
    this.#asked.clear()
    this.end()
    await this.#native.close()
  }

  protected get isIdle(): boolean {
    return this.#waiting.count === 0 && this.#asked.size === 0
  }

  async #start(): Promise<string | undefined> {
    this.#isStarting = true
    this.#startedMs = performance.now()
    const reason = await this.#native.start()
    this.#isStarting = false
    return reason
  }

  #ask(): void {
    while (!this.#isClosed && !this.#isRetrying && this.#native.isRunning()) {
      const request = this.#waiting.take((uid) => this.#shares.hasRoom(uid))
      if (request === undefined) return
      const { uid, file } = request.sight
      if (!this.#native.ask(this.#requestOf(request))) {
        this.#waiting.add(uid, file.sizeBytes ?? 0, request)
        this.#retry()
        return
      }
      this.#shares.take(uid)
      this.#asked.set(request.id, request)
    }
  }

  #retry(): void {
    this.#isRetrying = true
    setTimeout(() => {
      this.#isRetrying = false
      this.#ask()
    }, RETRY_MS).unref()
  }

  #onAnswers(): void {
    for (const answer of this.#native.takeAnswers()) {
      const request = this.#asked.get(answer.id)
      if (request === undefined || this.#isClosed) continue
      this.#asked.delete(answer.id)
      this.#shares.giveBack(request.sight.uid)
      this.put(answer)
    }
    if (!this.#native.isRunning() && !this.#isClosed) this.#restart()
    this.#ask()
  }

  /** What it was asked for is lost with it; what waits is for the next one. */
  #restart(): void {
    for (const { id, sight } of this.#asked.values()) {
      this.#shares.giveBack(sight.uid)
      this.put({ id, error: FILE_ERROR.NO_RESOURCES })
    }
    this.#asked.clear()
    if (this.#isStarting) return
    const afterMs = Math.max(0, this.#startedMs + RESTART_MS - performance.now())
    setTimeout(async () => {
      if (this.#isClosed) return
      if ((await this.#start()) === undefined) this.#ask()
      else this.#restart()
    }, afterMs).unref()
  }

  #requestOf({ id, sight }: FileRequest): NativeHashRequest {
    const { file, path, pid, uid, startLow, startHigh, isExecuted } = sight
    const { limitBytes, bytesPerSecond, allowsRemote } = this.#options
    const parts = partsOfPath(path)
    const isExact = sight.pathBytes === undefined && !parts?.isDetached && !path.includes('\ufffd')
    return {
      id,
      uid,
      identity: Uint32Array.of(...file.words, parts?.mountNamespace ?? file.mountNamespace),
      pid,
      startLow: startLow >>> 0,
      startHigh: startHigh >>> 0,
      isExecuted,
      isDoubtful: file.isDoubtful,
      path: isExact ? (parts?.rest ?? path) : '',
      limitBytes,
      bytesPerSecond,
      allowsRemote,
    }
  }
}
