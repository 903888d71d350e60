/**
 * Finds out what files are, off the event loop: one after the other, by the addon
 * (native/windows/file_inspector.cc), on a thread of libuv's that gives way to everybody.
 */

import type { FileRequest } from '../identity/identities.js'
import { FILE_ERROR, type FileResult, type KnownFile } from '../identity/known-file.js'
import { PathFile } from '../identity/path-files.js'
import { FileResults } from '../identity/results.js'
import { etwNative, type NativeFileInspector, type NativeInspectedFile } from './native.js'

/** How often a file is looked at again that changed while it was read. */
const TRIES = 3

export class Inspector extends FileResults {
  readonly #native: NativeFileInspector
  /** Versions of files whose result is known. */
  readonly #versions = new WeakMap<KnownFile, string>()
  #waiting: FileRequest[] = []
  #isReading = false
  #isClosed = false

  constructor(limitBytes: number, onResult: () => void) {
    super(onResult)
    this.#native = new (etwNative().FileInspector)(limitBytes)
  }

  add(request: FileRequest): void {
    this.#waiting.push(request)
    // Whoever adds is in the middle of its records.
    queueMicrotask(() => void this.#next())
  }

  close(): void {
    this.#isClosed = true
    this.#waiting = []
    this.#native.cancel()
    this.end()
  }

  protected get isIdle(): boolean {
    return this.#waiting.length === 0 && !this.#isReading
  }

  async #next(): Promise<void> {
    if (this.#isReading || this.#isClosed) return
    const request = this.#waiting.shift()
    if (request === undefined) return
    this.#isReading = true
    const result = await this.#resultOf(request)
    this.#isReading = false
    if (this.#isClosed) return
    this.put(result)
    void this.#next()
  }

  async #resultOf({ id, sight }: FileRequest): Promise<FileResult> {
    const { file, path } = sight
    const former = file instanceof PathFile ? file.former : undefined
    const version = (former && this.#versions.get(former)) ?? ''
    const found = await this.#inspect(path, version)
    if (file instanceof PathFile) file.former = undefined
    if (found.version !== undefined && found.error === FILE_ERROR.NONE) this.#versions.set(file, found.version)
    const { isKnown, version: _, ...facts } = found
    // Times of access change, and the version does not.
    return isKnown ? { ...former!.result, ...facts, id } : { ...facts, id }
  }

  async #inspect(path: string, version: string): Promise<NativeInspectedFile> {
    let found = await this.#native.inspect(path, version)
    for (let tries = 1; tries < TRIES && found.error === FILE_ERROR.CHANGED && !this.#isClosed; tries++) {
      found = await this.#native.inspect(path, version)
    }
    return found
  }
}
