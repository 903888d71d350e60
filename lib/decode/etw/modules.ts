/** Files that are mapped to run code from them; and the path of each process, which is its main module's. */
import type { Acts } from '../../acts.js'
import type { PathFiles } from '../../identity/path-files.js'
import type { EventStream } from '../../stream.js'
import { IMAGE_OPCODE, type ImageFields } from './image.js'
import type { Lives } from './lives.js'
import { Twins } from './twins.js'
import type { Volumes } from './volumes.js'
import type { WorkerThreads } from './workers.js'

/** The highest address of a program. */
const USER_MAX = 0x7fff_ffff_ffff

const NTDLL = '\\ntdll.dll'

export class Modules {
  readonly #stream: EventStream
  readonly #acts: Acts
  readonly #lives: Lives
  readonly #volumes: Volumes
  readonly #workers: WorkerThreads
  readonly #files: PathFiles | undefined
  readonly #twins = new Twins()

  constructor(
    stream: EventStream,
    acts: Acts,
    lives: Lives,
    volumes: Volumes,
    workers: WorkerThreads,
    files: PathFiles | undefined,
  ) {
    this.#stream = stream
    this.#acts = acts
    this.#lives = lives
    this.#volumes = volumes
    this.#workers = workers
    this.#files = files
  }

  /** `opcode`: of the classic event, or its like. Of an unload, nothing is needed. */
  image(provider: number, fields: ImageFields, opcode: number, time: number): void {
    const isLoad = opcode === IMAGE_OPCODE.LOAD
    if (!isLoad && opcode !== IMAGE_OPCODE.DC_START && opcode !== IMAGE_OPCODE.DC_END) {
      this.#stream.accounts.folded[provider]!++
      return
    }
    const { pid, size } = fields
    // Of the kernel and its drivers; where they lie is not told.
    const isOfKernel = pid === 0 || fields.base > USER_MAX
    const base = isOfKernel ? 0 : fields.base
    const path = fields.path === '' ? undefined : this.#volumes.dosPath(fields.path)
    if (!isOfKernel) this.#workers.hasImages = true
    if (path !== undefined) this.#learn(pid, path, base, size)
    if (!isLoad || this.#twins.isSecond(provider, pid, fields.base, time)) {
      this.#stream.accounts.folded[provider]!++
      return
    }
    const image = this.#acts.wantsModules && !isOfKernel ? this.#lives.announced(pid) : undefined
    const file =
      this.#acts.wantsModules && path !== undefined
        ? this.#files?.at(path, time, fields.timestamp, fields.checksum)
        : undefined
    this.#acts.module(image, pid, path, size, base, time, provider, file)
  }

  #learn(pid: number, path: string, base: number, size: number): void {
    if (path.length > NTDLL.length && path.slice(-NTDLL.length).toLowerCase() === NTDLL) {
      this.#workers.addLibrary(base, size)
    }
    const life = this.#lives.of(pid)
    if (life === undefined || life.isSettled || life.image.baseAddress !== 0 || !life.isMain(path)) return
    life.image.baseAddress = base
    if (!life.hasPath) life.image.path = path
    life.hasPath = true
    this.#lives.settle(life)
  }
}
