/** One process of a scripted machine, and what it can be told to do. */
import { nestedProcess } from '../build/process.js'
import { TYPE } from '../decode/linux/layout.js'
import { KernelwireError } from '../errors.js'
import type { NestedProcess } from '../events/index.js'
import { ProcessImage, STATE } from '../process/image.js'
import type { Stage } from './stage.js'

/** What is said of a process beside its path; what is not said has usual values. */
export interface ProcessFacts {
  /** Default: the next one that is free, from 1000. */
  pid?: number | undefined
  /** The program's name first. Default: the last component of the path. */
  arguments?: readonly string[] | undefined
  /** Default: that of the parent, else 0. */
  userId?: number | undefined
  /** Default: that of the parent, else root, where `userId` is not given. */
  userName?: string | undefined
}

const BASE_ADDRESS = 0x5555_5555_4000
const MODULE = { size: 0x1000, base: 0x7fff_f7c0_0000 }
/** Reads and writes memory and creates threads. */
const ACCESS = 0x3a
/** So long ago what was there before started. */
const AGE_MS = 1_000
const WORD = 2 ** 32

export class ScriptedProcess {
  readonly #stage: Stage
  readonly #startNs: number
  #image: ProcessImage
  #hasEnded = false

  /** See ScriptedMachine.runs(). */
  static found(stage: Stage, path: string, facts: ProcessFacts, parent: ScriptedProcess | undefined): ScriptedProcess {
    const startNs = stage.takeStart(stage.nowMs - AGE_MS)
    const image = newImage(stage, freePid(stage, facts.pid), 1, startNs)
    describe(image, path, facts)
    image.creationTime = stage.nowMs - AGE_MS
    if (parent !== undefined) {
      image.parent = parent.#image
      image.parentPid = parent.pid
    }
    stage.stream.processes.put(image)
    stage.stream.announceExisting(image)
    return new ScriptedProcess(stage, image, startNs)
  }

  private constructor(stage: Stage, image: ProcessImage, startNs: number) {
    this.#stage = stage
    this.#image = image
    this.#startNs = startNs
  }

  get pid(): number {
    return this.#image.pid
  }

  /** Of what it runs now: `routing.this` of its start, `routing.parent` of what it does. */
  get atom(): string {
    return this.#image.atom
  }

