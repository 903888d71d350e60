/**
 * Processes that start, end, or were there, from both providers into one life each.
 *
 * The classic events have command line and user, Kernel-Process has the path and the time of
 * creation; a recording can have either or both.
 */
import type { Acts } from '../../acts.js'
import { ProcessImage } from '../../process/image.js'
import type { EventStream } from '../../stream.js'
import type { FileTimes } from './file-time.js'
import type { KernelProcessFields } from './kernel-process.js'
import { PROVIDER } from './layout.js'
import { Life } from './life.js'
import type { LiveFacts } from './live.js'
import type { Lives } from './lives.js'
import { OPCODE, type ProcessFields } from './process.js'
import { sidText, userName } from './sid.js'
import type { Volumes } from './volumes.js'

/** Two providers tell of a start one after the other. */
const TWIN_MS = 1_000

/** What is the same in both kinds of events. */
interface Facts {
  provider: number
  pid: number
  parentPid: number
  parentSequence: number
  sequence: number
  low: number
  high: number
  /** Milliseconds since 1970; undefined when unknown. */
  createdMs: number | undefined
  name: string
  path: string | undefined
  commandLine: string | undefined
  sid: string | undefined
}

export class Processes {
  readonly #stream: EventStream
  readonly #acts: Acts
  readonly #lives: Lives
  readonly #volumes: Volumes
  readonly #times: FileTimes

  constructor(stream: EventStream, acts: Acts, lives: Lives, volumes: Volumes, times: FileTimes) {
    this.#stream = stream
    this.#acts = acts
    this.#lives = lives
    this.#volumes = volumes
    this.#times = times
  }

  classic(fields: ProcessFields, opcode: number, view: DataView, time: number): void {
    switch (opcode) {
      case OPCODE.START:
        this.#start(this.#ofClassic(fields, view, time), time)
        break
      case OPCODE.END:
        this.#classicEnd(fields, view, time)
        break
      case OPCODE.DC_START:
      case OPCODE.DC_END:
        this.#found(this.#ofClassic(fields, view, time), time)
        break
      default:
        this.#fold(PROVIDER.PROCESS)
    }
  }

  kernelStart(fields: KernelProcessFields, isRundown: boolean, time: number): void {
    const facts = this.#ofKernel(fields)
    if (isRundown) this.#found(facts, time)
    else this.#start(facts, time)
  }

  kernelStop(fields: KernelProcessFields, time: number): void {
    const { pid, exitCode } = fields
    const life = this.#lives.of(pid)
    if (life !== undefined) this.#end(life, PROVIDER.KERNEL_PROCESS, life.image.parentPid, exitCode, time)
    else if (this.#lives.hasJustEnded(pid, time)) this.#fold(PROVIDER.KERNEL_PROCESS)
    else this.#acts.unknownEnd(pid, time, exitCode, PROVIDER.KERNEL_PROCESS)
  }

  /** What was read from the process itself, of a life that may be told already. */
  complete(life: Life, facts: LiveFacts): void {
    if (life.isSettled) return
    const { image } = life
    if (facts.createdMs !== undefined) life.create(facts.createdLow, facts.createdHigh, facts.createdMs)
    this.#put(life, this.#ofLive(facts))
    if (facts.userName !== '') image.userName = facts.userName
    if (image.baseAddress === 0) image.baseAddress = facts.baseAddress
    image.memoryBytes = facts.memoryBytes
    image.threads = facts.threads
  }

  /** A process of a snapshot; undefined if it has just ended. */
  existing(facts: LiveFacts, time: number): Life | undefined {
    let known = this.#lives.of(facts.pid)
    if (known !== undefined && !known.isCreatedAt(facts.createdLow, facts.createdHigh)) {
      this.#lives.lose(known)
      known = undefined
    }
    if (known === undefined && this.#lives.hasJustEnded(facts.pid, time)) {
      this.#fold(PROVIDER.SENSOR)
      return undefined
    }
    if (known === undefined) known = this.#add(this.#ofLive(facts), true, time)
    else this.#fold(PROVIDER.SENSOR)
    this.complete(known, facts)
    return known
  }

  /** It tells all that a start tells: so the process existed, if only its end was recorded. */
  #classicEnd(fields: ProcessFields, view: DataView, time: number): void {
    let life = this.#lives.of(fields.pid)
    if (life === undefined) {
      if (this.#lives.hasJustEnded(fields.pid, time)) {
        this.#fold(PROVIDER.PROCESS)
        return
      }
      life = this.#add(this.#ofClassic(fields, view, time), true, time)
      life.isImplied = true
    }
    this.#end(life, PROVIDER.PROCESS, fields.parentPid, fields.exitStatus, time)
  }

