/** The classic events of the NT Kernel Logger: decoded, and given to who knows what follows. */
import type { Accesses } from './accesses.js'
import { decodeFileCreate, decodeFileName, FILE_OPCODE, FileFields } from './file.js'
import { decodeImage, IMAGE_OPCODE, ImageFields } from './image.js'
import { PROVIDER, RECORD } from './layout.js'
import type { Ledger } from './ledger.js'
import type { Modules } from './modules.js'
import { decodeObject, OBJECT_OPCODE, ObjectFields } from './object.js'
import { FAULT, type Payload } from './payload.js'
import { decodeProcess, OPCODE, ProcessFields } from './process.js'
import type { Processes } from './processes.js'
import { decodeThread, ThreadFields } from './thread.js'

export class ClassicEvents {
  readonly #ledger: Ledger
  readonly #processes: Processes
  readonly #modules: Modules
  readonly #accesses: Accesses
  readonly #process = new ProcessFields()
  readonly #thread = new ThreadFields()
  readonly #image = new ImageFields()
  readonly #object = new ObjectFields()
  readonly #file = new FileFields()

  constructor(ledger: Ledger, processes: Processes, modules: Modules, accesses: Accesses) {
    this.#ledger = ledger
    this.#processes = processes
    this.#modules = modules
    this.#accesses = accesses
  }

  process(payload: Payload, at: number, version: number, opcode: number, time: number): void {
    const isOurs = (opcode >= OPCODE.START && opcode <= OPCODE.DC_END) || opcode === OPCODE.DEFUNCT
    if (!this.#ledger.isRead(PROVIDER.PROCESS, isOurs)) return
    const fault = this.#processFault(payload, at, version, opcode)
    if (this.#ledger.isGood(PROVIDER.PROCESS, fault)) this.#processes.classic(this.#process, opcode, payload.view, time)
  }

  thread(payload: Payload, at: number, version: number, opcode: number, time: number): void {
    if (!this.#ledger.isRead(PROVIDER.THREAD, opcode >= OPCODE.START && opcode <= OPCODE.DC_END)) return
    const fault = decodeThread(payload, version, opcode, this.#thread)
    if (!this.#ledger.isGood(PROVIDER.THREAD, fault)) return
    const { view } = payload
    const flags = view.getUint16(at + RECORD.flags, true)
    this.#accesses.thread(PROVIDER.THREAD, this.#thread, opcode, pidOf(view, at), flags, time)
  }

  image(payload: Payload, at: number, version: number, opcode: number, time: number): void {
    const isLoaded = opcode === IMAGE_OPCODE.LOAD || opcode === IMAGE_OPCODE.DC_START || opcode === IMAGE_OPCODE.DC_END
    if (!this.#ledger.isRead(PROVIDER.IMAGE, isLoaded || opcode === IMAGE_OPCODE.UNLOAD)) return
    const fault = this.#imageFault(payload, at, version, isLoaded)
    if (!this.#ledger.isGood(PROVIDER.IMAGE, fault)) return
    // Version 0 does not say whose it is: of whoever logged it.
    if (version === 0) this.#image.pid = pidOf(payload.view, at)
    this.#modules.image(PROVIDER.IMAGE, this.#image, opcode, time)
  }

  object(payload: Payload, opcode: number): void {
    const isHandle = opcode >= OBJECT_OPCODE.CREATE_HANDLE && opcode <= OBJECT_OPCODE.HANDLE_DC_END && opcode !== 35
    const isObject = opcode === OBJECT_OPCODE.CREATE_OBJECT || opcode === OBJECT_OPCODE.DELETE_OBJECT
    if (!this.#ledger.isRead(PROVIDER.OBJECT, isHandle || isObject)) return
    const fault = decodeObject(payload, opcode, this.#object)
    // It does not say with which access: nothing follows from it.
    if (this.#ledger.isGood(PROVIDER.OBJECT, fault)) this.#ledger.fold(PROVIDER.OBJECT)
  }

  fileIo(payload: Payload, at: number, version: number, opcode: number, time: number): void {
    const isName =
      opcode === FILE_OPCODE.NAME ||
      opcode === FILE_OPCODE.FILE_CREATE ||
      opcode === FILE_OPCODE.FILE_DELETE ||
      opcode === FILE_OPCODE.FILE_RUNDOWN
    if (!this.#ledger.isRead(PROVIDER.FILE_IO, isName || opcode === FILE_OPCODE.CREATE)) return
    const fault = isName
      ? decodeFileName(payload, this.#file, false)
      : decodeFileCreate(payload, version < 3, this.#file, false)
    if (!this.#ledger.isGood(PROVIDER.FILE_IO, fault)) return
    if (isName) this.#ledger.fold(PROVIDER.FILE_IO)
    else this.#accesses.file(PROVIDER.FILE_IO, this.#file, pidOf(payload.view, at), time)
  }

  /**
   * A 32-bit program may log events in the form of a 64-bit machine: then the pointers are larger than
   * the record says, and the payload does not end with its last field, or that makes no sense.
   */
  #processFault(payload: Payload, at: number, version: number, opcode: number): number {
    const fault = decodeProcess(payload, version, opcode, this.#process)
    if (payload.pointerSize === 8 || version > PROCESS_VERSION || isWhole(payload)) return fault
    payload.aimOther(at)
    const other = decodeProcess(payload, version, opcode, this.#process)
    if (isWhole(payload)) return other
    payload.aimOther(at)
    return decodeProcess(payload, version, opcode, this.#process)
  }

  #imageFault(payload: Payload, at: number, version: number, isNamed: boolean): number {
    const image = this.#image
    const fault = decodeImage(payload, version, image, isNamed)
    if (payload.pointerSize === 8 || version > IMAGE_VERSION) return fault
    if (isWhole(payload) && isText(image.path)) return fault
    payload.aimOther(at)
    const other = decodeImage(payload, version, image, isNamed)
    if (isWhole(payload) && isText(image.path)) return other
    payload.aimOther(at)
    return decodeImage(payload, version, image, isNamed)
  }
}

/** The latest layouts that are known. */
const PROCESS_VERSION = 5
const IMAGE_VERSION = 3

function isWhole({ fault, left }: Payload): boolean {
  return fault === FAULT.NONE && left === 0
}

/** Whether it begins as a path or a name does. */
function isText(path: string): boolean {
  return path === '' || (path >= ' ' && path < '\u007f')
}

/** Of the thread that logged it. */
function pidOf(view: DataView, at: number): number {
  return view.getUint32(at + RECORD.pid, true)
}