  /** As the events of others carry it. */
  get nested(): NestedProcess {
    return nestedProcess(this.#image)
  }

  /** A child that runs another program: NEW_PROCESS. */
  starts(path: string, facts: ProcessFacts = {}): ScriptedProcess {
    return this.#child(facts.pid, 1, (image) => describe(image, path, facts, this.#image), TYPE.EXEC)
  }

  /** A child that goes on with the same program: NEW_PROCESS. */
  forks(pid?: number): ScriptedProcess {
    return this.#child(pid, 0, (image) => copy(image, this.#image), TYPE.FORK)
  }

  /** It becomes another program: NEW_PROCESS with another atom and the same parent. */
  executes(path: string, facts: Omit<ProcessFacts, 'pid'> = {}): this {
    this.#mustRun()
    const before = this.#image
    const image = newImage(this.#stage, before.pid, before.execId + 1, this.#startNs)
    describe(image, path, facts, before)
    image.inheritParent(before)
    image.previousAtom = before.atom
    before.state = STATE.ENDED
    this.#image = announced(this.#stage, image, TYPE.EXEC)
    return this
  }

  /** PROCESS_ENVIRONMENT. */
  hasEnvironment(...variables: string[]): this {
    this.#mustRun()
    this.#stage.stream.environment(this.#image, variables, this.#stage.nowMs, undefined)
    return this
  }

  /** MODULE_LOAD. */
  loads(path: string, { size = MODULE.size, base = MODULE.base }: { size?: number; base?: number } = {}): this {
    this.#mustRun()
    this.#stage.acts.module(this.#image, this.pid, path, size, base, this.#stage.nowMs, TYPE.MODULE)
    return this
  }

  /** NEW_NAMED_PIPE. */
  createsPipe(path: string): this {
    return this.#pipe('NEW_NAMED_PIPE', path)
  }

  /** OPEN_NAMED_PIPE. */
  opensPipe(path: string): this {
    return this.#pipe('OPEN_NAMED_PIPE', path)
  }

  /**
   * REMOTE_PROCESS_HANDLE, and what follows from it. `access`: Windows access mask; by default it may
   * read and write memory and create threads.
   */
  opens(target: ScriptedProcess, access = ACCESS): this {
    this.#mustRun()
    this.#stage.acts.handle(this.#party, target.#party, access, false, this.#stage.nowMs, TYPE.ACCESS)
    return this
  }

  /** NEW_REMOTE_THREAD, and what follows from it. */
  startsThreadIn(target: ScriptedProcess, threadId = this.#stage.takePid()): this {
    this.#mustRun()
    this.#stage.acts.remoteThread(this.#party, target.#party, threadId, this.#stage.nowMs, TYPE.THREAD)
    return this
  }

  /** TERMINATE_PROCESS: by itself with this code or, where it is not 0, by a signal. */
  ends(exitCode = 0, signal = 0): void {
    this.#mustRun()
    this.#hasEnded = true
    const image = this.#image
    this.#stage.stream.terminate(image, image.parentPid, this.#stage.nowMs, exitCode, signal, TYPE.EXIT)
  }

  get #party() {
    return { pid: this.pid, image: this.#image }
  }

  #child(
    pid: number | undefined,
    execs: number,
    describeIt: (image: ProcessImage) => void,
    account: number,
  ): ScriptedProcess {
    this.#mustRun()
    const stage = this.#stage
    const startNs = stage.takeStart(stage.nowMs)
    const image = newImage(stage, freePid(stage, pid), this.#image.execId + execs, startNs)
    describeIt(image)
    image.parent = this.#image
    image.parentPid = this.pid
    return new ScriptedProcess(stage, announced(stage, image, account), startNs)
  }

  #pipe(name: 'NEW_NAMED_PIPE' | 'OPEN_NAMED_PIPE', path: string): this {
    this.#mustRun()
    this.#stage.acts.pipe(name, this.#image, this.pid, path, this.#stage.nowMs, TYPE.PIPE)
    return this
  }

  #mustRun(): void {
    if (this.#hasEnded) throw new KernelwireError('ERR_OPTION', `process ${this.pid} has ended; it can do nothing more`)
  }
}

function freePid(stage: Stage, pid = stage.takePid()): number {
  if (!(Number.isSafeInteger(pid) && pid > 0 && pid < 2 ** 31)) {
    throw new KernelwireError('ERR_OPTION', `"pid" must be the number of a process, not ${String(pid)}`)
  }
  if (stage.stream.processes.ofPid(pid) !== undefined) {
    throw new KernelwireError('ERR_OPTION', `a process with the number ${pid} runs; end it, or take another number`)
  }
  return pid
}

function newImage(stage: Stage, pid: number, execId: number, startNs: number): ProcessImage {
  const image = new ProcessImage(pid, execId, startNs % WORD, Math.floor(startNs / WORD), startNs / 1e6, 0)
  image.time = stage.nowMs
  return image
}

/** `parent`: whose user it has, where none is named. */
function describe(image: ProcessImage, path: string, facts: ProcessFacts, parent?: ProcessImage): void {
  const isOther = facts.userId !== undefined
  image.path = path
  image.commandLine = (facts.arguments ?? [path.slice(path.lastIndexOf('/') + 1)]).join(' ')
  image.baseAddress = BASE_ADDRESS
  image.threads = 1
  image.userId = facts.userId ?? parent?.userId ?? 0
  image.userName = facts.userName ?? (isOther ? undefined : parent === undefined ? 'root' : parent.userName)
}

function copy(image: ProcessImage, parent: ProcessImage): void {
  image.path = parent.path
  image.commandLine = parent.commandLine
  image.baseAddress = parent.baseAddress
  image.threads = parent.threads
  image.userId = parent.userId
  image.userName = parent.userName
}

function announced(stage: Stage, image: ProcessImage, account: number): ProcessImage {
  stage.stream.processes.put(image)
  stage.stream.announce(image, account)
  return image
}