  #start(facts: Facts, time: number): void {
    const known = this.#lives.of(facts.pid)
    if (known !== undefined) {
      if (isSame(known, facts, time)) {
        this.#complete(known, facts)
        return
      }
      this.#lives.lose(known)
    }
    this.#add(facts, false, time)
  }

  #found(facts: Facts, time: number): void {
    const known = this.#lives.of(facts.pid)
    if (known === undefined) this.#add(facts, true, time)
    else this.#complete(known, facts)
  }

  #end(life: Life, provider: number, parentPid: number, exitCode: number, time: number): void {
    this.#lives.settle(life)
    this.#stream.terminate(life.image, parentPid, time, exitCode, 0, provider)
    this.#lives.ended(life, time)
  }

  #add(facts: Facts, isFound: boolean, time: number): Life {
    const { pid, parentPid, low, high } = facts
    const image = new ProcessImage(pid, 0, low, high, time, parentPid)
    image.time = time
    if (isFound) image.creationTime = facts.createdMs
    const life = new Life(image, facts.provider, isFound, facts.sequence, facts.name)
    if (facts.createdMs !== undefined) life.create(low, high, facts.createdMs)
    this.#put(life, facts)
    const parent = this.#parentOf(facts, isFound)
    if (parent !== undefined) image.parent = parent.image
    this.#lives.add(life)
    return life
  }

  /** The other provider, or a rundown, tells of the same process: what is missing is taken, as long as it is not told. */
  #complete(life: Life, facts: Facts): void {
    life.providers |= 1 << facts.provider
    if (!life.isSettled) {
      if (facts.createdMs !== undefined) life.create(facts.low, facts.high, facts.createdMs)
      this.#put(life, facts)
    }
    this.#fold(facts.provider)
  }

  #put(life: Life, facts: Facts): void {
    const { image } = life
    if (life.name === '') life.name = facts.name.toLowerCase()
    if (!life.hasPath && facts.path !== undefined) {
      image.path = facts.path
      life.hasPath = true
    }
    if (facts.name !== '') image.path ??= facts.name
    if (facts.commandLine !== '') image.commandLine ??= facts.commandLine
    if (facts.sid === undefined) return
    image.userName ??= userName(facts.sid)
    if (this.#stream.extended || this.#stream.isFiltered) image.details ??= { USER_SID: facts.sid }
  }

  /**
   * Processes are listed in the order of their creation, so one that comes later in the list cannot
   * be the parent: it has the number of a parent that is gone.
   */
  #parentOf(facts: Facts, isFound: boolean): Life | undefined {
    if (facts.parentPid === facts.pid) return undefined
    const parent = this.#lives.of(facts.parentPid)
    if (parent === undefined) return undefined
    // What started during the recording is younger than what is only found now.
    if (isFound && !parent.isFound) return undefined
    const areKnown = parent.sequence !== 0 && facts.parentSequence !== 0
    return areKnown && parent.sequence !== facts.parentSequence ? undefined : parent
  }

  #ofClassic(fields: ProcessFields, view: DataView, time: number): Facts {
    const { keyLow, keyHigh, directoryTableBase, imageName, commandLine, sidAt } = fields
    const hasKey = keyLow !== 0 || keyHigh !== 0
    // Before version 2 there is no key: then the time stands for it.
    return {
      provider: PROVIDER.PROCESS,
      pid: fields.pid,
      parentPid: fields.parentPid,
      parentSequence: 0,
      sequence: 0,
      low: hasKey ? keyLow : directoryTableBase,
      high: hasKey ? keyHigh : time,
      createdMs: undefined,
      name: imageName,
      path: undefined,
      commandLine,
      sid: sidAt < 0 ? undefined : sidText(view, sidAt),
    }
  }

  #ofKernel(fields: KernelProcessFields): Facts {
    const path = fields.imageName === '' ? undefined : this.#volumes.dosPath(fields.imageName)
    const createdMs = this.#times.epochMs(fields.createdLow, fields.createdHigh)
    return {
      provider: PROVIDER.KERNEL_PROCESS,
      pid: fields.pid,
      parentPid: fields.parentPid,
      parentSequence: fields.parentSequence,
      sequence: fields.sequence,
      low: fields.createdLow,
      high: fields.createdHigh,
      createdMs: createdMs < 0 ? undefined : createdMs,
      name: fields.imageName.slice(fields.imageName.lastIndexOf('\\') + 1),
      path,
      commandLine: undefined,
      sid: undefined,
    }
  }

  #ofLive(facts: LiveFacts): Facts {
    const name = facts.path.slice(facts.path.lastIndexOf('\\') + 1)
    return {
      provider: PROVIDER.SENSOR,
      pid: facts.pid,
      parentPid: facts.parentPid,
      parentSequence: 0,
      sequence: 0,
      low: facts.createdLow,
      high: facts.createdHigh,
      createdMs: facts.createdMs,
      name,
      // The name alone, of a process that may not be opened, is no path.
      path: name === facts.path ? undefined : facts.path,
      commandLine: facts.commandLine,
      sid: facts.sid,
    }
  }

  #fold(provider: number): void {
    this.#stream.accounts.folded[provider]!++
  }
}

/** Whether a start is that of the process which is known by this number, told once more. */
function isSame(known: Life, facts: Facts, time: number): boolean {
  const isNear = time - known.image.bootMs <= TWIN_MS
  const isOther = (known.providers & (1 << facts.provider)) === 0
  if (isOther) return isNear
  return known.isFound && isNear && known.image.startedAt(facts.low, facts.high)
}
