/**
 * The directory that recordings are written into, held open: whoever may rename it, or a directory above it, could
 * otherwise turn what is written or removed later to another place. Of what it holds only regular files are replaced.
 */
import type { Stats } from 'node:fs'
import { constants, type FileHandle, lstat, open, readdir, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { KernelwireError } from '../errors.js'

/** include/uapi/asm-generic/fcntl.h; Node does not name it. It needs no right to read the directory. */
const O_PATH = 0o10000000

const isLinux = process.platform === 'linux'
/** Windows has no O_NOFOLLOW; there O_EXCL alone follows no link either. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (isLinux ? constants.O_NOFOLLOW : 0)

/** A file that we made, to be told from any other one of its name. */
export interface OwnFile {
  name: string
  dev: number
  ino: number
}

export class RecordingFolder {
  readonly #path: string
  readonly #held: FileHandle | undefined
  /** How the directory is reached. */
  readonly #way: string

  /** `path`: of a file in it. */
  static async of(path: string): Promise<RecordingFolder> {
    const folder = dirname(path)
    if (!isLinux) return new RecordingFolder(folder, undefined, folder)
    const held = await open(folder, O_PATH | constants.O_DIRECTORY).catch((error) => {
      throw unwritable(path, error)
    })
    const way = `/proc/self/fd/${held.fd}`
    if (await leadsTo(way, held)) return new RecordingFolder(folder, held, way)
    // Without /proc there is only the name.
    await held.close()
    return new RecordingFolder(folder, undefined, folder)
  }

  private constructor(path: string, held: FileHandle | undefined, way: string) {
    this.#path = path
    this.#held = held
    this.#way = way
  }

  async close(): Promise<void> {
    await this.#held?.close()
  }

  /** As people write it. */
  pathOf(name: string): string {
    return join(this.#path, name)
  }

  /** A new file, 0600. `force`: also where a regular file of that name is. */
  async create(name: string, force: boolean): Promise<FileHandle> {
    if (force) await this.#clear(name)
    return open(this.#reach(name), NEW_FILE, 0o600).catch((error) => {
      throw error.code === 'EEXIST' ? exists(this.pathOf(name), error) : unwritable(this.pathOf(name), error)
    })
  }

  /** Removes it, unless something else has its name by now. */
  async remove({ name, dev, ino }: OwnFile): Promise<void> {
    const found = await lstat(this.#reach(name)).catch(() => undefined)
    if (found === undefined || found.dev !== dev || found.ino !== ino) return
    await unlink(this.#reach(name)).catch(() => {})
  }

  /** Throws where one of these names is taken; with `force`, by what is no regular file. */
  async requireFree(isOne: (name: string) => boolean, force: boolean): Promise<void> {
    const names = (await readdir(this.#way).catch(() => [])).filter(isOne)
    for (const name of names) {
      if (!force) throw exists(this.pathOf(name))
      await this.#requireReplaceable(name)
    }
  }

  async #clear(name: string): Promise<void> {
    if (!(await this.#requireReplaceable(name))) return
    // Never written over: who has it open, or another name of it, would read what comes.
    await unlink(this.#reach(name)).catch((error) => {
      if (error.code !== 'ENOENT') throw unwritable(this.pathOf(name), error)
    })
  }

  /** False where there is nothing. */
  async #requireReplaceable(name: string): Promise<boolean> {
    const found = await lstat(this.#reach(name)).catch((error) => {
      if (error.code === 'ENOENT') return undefined
      throw unwritable(this.pathOf(name), error)
    })
    if (found === undefined) return false
    if (found.isFile()) return true
    throw new KernelwireError(
      'ERR_FILE_EXISTS',
      `${this.pathOf(name)} is ${kindOf(found)}; --force (force: true) replaces regular files only, so name another file`,
    )
  }

  #reach(name: string): string {
    return join(this.#way, name)
  }
}

/** Throws for one that can be no file. */
export function nameIn(path: string): string {
  if (!/[/\\]$/.test(path)) return basename(path)
  throw unwritable(path, new Error('it names a directory'))
}

export function unwritable(path: string, cause: Error): KernelwireError {
  return new KernelwireError('ERR_FILE_WRITE', `cannot write ${path}: ${cause.message}`, { cause })
}

function exists(path: string, cause?: Error): KernelwireError {
  return new KernelwireError(
    'ERR_FILE_EXISTS',
    `${path} is there already; name another file, or say --force (force: true)`,
    { cause },
  )
}

async function leadsTo(way: string, held: FileHandle): Promise<boolean> {
  const [there, here] = await Promise.all([stat(way).catch(() => undefined), held.stat()])
  return there !== undefined && there.dev === here.dev && there.ino === here.ino
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a directory'
  if (found.isSymbolicLink()) return 'a symbolic link'
  if (found.isFIFO()) return 'a named pipe'
  if (found.isSocket()) return 'a socket'
  return 'a device'
}
