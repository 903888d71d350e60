/**
 * Paths as the kernel has them, into those that people use: by what the recording says of its
 * machine's volumes. Without that they stay.
 */

const MAPPINGS_MAX = 256
const DOS_DEVICES = '\\??\\'
const SYSTEM_ROOT = '\\SystemRoot\\'
const DEVICES = '\\Device\\'

/** What is on another machine, by \??\: which the mapping of that alone would make a relative path. */
const REMOTE = '\\??\\UNC\\'

interface Mapping {
  kernel: string
  dos: string
}

export class Volumes {
  readonly #mappings: Mapping[] = []
  /** Where Windows is; empty when unknown. */
  #windows = ''

  /** Both with a backslash at the end. */
  add(kernel: string, dos: string): void {
    if (kernel.length < 2 || !kernel.startsWith('\\') || !kernel.endsWith('\\')) return
    if (this.#mappings.length >= MAPPINGS_MAX || this.#mappings.some((known) => known.kernel === kernel)) return
    this.#mappings.push({ kernel, dos })
    // A mounted folder is longer than the volume that it is in.
    this.#mappings.sort((a, b) => b.kernel.length - a.kernel.length)
    if (kernel === SYSTEM_ROOT) this.addWindows(dos)
  }

  addWindows(folder: string): void {
    if (/^[A-Za-z]:\\/.test(folder)) this.#windows = folder.endsWith('\\') ? folder : `${folder}\\`
  }

  get size(): number {
    return this.#mappings.length
  }

  dosPath(path: string): string {
    if (!path.startsWith('\\')) return path
    if (path.startsWith(REMOTE)) return `\\\\${path.slice(REMOTE.length)}`
    for (const { kernel, dos } of this.#mappings) if (path.startsWith(kernel)) return dos + path.slice(kernel.length)
    return this.#unmapped(path)
  }

  #unmapped(path: string): string {
    // \??\C:\… is C:\… on every machine.
    if (path.startsWith(DOS_DEVICES) && path[5] === ':') return path.slice(DOS_DEVICES.length)
    if (this.#windows === '' || path.startsWith(DEVICES) || path.startsWith(DOS_DEVICES)) return path
    const isSystemRoot = path.slice(0, SYSTEM_ROOT.length).toLowerCase() === SYSTEM_ROOT.toLowerCase()
    if (isSystemRoot) return this.#windows + path.slice(SYSTEM_ROOT.length)
    // Without a volume: on that of Windows. Two backslashes begin a path of another machine.
    return path[1] === '\\' ? path : this.#windows.slice(0, 2) + path
  }
}
