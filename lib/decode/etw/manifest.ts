/** The events of Kernel-Process, Kernel-Audit-API-Calls and Kernel-File: decoded, and given to who knows what follows. */
import type { Accesses } from './accesses.js'
import { decodeFileClose, decodeFileCreate, decodeFileName, FILE_ID, FileFields } from './file.js'
import { IMAGE_OPCODE, ImageFields } from './image.js'
import { AUDIT_ID, AuditFields, decodeAudit } from './kernel-audit.js'
import {
  decodeKernelImage,
  decodeKernelProcessStart,
  decodeKernelProcessStop,
  decodeKernelThread,
  KERNEL_PROCESS_ID,
  KernelProcessFields,
} from './kernel-process.js'
import { PROVIDER, RECORD } from './layout.js'
import type { Ledger } from './ledger.js'
import type { Modules } from './modules.js'
import type { Payload } from './payload.js'
import { OPCODE } from './process.js'
import type { Processes } from './processes.js'
import { ThreadFields } from './thread.js'

export class ManifestEvents {
  readonly #ledger: Ledger
  readonly #processes: Processes
  readonly #modules: Modules
  readonly #accesses: Accesses
  readonly #process = new KernelProcessFields()
  readonly #thread = new ThreadFields()
  readonly #image = new ImageFields()
  readonly #file = new FileFields()
  readonly #audit = new AuditFields()

  constructor(ledger: Ledger, processes: Processes, modules: Modules, accesses: Accesses) {
    this.#ledger = ledger
    this.#processes = processes
    this.#modules = modules
    this.#accesses = accesses
  }

  kernelProcess(payload: Payload, at: number, version: number, id: number, time: number): void {
    const isOurs =
      (id >= KERNEL_PROCESS_ID.START && id <= KERNEL_PROCESS_ID.IMAGE_UNLOAD) || id === KERNEL_PROCESS_ID.RUNDOWN
    if (!this.#ledger.isRead(PROVIDER.KERNEL_PROCESS, isOurs)) return
    switch (id) {
      case KERNEL_PROCESS_ID.STOP: {
        const fault = decodeKernelProcessStop(payload, version, this.#process)
        if (this.#ledger.isGood(PROVIDER.KERNEL_PROCESS, fault)) this.#processes.kernelStop(this.#process, time)
        break
      }
      case KERNEL_PROCESS_ID.THREAD_START:
      case KERNEL_PROCESS_ID.THREAD_STOP: {
        const fault = decodeKernelThread(payload, version, this.#thread)
        const opcode = id === KERNEL_PROCESS_ID.THREAD_START ? OPCODE.START : OPCODE.END
        if (!this.#ledger.isGood(PROVIDER.KERNEL_PROCESS, fault)) return
        const { view } = payload
        const flags = view.getUint16(at + RECORD.flags, true)
        this.#accesses.thread(PROVIDER.KERNEL_PROCESS, this.#thread, opcode, pidOf(view, at), flags, time)
        break
      }
      case KERNEL_PROCESS_ID.IMAGE_LOAD:
      case KERNEL_PROCESS_ID.IMAGE_UNLOAD: {
        const isLoad = id === KERNEL_PROCESS_ID.IMAGE_LOAD
        const fault = decodeKernelImage(payload, this.#image, isLoad)
        const opcode = isLoad ? IMAGE_OPCODE.LOAD : IMAGE_OPCODE.UNLOAD
        if (this.#ledger.isGood(PROVIDER.KERNEL_PROCESS, fault)) {
          this.#modules.image(PROVIDER.KERNEL_PROCESS, this.#image, opcode, time)
        }
        break
      }
      default: {
        const isRundown = id === KERNEL_PROCESS_ID.RUNDOWN
        const fault = decodeKernelProcessStart(payload, version, isRundown, this.#process)
        if (this.#ledger.isGood(PROVIDER.KERNEL_PROCESS, fault)) {
          this.#processes.kernelStart(this.#process, isRundown, time)
        }
      }
    }
  }

  audit(payload: Payload, at: number, id: number, time: number): void {
    const isOurs =
      id === AUDIT_ID.TERMINATE_PROCESS ||
      id === AUDIT_ID.SET_CONTEXT_THREAD ||
      id === AUDIT_ID.OPEN_PROCESS ||
      id === AUDIT_ID.OPEN_THREAD
    if (!this.#ledger.isRead(PROVIDER.KERNEL_AUDIT, isOurs)) return
    const fault = decodeAudit(payload, id, this.#audit)
    if (this.#ledger.isGood(PROVIDER.KERNEL_AUDIT, fault)) {
      this.#accesses.opened(this.#audit, id, pidOf(payload.view, at), time)
    }
  }

  kernelFile(payload: Payload, at: number, version: number, id: number, time: number): void {
    const isName = id === FILE_ID.NAME_CREATE || id === FILE_ID.NAME_DELETE
    const isCreate = id === FILE_ID.CREATE || id === FILE_ID.CREATE_NEW_FILE
    if (!this.#ledger.isRead(PROVIDER.KERNEL_FILE, isName || isCreate || id === FILE_ID.CLOSE)) return
    const file = this.#file
    const fault = isName
      ? decodeFileName(payload, file, false)
      : isCreate
        ? decodeFileCreate(payload, version < 1, file, false)
        : decodeFileClose(payload, version < 1, file)
    if (!this.#ledger.isGood(PROVIDER.KERNEL_FILE, fault)) return
    if (isCreate) this.#accesses.file(PROVIDER.KERNEL_FILE, file, pidOf(payload.view, at), time)
    else this.#ledger.fold(PROVIDER.KERNEL_FILE)
  }
}

/** Of the thread that logged it. */
function pidOf(view: DataView, at: number): number {
  return view.getUint32(at + RECORD.pid, true)
}
