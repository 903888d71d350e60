/**
 * Files as records of Windows name them: by path alone. So nobody but the file system knows whether it
 * is still the same file, and what is known of it holds for a while only; then it is looked at again,
 * which costs little where it has not changed.
 */
import { CONTENT, KnownFile } from './known-file.js'
import { FILES_MAX, forgetOne } from './known-files.js'

/** In record time. */
export const FRESH_MS = 10_000

/** One look at what is at a path. */
export class PathFile extends KnownFile {
  /** When it was first seen to be run from, and so looked at. */
  readonly sinceMs: number
  /** What was there at the look before. */
  former: KnownFile | undefined
  /** TimeDateStamp and CheckSum of its PE header, by the record of a load; 0 where none has told. */
  timestamp: number
  checksum: number

  constructor(sinceMs: number, timestamp: number, checksum: number, former: KnownFile | undefined) {
    super([], 0)
    this.sinceMs = sinceMs
    this.timestamp = timestamp
    this.checksum = checksum
    this.former = former
  }

  /** Whether a load of a file with this header, 0 where unknown, may be one of this. */
  isLoadedAs(timestamp: number, checksum: number): boolean {
    if (timestamp === 0 && checksum === 0) return true
    if (this.timestamp === 0 && this.checksum === 0) return true
    return this.timestamp === timestamp && this.checksum === checksum
  }
}

export class PathFiles {
  readonly #byPath = new Map<string, PathFile>()

  get size(): number {
    return this.#byPath.size
  }

  /** What is at `path`, which was run from at `time`. */
  at(path: string, time: number, timestamp = 0, checksum = 0): PathFile {
    const key = pathKey(path)
    const known = this.#byPath.get(key)
    if (known !== undefined && holds(known, time) && known.isLoadedAs(timestamp, checksum)) {
      known.wasUsed = true
      known.timestamp ||= timestamp
      known.checksum ||= checksum
      return known
    }
    if (known === undefined && this.#byPath.size >= FILES_MAX) forgetOne(this.#byPath)
    const file = new PathFile(time, timestamp, checksum, lookedAt(known))
    this.#byPath.set(key, file)
    return file
  }
}

/** Windows takes paths that differ in case alone for the same. */
export function pathKey(path: string): string {
  return path.toLowerCase()
}

/** One that waits to be looked at will be looked at later than now. */
function holds(file: PathFile, time: number): boolean {
  return file.content === CONTENT.ASKED || time - file.sinceMs < FRESH_MS
}

/** The latest of which something is known; so that none keeps more than one behind it. */
function lookedAt(known: PathFile | undefined): KnownFile | undefined {
  if (known === undefined) return undefined
  const { former } = known
  known.former = undefined
  return known.content === CONTENT.SETTLED ? known : former
}
