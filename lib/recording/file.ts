/** A recording on disk: 0600, never in the place of another one unless told so. */
import type { FileHandle } from 'node:fs/promises'
import { parse } from 'node:path'
import { type OwnFile, type RecordingFolder, unwritable } from './folder.js'
import { encodeBlockHeader, encodeFileHeader, type FileHeader } from './format.js'

export class RecordingFile {
  bytes = 0
  /** What it is, whoever renames it. */
  readonly own: OwnFile
  readonly #path: string
  readonly #file: FileHandle
  #blocks = 0

  /** `name`: in `folder`. */
  static async create(
    folder: RecordingFolder,
    name: string,
    header: FileHeader,
    force: boolean,
  ): Promise<RecordingFile> {
    const handle = await folder.create(name, force)
    try {
      const { dev, ino } = await handle.stat()
      const file = new RecordingFile(folder.pathOf(name), handle, { name, dev, ino })
      await file.#write(encodeFileHeader(header))
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  private constructor(path: string, file: FileHandle, own: OwnFile) {
    this.own = own
    this.#path = path
    this.#file = file
  }

  async add(block: Buffer, latestMs: number): Promise<void> {
    await this.#write(encodeBlockHeader(block, this.#blocks++, latestMs))
    await this.#write(block)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#file.writeFile(bytes).catch((error) => {
      throw unwritable(this.#path, error)
    })
    this.bytes += bytes.length
  }
}

/** run.kwr, run.1.kwr, run.2.kwr … */
export function partPath(path: string, part: number): string {
  if (part === 0) return path
  const { name, ext } = parse(path)
  return `${path.slice(0, path.length - ext.length - name.length)}${name}.${part}${ext}`
}

/** Throws where a later part of another recording of this name would be in the way, hours later. `name`: of the first. */
export async function requireNoParts(folder: RecordingFolder, name: string, force: boolean): Promise<void> {
  const first = parse(name)
  const isPart = (each: string) => {
    const middle = each.slice(first.name.length, each.length - first.ext.length)
    return each.startsWith(first.name) && each.endsWith(first.ext) && /^\.\d+$/.test(middle)
  }
  await folder.requireFree(isPart, force)
}
