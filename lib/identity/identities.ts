/**
 * What is known of the files that code was run from: asked once for each file, told for each sight.
 *
 * Files are read elsewhere (hasher.ts), and what was found out comes in through accept() and nowhere
 * else. All the rest follows from the records, so that a replay with the same results at the same
 * places says the same.
 */
import { CONTENT, FILE_ERROR, type FileResult, type KnownFile } from './known-file.js'
import { KnownFiles } from './known-files.js'
import { Pairs } from './pairs.js'
import { Shares } from './shares.js'
import type { Sight } from './sight.js'

/** Files of one user that wait for their hash; of all users twice as many. */
export const QUEUE_MAX = 4_096
/** Sights of one user that wait for the hash of a file; of all users twice as many. */
export const WAITING_MAX = 16_384

/** To find out what a file is. */
export interface FileRequest {
  /** For the result. */
  id: number
  sight: Sight
}

export interface IdentityOptions {
  wantsFirst: boolean
  wantsLater: boolean
  tell: (name: 'CODE_IDENTITY' | 'ONGOING_IDENTITY', sight: Sight, result: FileResult) => void
}

/** Sensor.stats().identities. */
export interface IdentityStats {
  /** Files whose hash was found out. */
  hashed: number
  /** Files that have an ERROR instead. */
  failed: number
  /** Files that are being read, or wait to be. */
  waiting: number
  /** Executions and loads that were not told, because too many waited, or still did at the end: they are lost. */
  overflowed: number
}

/** Executions and loads that are not told. */
export interface LostSights {
  count: number
  reason: 'QUEUE_FULL' | 'CLOSED'
  /** Milliseconds since 1970: of the first and of the last of them. */
  fromMs: number
  toMs: number
}

export class Identities {
  readonly files = new KnownFiles()
  /** Called for each file that is to be read; set by who can. */
  onRequest: ((request: FileRequest) => void) | undefined
  /** Whether the process still runs the image of the sight, as far as the stream has come; set by who knows. */
  isRunning: (sight: Sight) => boolean = () => false
  /** What two spellings of one path have in common; set where there are several. */
  keyOf: (path: string) => string = (path) => path

  readonly #tellSight: IdentityOptions['tell']
  #wantsFirst: boolean
  #wantsLater: boolean
  readonly #asked = new Map<number, KnownFile>()
  readonly #pairs = new Pairs()
  readonly #files = new Shares(2 * QUEUE_MAX, QUEUE_MAX)
  readonly #sights = new Shares(2 * WAITING_MAX, WAITING_MAX)
  #lost: LostSights | undefined
  #requests = 0
  #hashed = 0
  #failed = 0
  #overflowed = 0

  constructor(options: IdentityOptions) {
    this.#tellSight = options.tell
    this.#wantsFirst = options.wantsFirst
    this.#wantsLater = options.wantsLater
  }

  /** Whether any sight is told. */
  get isAsked(): boolean {
    return this.#wantsFirst || this.#wantsLater
  }

  /** From now on these are told; what was found out stays known. */
  ask(wantsFirst: boolean, wantsLater: boolean): void {
    this.#wantsFirst = wantsFirst
    this.#wantsLater = wantsLater
  }

  get stats(): IdentityStats {
    return {
      hashed: this.#hashed,
      failed: this.#failed,
      waiting: this.#asked.size,
      overflowed: this.#overflowed,
    }
  }

  /** False where a sight of this file under this path would bring nothing, as is usual. */
  wants(file: KnownFile, path: string): boolean {
    if (this.#wantsLater) return true
    return this.#wantsFirst && (file.content !== CONTENT.SETTLED || file.toldAs !== path)
  }

  /** Code was run from a file; the event that was the occasion is in the stream. */
  see(sight: Sight): void {
    const { file } = sight
    if (file.content === CONTENT.SETTLED) this.#tell(sight)
    else if (file.content === CONTENT.ASKED) this.#wait(sight)
    else this.#ask(sight)
  }

  /** What was found out: here, and only here, it enters the stream. */
  accept(found: FileResult): void {
    const file = this.#asked.get(found.id)
    if (file === undefined) return
    const isWrong = found.isOfImage === true && !this.isRunning(file.waiting[0]!)
    const result = isWrong ? { id: found.id, error: FILE_ERROR.CHANGED } : found
    this.#asked.delete(result.id)
    this.#files.giveBack(file.waiting[0]!.uid)
    file.result = result
    file.hash = result.hash
    if (result.error === FILE_ERROR.NONE) this.#hashed++
    else this.#failed++
    const { waiting } = file
    file.waiting = []
    for (const sight of waiting) {
      this.#sights.giveBack(sight.uid)
      this.#tell(sight)
    }
    file.content = isFinal(result.error) ? CONTENT.SETTLED : CONTENT.UNKNOWN
  }

  /** What was lost since the last time. */
  takeLost(): LostSights | undefined {
    const lost = this.#lost
    this.#lost = undefined
    return lost
  }

  /** No more is found out: what waits for it is lost. */
  close(): void {
    for (const file of this.#asked.values()) {
      for (const sight of file.waiting) this.#lose(sight, 'CLOSED')
      file.waiting = []
      file.content = CONTENT.UNKNOWN
    }
    this.#asked.clear()
  }

  #lose({ time }: Sight, reason: LostSights['reason']): void {
    this.#overflowed++
    this.#lost ??= { count: 0, reason, fromMs: time, toMs: time }
    this.#lost.count++
    this.#lost.fromMs = Math.min(this.#lost.fromMs, time)
    this.#lost.toMs = Math.max(this.#lost.toMs, time)
  }

  #ask(sight: Sight): void {
    if (!this.#files.hasRoom(sight.uid)) {
      this.#lose(sight, 'QUEUE_FULL')
      return
    }
    this.#files.take(sight.uid)
    const id = ++this.#requests
    this.#asked.set(id, sight.file)
    sight.file.content = CONTENT.ASKED
    this.#wait(sight)
    this.onRequest?.({ id, sight })
  }

  #wait(sight: Sight): void {
    const { waiting } = sight.file
    if (!this.#wantsLater && waiting.some(({ path }) => path === sight.path)) return
    // The first one has its place with the file.
    if (waiting.length > 0 && !this.#sights.hasRoom(sight.uid)) {
      this.#lose(sight, 'QUEUE_FULL')
      return
    }
    this.#sights.take(sight.uid)
    waiting.push(sight)
  }

  #tell(sight: Sight): void {
    const { file, path } = sight
    const { result } = file
    if (result === undefined) return
    const isFirst = this.#pairs.add(result.hash ?? `error ${result.error}`, this.keyOf(path))
    file.toldAs = path
    if (isFirst ? this.#wantsFirst : this.#wantsLater) {
      this.#tellSight(isFirst ? 'CODE_IDENTITY' : 'ONGOING_IDENTITY', sight, result)
    }
  }
}

/** A file that was gone, or refused, may be there the next time. */
function isFinal(error: number): boolean {
  return error === FILE_ERROR.NONE || error === FILE_ERROR.TOO_LARGE
}
