/** What a process did to another one, from its record (native/record.h, struct access_record), into the stream. */
import type { Acts } from '../../acts.js'
import type { PartyOf } from '../../build/access.js'
import { ACCESS as MASK } from '../../correlate/access.js'
import { BoundedMap } from '../../correlate/bounded.js'
import { type ProcessImage, STATE } from '../../process/image.js'
import type { Records } from '../../records.js'
import type { EventStream } from '../../stream.js'
import { ACCESS, ACCESS_KIND, ACCESS_MODE, FLAG, HEADER, PARTY, THREAD, TYPE } from './layout.js'
import { isPipe, tellPipe } from './pipe.js'

/** What each kind of access would be called on Windows. */
const WRITES = MASK.VM_WRITE | MASK.VM_OPERATION
const TRACES = MASK.CREATE_THREAD | MASK.VM_READ | WRITES | MASK.QUERY_INFORMATION | MASK.SUSPEND_RESUME

/** As many as correlation remembers pairs. */
const ACTORS_MAX = 4_096

export class Accesses {
  readonly #stream: EventStream
  readonly #acts: Acts
  readonly #actors = new BoundedMap<ProcessImage>(ACTORS_MAX)

  constructor(stream: EventStream, acts: Acts) {
    this.#stream = stream
    this.#acts = acts
  }

  /** `time`: of the record. False for one that makes no sense. */
  access(records: Records, at: number, time: number): boolean {
    if (records.length(at) < ACCESS.SIZE) return false
    const kind = records.u8[at + ACCESS.kind]!
    const mask = maskOf(kind, records.u8[at + ACCESS.modes]!)
    if (mask === undefined) return false
    const source = this.#party(records, at + HEADER.pid)
    const target = this.#party(records, at + ACCESS.target)
    if (kind === ACCESS_KIND.DETACH) {
      this.#stream.accounts.folded[TYPE.ACCESS]!++
      this.#acts.detach(source, target, time)
      return true
    }
    // In a pid namespace of its own, a number that nobody has any more may have been anybody's.
    if (target.pid === 0) {
      this.#stream.accounts.dropped[TYPE.ACCESS]!++
      return true
    }
    if (kind === ACCESS_KIND.CHANGE) {
      this.#remember(source)
      this.#acts.change(source, target, mask, time, TYPE.ACCESS)
      if (mask === TRACES) this.#acts.attach(source, target)
      return true
    }
    const isDenied = (records.u8[at + HEADER.flags]! & FLAG.DENIED) !== 0
    this.#acts.handle(source, target, mask, isDenied, time, TYPE.ACCESS)
    if (isDenied) return true
    this.#remember(source)
    if (kind === ACCESS_KIND.ATTACH) this.#acts.attach(source, target)
    return true
  }

  /** Likewise of a thread that began because of another process: struct thread_record. */
  thread(records: Records, at: number, time: number): boolean {
    if (records.length(at) < THREAD.SIZE) return false
    const source = this.#party(records, at + HEADER.pid)
    const target = this.#party(records, at + THREAD.target)
    source.image ??= this.#remembered(records, at + HEADER.pid)
    this.#acts.remoteThread(source, target, records.u32[(at + THREAD.thread) >>> 2]!, time, TYPE.THREAD)
    return true
  }

  /** Likewise of a named pipe: struct pipe_record. */
  pipe(records: Records, at: number, time: number): boolean {
    if (!isPipe(records, at)) return false
    const { pid, image } = this.#party(records, at + HEADER.pid)
    tellPipe(records, at, pid, image, time, this.#acts, this.#stream.extended)
    return true
  }

  /** Whoever did something may be gone when a thread begins because of it. */
  #remember({ image }: PartyOf): void {
    if (image !== undefined) this.#actors.put(keyOf(image.pid, image.startLow, image.startHigh), image)
  }

  #remembered(records: Records, at: number): ProcessImage | undefined {
    const { u32 } = records
    const word = at >>> 2
    const start = word + (PARTY.start_boot_ns >> 2)
    const image = this.#actors.get(keyOf(u32[word]!, u32[start]!, u32[start + 1]!))
    return image?.runs(u32[word + (PARTY.exec_id >> 2)]!) ? image : undefined
  }

  /** `at`: where its identity begins. Whoever is named is announced before. */
  #party(records: Records, at: number): PartyOf {
    const word = at >>> 2
    const { u32 } = records
    const pid = u32[word + (PARTY.pid >> 2)]!
    const known = this.#stream.processes.find(
      pid,
      u32[word + (PARTY.start_boot_ns >> 2)]!,
      u32[word + (PARTY.start_boot_ns >> 2) + 1]!,
    )
    // The exec that brought another image may have been lost.
    const image = known?.runs(u32[word + (PARTY.exec_id >> 2)]!) ? known : undefined
    if (image?.state === STATE.PENDING) this.#stream.announce(image, TYPE.FORK)
    return { pid, image }
  }
}

function keyOf(pid: number, startLow: number, startHigh: number): string {
  return `${pid} ${startLow | 0} ${startHigh | 0}`
}

/** Undefined for a kind that there is not. */
function maskOf(kind: number, modes: number): number | undefined {
  switch (kind) {
    case ACCESS_KIND.ATTACH:
    case ACCESS_KIND.DETACH:
      return TRACES
    case ACCESS_KIND.READ:
      return MASK.VM_READ
    case ACCESS_KIND.WRITE:
      return WRITES
    case ACCESS_KIND.CHANGE:
      return (modes & ACCESS_MODE.TRACE) !== 0 ? TRACES : WRITES
    case ACCESS_KIND.MEMORY_FILE:
      return ((modes & ACCESS_MODE.READ) !== 0 ? MASK.VM_READ : 0) | ((modes & ACCESS_MODE.WRITE) !== 0 ? WRITES : 0)
    case ACCESS_KIND.PIDFD:
      return MASK.SYNCHRONIZE
    case ACCESS_KIND.GETFD:
      return MASK.DUP_HANDLE
    default:
      return undefined
  }
}
