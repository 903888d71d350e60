/** A recording on disk: 0600, never in the place of another one unless told so. */
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises'
import { dirname, parse } from 'node:path'
import { KernelwireError } from '../errors.js'
import { encodeBlockHeader, encodeFileHeader, type FileHeader } from './format.js'

export class RecordingFile {
  bytes = 0
  readonly path: string
  readonly #file: FileHandle
  #blocks = 0

  static async create(path: string, header: FileHeader, force: boolean): Promise<RecordingFile> {
    // Not over what is there: it may have other rights, or be a link to elsewhere.
    if (force) await unlink(path).catch(() => {})
    const handle = await open(path, 'wx', 0o600).catch((error) => {
      throw error.code === 'EEXIST' ? exists(path, error) : unwritable(path, error)
    })
    const file = new RecordingFile(path, handle)
    await file.#write(encodeFileHeader(header)).catch(async (error) => {
      await file.close()
      throw error
    })
    return file
  }

  private constructor(path: string, file: FileHandle) {
    this.path = path
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
      throw unwritable(this.path, error)
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

/** Throws where a later part of another recording of this name is there: hours later it would be in the way. */
export async function requireNoParts(path: string): Promise<void> {
  const { name, ext } = parse(path)
  const names = await readdir(dirname(path)).catch(() => [])
  const part = names.find((each) => {
    const middle = each.slice(name.length, each.length - ext.length)
    return each.startsWith(name) && each.endsWith(ext) && /^\.\d+$/.test(middle)
  })
  if (part !== undefined) throw exists(partPath(path, Number(part.slice(name.length + 1, part.length - ext.length))))
}

function exists(path: string, cause?: Error): KernelwireError {
  return new KernelwireError(
    'ERR_FILE_EXISTS',
    `${path} is there already; name another file, or say --force (force: true)`,
    {
      cause,
    },
  )
}

function unwritable(path: string, cause: Error): KernelwireError {
  return new KernelwireError('ERR_FILE_WRITE', `cannot write ${path}: ${cause.message}`, { cause })
}
