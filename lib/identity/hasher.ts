/**
 * Finds out what files are, off the event loop: opens them (native/linux/file_finder.cc, on a thread
 * of libuv's), has them read and hashed (digester.ts), and keeps the results until they are taken.
 *
 * Files are opened ahead of the reading, because a file that has lost its name can only be opened as
 * long as its process lives.
 */
import { close } from 'node:fs'
import { type NativeFileWish, type NativeFoundFile, native } from '../native.js'
import { type Digests, type HashAnswer, newDigester, OPEN_MAX } from './digester.js'
import type { FileRequest } from './identities.js'
import { FILE_ERROR } from './known-file.js'
import { FileResults } from './results.js'

/** How often a file is looked for again that changed while it was read: it may just have lost its name. */
const TRIES = 3

interface Job {
  id: number
  wish: NativeFileWish
  tries: number
}

interface Opened {
  job: Job
  found: NativeFoundFile
}

export class Hasher extends FileResults {
  readonly #limitBytes: number
  readonly #digester = newDigester((id, answer) => this.#answered(id, answer))
  readonly #opened = new Map<number, Opened>()
  #waiting: Job[] = []
  #isFinding = false
  #isClosed = false

  /** `onResult`: there is something to take. */
  constructor(limitBytes: number, onResult: () => void) {
    super(onResult)
    this.#limitBytes = limitBytes
  }

  add(request: FileRequest): void {
    this.#waiting.push({ id: request.id, wish: wishOf(request), tries: 1 })
    // Whoever adds is in the middle of its records.
    queueMicrotask(() => this.#find())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#waiting = []
    this.end()
    await this.#digester.close()
    for (const { found } of this.#opened.values()) closeFile(found.fd)
    this.#opened.clear()
  }

  protected get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#opened.size === 0 && !this.#isFinding
  }

  async #find(): Promise<void> {
    if (this.#isFinding || this.#isClosed || this.#waiting.length === 0) return
    const jobs = this.#waiting.splice(0, OPEN_MAX - this.#opened.size)
    if (jobs.length === 0) return
    this.#isFinding = true
    const found = await native().findFiles(
      jobs.map(({ wish }) => wish),
      this.#limitBytes,
    )
    this.#isFinding = false
    for (const [index, job] of jobs.entries()) this.#found(job, found[index]!)
    void this.#find()
  }

  #found(job: Job, found: NativeFoundFile): void {
    if (found.fd < 0) {
      this.#settle(job.id, found, undefined)
    } else if (this.#isClosed) {
      closeFile(found.fd)
    } else {
      this.#opened.set(job.id, { job, found })
      this.#digester.hash({ id: job.id, fd: found.fd, sizeBytes: found.sizeBytes!, version: found.version! })
    }
  }

  #answered(id: number, answer: HashAnswer): void {
    const opened = this.#opened.get(id)
    if (opened === undefined) return
    const { job, found } = opened
    this.#opened.delete(id)
    closeFile(found.fd)
    if (answer === 'changed' && job.tries < TRIES) this.#waiting.push({ ...job, tries: job.tries + 1 })
    else if (answer === 'changed') this.#settle(id, { error: FILE_ERROR.CHANGED, fd: -1 }, undefined)
    else if (answer === 'unreadable') this.#settle(id, { ...found, error: FILE_ERROR.READ_FAULT }, undefined)
    else this.#settle(id, found, answer)
    void this.#find()
  }

  #settle(id: number, found: NativeFoundFile, digests: Digests | undefined): void {
    if (this.#isClosed) return
    const { error, sizeBytes, creationMs, modificationMs, accessMs } = found
    this.put({ id, error, ...digests, sizeBytes, creationMs, modificationMs, accessMs })
  }
}

function wishOf({ sight }: FileRequest): NativeFileWish {
  const { file, path, pid, startLow, startHigh, link } = sight
  const isExact = sight.pathBytes === undefined && !path.includes('\ufffd')
  return {
    identity: Uint32Array.of(...file.words, file.mountNamespace),
    pid,
    startLow: startLow >>> 0,
    startHigh: startHigh >>> 0,
    link,
    path: isExact ? path : '',
  }
}

/** On a thread of libuv's. */
function closeFile(fd: number): void {
  close(fd, () => {})
}
