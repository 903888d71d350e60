/**
 * The start addresses of the threads that a pool makes.
 *
 * Windows makes a worker in the context of whoever gave the pool its work, also across processes and
 * by the kernel itself, so a thread that starts there has no creator to speak of. System's libraries lie
 * at the same addresses in all processes of a boot: the workers' are those at which many programs
 * start threads for themselves. Where image events say where ntdll.dll lies, it must be in there too.
 */

const RANGES_MAX = 8
/** Thousands in a real recording; a program can make as many as it likes. */
const ADDRESSES_MAX = 16_384
/** Beyond that, more programs change nothing. */
const PROGRAMS_MAX = 1_024

/** So many different programs agree on an address by no chance. */
const SHARED = 4
const SHARED_IN_NTDLL = 2
/**
 * Where nobody knows in which library an address lies: it is shared by about as many programs as the
 * one that most share. Each program of a pool has its workers, but not all have anything else alike: and
 * the thunks of other libraries run whatever function they are given.
 */
const NEARLY_ALL = 0.75

/** Addresses of 32-bit programs are below. */
const WIDE = 2 ** 32

interface Range {
  start: number
  end: number
  /** Where most threads started; 0 until there is one. */
  usual: number
}

interface Place {
  threads: number
  /** Names of programs, or the numbers of processes that have none. */
  programs: Set<string | number>
}

export class WorkerThreads {
  /** Whether the recording says which libraries a process has. */
  hasImages = false
  readonly #ranges: Range[] = []
  readonly #places = new Map<number, Place>()
  /** The most programs that share an address: of 64-bit ones, of 32-bit ones. */
  readonly #most = [0, 0]

  /** ntdll.dll is mapped here in some process; a 64-bit Windows has two of them. */
  addLibrary(start: number, size: number): void {
    if (size === 0 || this.#ranges.length >= RANGES_MAX) return
    if (this.#ranges.some((range) => range.start === start)) return
    this.#ranges.push({ start, end: start + size, usual: this.#usualIn(start, start + size) })
  }

  /** A thread that a process made for itself, or that was there. `program`: its name, or number. */
  addOwn(address: number, program: string | number): void {
    if (address === 0) return
    let place = this.#places.get(address)
    if (place === undefined) {
      if (this.#places.size >= ADDRESSES_MAX) return
      place = { threads: 0, programs: new Set() }
      this.#places.set(address, place)
    }
    place.threads++
    if (place.programs.size < PROGRAMS_MAX) place.programs.add(program)
    const width = address < WIDE ? 1 : 0
    if (place.programs.size > this.#most[width]!) this.#most[width] = place.programs.size
    const range = this.#rangeOf(address)
    if (range !== undefined && place.threads > (this.#places.get(range.usual)?.threads ?? 0)) range.usual = address
  }

  /** Where nothing was learned yet, every address in ntdll may be it. */
  isWorker(address: number): boolean {
    const range = this.#rangeOf(address)
    const programs = this.#programsAt(address)
    if (range !== undefined) return range.usual === 0 || range.usual === address || programs >= SHARED_IN_NTDLL
    const isNearlyAll = programs >= NEARLY_ALL * this.#most[address < WIDE ? 1 : 0]!
    return this.#ranges.length === 0 && programs >= SHARED && isNearlyAll
  }

  /** Whether many programs start threads there, in whatever library: what the kernel starts there, it starts for them. */
  isShared(address: number): boolean {
    return this.#programsAt(address) >= SHARED
  }

  #programsAt(address: number): number {
    return this.#places.get(address)?.programs.size ?? 0
  }

  #usualIn(start: number, end: number): number {
    let usual = 0
    let most = 0
    for (const [address, { threads }] of this.#places) {
      if (address < start || address >= end || threads <= most) continue
      usual = address
      most = threads
    }
    return usual
  }

  #rangeOf(address: number): Range | undefined {
    for (const range of this.#ranges) if (address >= range.start && address < range.end) return range
    return undefined
  }
}
