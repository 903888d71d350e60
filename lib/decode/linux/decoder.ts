/**
 * Raw records of the Linux source, one at a time, into the stream. The hot path begins here.
 *
 * Looks at the type, applies the fork rule and the order rule, and counts what became of the record.
 */
import { VERDICT } from '../../filter/verdict.js'
import { ProcessImage, STATE } from '../../process/image.js'
import type { ProcessTable } from '../../process/table.js'
import type { Records } from '../../records.js'
import type { EventStream } from '../../stream.js'
import { Accesses } from './access.js'
import { type Block, Blocks } from './blocks.js'
import type { Context } from './context.js'
import { decodeEnvironment, rawEnvironment } from './environment.js'
import { decodeFork, parentOf } from './fork.js'
import { ImageDecoder } from './image.js'
import { EXIT, HEADER, IMAGE, TYPE, TYPES } from './layout.js'
import { isModule, tellModule } from './module.js'

/** Two CPUs may put records into the ring in another order than they took the time. */
export const REORDER_MS = 5

export class LinuxDecoder {
  /** CLOCK_BOOTTIME of the latest record or tick. */
  latestMs = 0
  /** CLOCK_BOOTTIME of the record at hand. */
  #bootMs = 0
  /** Before that no fork has waited long enough: a look at the queue for each record would cost as much as a look-up. */
  #nextDueMs = 0

  readonly #stream: EventStream
  readonly #processes: ProcessTable
  readonly #context: Context
  readonly #images: ImageDecoder
  readonly #accesses: Accesses | undefined
  readonly #forkWindowMs: number
  readonly #arguments: Blocks
  readonly #environments: Blocks
  /** Of the rows of a snapshot, which is taken over while blocks of the ring are under way. */
  readonly #rowArguments = new Blocks(() => {})

