/**
 * The start address of ntdll's worker threads.
 *
 * Windows makes a worker in the context of whoever gave the pool its work, also across processes, so
 * a thread that starts there has no creator to speak of. The address is the same in all processes of
 * a boot; it is learned from the threads that processes make for themselves.
 */

const RANGES_MAX = 8
const ADDRESSES_MAX = 256

interface Range {
  start: number
  end: number
  /** How many threads started at each address. */
  starts: Map<number, number>
  /** Where most of them did; 0 until there is one. */
  usual: number
}

export class WorkerThreads {
  readonly #ranges: Range[] = []

  /** ntdll.dll is mapped here in some process; a 64-bit Windows has two of them. */
  addLibrary(start: number, size: number): void {
    if (size === 0 || this.#ranges.length >= RANGES_MAX) return
    if (this.#ranges.some((range) => range.start === start)) return
    this.#ranges.push({ start, end: start + size, starts: new Map(), usual: 0 })
  }

  /** A thread that a process made for itself, or that was there. */
  addOwn(address: number): void {
    const range = this.#rangeOf(address)
    if (range === undefined) return
    const { starts } = range
    if (!starts.has(address) && starts.size >= ADDRESSES_MAX) return
    const count = (starts.get(address) ?? 0) + 1
    starts.set(address, count)
    if (count > (starts.get(range.usual) ?? 0)) range.usual = address
  }

  /** Where nothing was learned yet, every address in ntdll may be it. */
  isWorker(address: number): boolean {
    const range = this.#rangeOf(address)
    return range !== undefined && (range.usual === 0 || range.usual === address)
  }

  #rangeOf(address: number): Range | undefined {
    for (const range of this.#ranges) if (address >= range.start && address < range.end) return range
    return undefined
  }
}