  constructor(stream: EventStream, context: Context, forkWindowMs: number) {
    this.#stream = stream
    this.#processes = stream.processes
    this.#context = context
    this.#images = new ImageDecoder(context)
    this.#accesses = context.acts === undefined ? undefined : new Accesses(stream, context.acts)
    this.#forkWindowMs = forkWindowMs
    const { dropped } = stream.accounts
    this.#arguments = new Blocks((pieces) => {
      dropped[TYPE.ARGUMENTS]! += pieces
    })
    this.#environments = new Blocks((pieces) => {
      dropped[TYPE.ENVIRONMENT]! += pieces
    })
  }

  /** `at`: offset of a whole record. */
  record(records: Records, at: number): void {
    const type = typeAt(records, at)
    const { accounts } = this.#stream
    accounts.read[type]!++
    if (records.length(at) < HEADER.SIZE) {
      accounts.bad[type]!++
      return
    }
    this.#bootMs = records.ms(at + HEADER.boot_ns)
    this.tick(this.#bootMs)
    if (!this.#decode(type, records, at)) accounts.bad[type]!++
  }

  /** Time went on: forks that no exec followed are events now. */
  tick(bootMs: number): void {
    if (bootMs <= this.latestMs) return
    this.latestMs = bootMs
    if (bootMs < this.#nextDueMs) return
    this.#announceDue(bootMs - this.#forkWindowMs - REORDER_MS)
    this.#nextDueMs = this.dueMs ?? bootMs + this.#forkWindowMs
  }

  /** When the next tick is worth something; undefined when nothing waits. */
  get dueMs(): number | undefined {
    const oldest = this.#processes.oldestPendingMs
    return oldest === undefined ? undefined : oldest + this.#forkWindowMs + REORDER_MS
  }

  /** The end of the stream: nothing waits any longer. */
  finish(): void {
    this.#announceDue(Number.POSITIVE_INFINITY)
    this.#arguments.clear()
    this.#environments.clear()
  }

  /** An image out of a row, with what came ahead of it. */
  row(records: Records, at: number): ProcessImage | undefined {
    if (records.u8[at] === TYPE.ARGUMENTS) {
      this.#rowArguments.add(records, at)
      return undefined
    }
    const block = takeArguments(this.#rowArguments, records, at)
    const image = this.#images.decode(records, at, records.ms(at + HEADER.boot_ns), block, undefined)
    if (image === undefined) this.#stream.accounts.bad[TYPE.SNAPSHOT]!++
    else image.creationTime = this.#context.clock.epochMs(image.startMs)
    return image
  }

  #announceDue(beforeMs: number): void {
    for (let due = this.#processes.takeDue(beforeMs); due !== undefined; due = this.#processes.takeDue(beforeMs)) {
      this.#stream.announce(due, TYPE.FORK)
    }
  }

  #decode(type: number, records: Records, at: number): boolean {
    switch (type) {
      case TYPE.FORK:
        return this.#fork(records, at)
      case TYPE.EXEC:
        return this.#exec(records, at)
      case TYPE.EXIT:
        return this.#exit(records, at)
      case TYPE.ARGUMENTS:
        return this.#arguments.add(records, at)
      case TYPE.ENVIRONMENT:
        return this.#environments.add(records, at)
      case TYPE.MODULE:
        return this.#module(records, at)
      case TYPE.ACCESS:
        return this.#accesses?.access(records, at, this.#time()) ?? false
      case TYPE.THREAD:
        return this.#accesses?.thread(records, at, this.#time()) ?? false
      case TYPE.PIPE:
        return this.#accesses?.pipe(records, at, this.#time()) ?? false
      default:
        return false
    }
  }

  #fork(records: Records, at: number): boolean {
    const processes = this.#processes
    if (this.#known(records, at) !== undefined) {
      // The snapshot saw it already.
      this.#stream.accounts.folded[TYPE.FORK]!++
      return true
    }
    const image = decodeFork(records, at, this.#bootMs, this.#context, processes)
    if (image === undefined) return false
    if (image.parent !== undefined) image.parent.isParent = true
    if (processes.isCrowded) this.#stream.announce(processes.takeDue(Number.POSITIVE_INFINITY)!, TYPE.FORK)
    if (processes.isFull) this.#forgetOldest()
    processes.put(image)
    if (this.#forkWindowMs === 0) this.#stream.announce(image, TYPE.FORK)
    else processes.wait(image)
    return true
  }

  #exec(records: Records, at: number): boolean {
    const { folded, dropped } = this.#stream.accounts
    const before = this.#known(records, at)
    const block = takeArguments(this.#arguments, records, at)
    if (before !== undefined && isSeen(before, records, at)) {
      // The snapshot saw this image already, or a later one.
      folded[TYPE.EXEC]!++
      folded[TYPE.ARGUMENTS]! += block?.pieces ?? 0
      this.#environment(before, records, at)
      return true
    }
    const fork = this.#foldable(before)
    const image = this.#images.decode(records, at, this.#bootMs, block, fork)
    const settled = image === undefined ? dropped : folded
    settled[TYPE.ARGUMENTS]! += block?.pieces ?? 0
    if (image === undefined) return false
    if (fork === undefined) this.#replace(before, image, records, at)
    else folded[TYPE.FORK]!++
    this.#stream.announce(image, TYPE.EXEC)
    this.#environment(image, records, at)
    return true
  }

  /** The fork rule: an exec soon after its fork is one event with it. */
  #foldable(before: ProcessImage | undefined): ProcessImage | undefined {
    if (before === undefined || before.state !== STATE.PENDING || before.isParent) return undefined
    return this.#bootMs - before.bootMs <= this.#forkWindowMs ? before : undefined
  }

  /** Any other exec brings a second image. */
  #replace(before: ProcessImage | undefined, image: ProcessImage, records: Records, at: number): void {
    if (before === undefined) {
      image.parent = parentOf(records, at, this.#processes)
      if (this.#processes.isFull) this.#forgetOldest()
    } else {
      if (before.state === STATE.PENDING) this.#stream.announce(before, TYPE.FORK)
      // An exec in between may have been lost.
      if (before.isCoarse || image.execId === before.execId + 1) image.previousAtom = before.atom
      image.inheritParent(before)
      before.state = STATE.ENDED
      this.#processes.departed.add(before)
    }
    this.#processes.put(image)
  }

  #forgetOldest(): void {
    const image = this.#processes.oldest!
    if (image.state === STATE.PENDING) this.#stream.announce(image, TYPE.FORK)
    this.#processes.forget(image)
  }

  #environment(image: ProcessImage, records: Records, at: number): void {
    const block = this.#environments.take(records, at, 0)
    if (block === undefined) return
    const { delivered, folded, filtered, dropped } = this.#stream.accounts
    // The image may be one that the snapshot saw later than this record was written.
    const isItsOwn = image.runs(records.u32[(at + HEADER.exec_id) >>> 2]!)
    if (!isItsOwn) {
      dropped[TYPE.ENVIRONMENT]! += block.pieces
      return
    }
    if (image.verdict !== VERDICT.WANTED || !this.#stream.wantsEnvironment) {
      filtered[TYPE.ENVIRONMENT]! += block.pieces
      return
    }
    const time = this.#time()
    const rawBytes = this.#stream.extended ? rawEnvironment(block.bytes) : undefined
    this.#stream.environment(image, decodeEnvironment(block.bytes), time, rawBytes)
    delivered[TYPE.ENVIRONMENT]!++
    folded[TYPE.ENVIRONMENT]! += block.pieces - 1
  }

  #module(records: Records, at: number): boolean {
    if (!isModule(records, at)) return false
    const known = this.#known(records, at)
    // The exec that brought another image may have been lost.
    const image = known?.runs(records.u32[(at + HEADER.exec_id) >>> 2]!) ? known : undefined
    if (image?.state === STATE.PENDING) this.#stream.announce(image, TYPE.FORK)
    const time = this.#time()
    tellModule(records, at, image, time, this.#stream)
    return true
  }

  #exit(records: Records, at: number): boolean {
    if (records.length(at) < EXIT.SIZE) return false
    const image = this.#ending(records, at)
    if (image === undefined) {
      this.#stream.accounts.folded[TYPE.EXIT]!++
      return true
    }
    const word = at >>> 2
    const time = this.#time()
    const parentPid = records.u32[word + (EXIT.parent_pid >> 2)]!
    // As wait(2) encodes it.
    const code = records.u32[word + (EXIT.exit_code >> 2)]!
    this.#stream.terminate(image, parentPid, time, (code >> 8) & 0xff, code & 0x7f, TYPE.EXIT)
    return true
  }

  /** The image that ends, announced; undefined when this process has ended already. */
  #ending(records: Records, at: number): ProcessImage | undefined {
    const word = at >>> 2
    const pid = records.u32[word + (HEADER.pid >> 2)]!
    const startLow = records.u32[word + (HEADER.start_boot_ns >> 2)]!
    const startHigh = records.u32[word + (HEADER.start_boot_ns >> 2) + 1]!
    const execId = records.u32[word + (HEADER.exec_id >> 2)]!
    const known = this.#processes.find(pid, startLow, startHigh)
    if (known !== undefined) {
      if (known.state === STATE.PENDING) this.#stream.announce(known, TYPE.FORK)
      return known.runs(execId) ? known : this.#unseen(records, at, known)
    }
    const vanished = this.#processes.takeVanished(pid, startLow, startHigh)
    if (vanished !== undefined) return vanished
    if (this.#processes.hasEnded(pid, startLow, startHigh)) return undefined
    return this.#unseen(records, at, undefined)
  }

  /** An image of which only the end was seen: its exec was lost, or all that was before its end. */
  #unseen(records: Records, at: number, before: ProcessImage | undefined): ProcessImage {
    const { clock } = this.#context
    const { u32 } = records
    const word = at >>> 2
    const pid = u32[word + (HEADER.pid >> 2)]!
    const execId = u32[word + (HEADER.exec_id >> 2)]!
    const startLow = u32[word + (HEADER.start_boot_ns >> 2)]!
    const startHigh = u32[word + (HEADER.start_boot_ns >> 2) + 1]!
    const bootMs = this.#bootMs
    const image = new ProcessImage(pid, execId, startLow, startHigh, bootMs, u32[word + (EXIT.parent_pid >> 2)]!)
    image.time = clock.epochMs(bootMs)
    image.creationTime = clock.epochMs(image.startMs)
    if (before !== undefined) {
      image.inheritParent(before)
      this.#processes.end(before)
    }
    this.#stream.announceExisting(image)
    return image
  }

  /** Of the record at hand. */
  #time(): number {
    return this.#context.clock.epochMs(this.#bootMs)
  }

  #known(records: Records, at: number): ProcessImage | undefined {
    const word = (at + HEADER.pid) >>> 2
    return this.#processes.find(
      records.u32[word]!,
      records.u32[word + ((HEADER.start_boot_ns - HEADER.pid) >> 2)]!,
      records.u32[word + ((HEADER.start_boot_ns - HEADER.pid) >> 2) + 1]!,
    )
  }
}

/** The type by which a record is counted: what is none of ours counts as 0. */
function typeAt(records: Records, at: number): number {
  const type = records.u8[at]!
  return type < TYPES ? type : 0
}

/** The first arguments are in the image's own record. */
function takeArguments(blocks: Blocks, records: Records, at: number): Block | undefined {
  return blocks.take(records, at, records.u16[(at + IMAGE.arguments_length) >>> 1]!)
}

function isSeen(image: ProcessImage, records: Records, at: number): boolean {
  if (image.state === STATE.PENDING) return false
  if (image.isCoarse) return records.ms(at + HEADER.boot_ns) <= image.bootMs
  return image.execId >= records.u32[(at + HEADER.exec_id) >>> 2]!
}
