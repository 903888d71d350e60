/**
 * A look at a whole file before its events are made: at what it says too late.
 *
 * Windows can list the processes that ran at the end of a recording only (Windows Performance Recorder
 * does), and a process that ended has all its facts in its last event. Both ran from the beginning on,
 * so what they do in between has a PARENT. Where threads begin that belong to pools, the file as a
 * whole says better than its beginning.
 */
import { decodeImage, IMAGE_OPCODE, ImageFields } from '../decode/etw/image.js'
import {
  decodeKernelProcessStart,
  decodeKernelThread,
  KERNEL_PROCESS_ID,
  KernelProcessFields,
} from '../decode/etw/kernel-process.js'
import { FLAG, PROVIDER, RECORD } from '../decode/etw/layout.js'
import { FAULT, Payload } from '../decode/etw/payload.js'
import { decodeProcess, OPCODE, ProcessFields } from '../decode/etw/process.js'
import { CONFIG_OPCODE } from '../decode/etw/system-config.js'
import { decodeThread, ThreadFields } from '../decode/etw/thread.js'
import type { WorkerThreads } from '../decode/etw/workers.js'
import { FRAME_BYTES, Records } from '../records.js'
import type { EtlSource } from './merged-files.js'

const PROVIDERS = [
  PROVIDER.PROCESS,
  PROVIDER.IMAGE,
  PROVIDER.THREAD,
  PROVIDER.KERNEL_PROCESS,
  PROVIDER.SYSTEM_CONFIG,
].reduce((bits, provider) => bits | (1 << provider), 0)

/** What is kept of a file, however large it is. */
const BYTES_MAX = 2 ** 24
const PROCESSES_MAX = 16_384
const NAMES_MAX = 65_536
/** Pairs of an address and a process that started threads there. */
const STARTS_MAX = 262_144

interface Early {
  pid: number
  parentPid: number
  name: string
  process: Uint8Array
  image: Uint8Array | undefined
}

export class FirstLook {
  readonly #volumes: Uint8Array[] = []
  /** Those that were there already, in the order in which Windows lists them. */
  #listed: Early[] = []
  /** Those that ended meanwhile, each with no start. */
  readonly #ended: Early[] = []
  readonly #byPid = new Map<number, Early>()
  /** Of all processes that were told of, the name of the latest one of each number. */
  readonly #names = new Map<number, string>()
  /** By the address at which they start: the processes of threads. */
  readonly #starts = new Map<number, Set<number>>()
  #pairs = 0
  readonly #process = new ProcessFields()
  readonly #kernel = new KernelProcessFields()
  readonly #image = new ImageFields()
  readonly #thread = new ThreadFields()
  #payload: Payload | undefined
  #records: Records | undefined
  #bytes = 0

  /** `workers`: learns from it. Reads the whole file, unless that lists its processes at its beginning. */
  static async take(file: EtlSource, workers: WorkerThreads): Promise<FirstLook> {
    const look = new FirstLook()
    for (let count = await file.step(PROVIDERS); count !== undefined; count = await file.step(PROVIDERS)) {
      const { records, offsets } = file
      for (let i = 0; i < count; i++) if (!look.#see(records, offsets[i]!)) return new FirstLook()
    }
    for (const [address, pids] of look.#starts) {
      for (const pid of pids) workers.addOwn(address, look.#names.get(pid) || pid)
    }
    return look
  }

  /** Records for the decoder, in order, as if the file began with them; `low`, `high`: the FILETIME of its beginning. */
  records(low: number, high: number): { records: Records; offsets: number[] } {
    const parts = [...this.#volumes]
    for (const early of this.#inOrder()) {
      parts.push(early.process)
      if (early.image !== undefined) parts.push(early.image)
    }
    const bytes = parts.reduce((sum, part) => sum + FRAME_BYTES + aligned(part.length), 0)
    const records = new Records(new ArrayBuffer(aligned(bytes)))
    const view = new DataView(records.u8.buffer)
    const offsets: number[] = []
    let at = 0
    for (const part of parts) {
      view.setUint32(at, part.length, true)
      at += FRAME_BYTES
      offsets.push(at)
      records.u8.set(part, at)
      view.setUint32(at + RECORD.time, low, true)
      view.setUint32(at + RECORD.time + 4, high, true)
      view.setUint16(at + RECORD.flags, view.getUint16(at + RECORD.flags, true) & ~(FLAG.LATE | GAPS), true)
      at += aligned(part.length)
    }
    return { records, offsets }
  }

  /** False where there is nothing to be learned that comes too late. */
  #see(records: Records, at: number): boolean {
    if (records !== this.#records) {
      this.#records = records
      this.#payload = new Payload(records)
    }
    const payload = this.#payload!
    const { view } = payload
    payload.aim(at, records.length(at))
    const version = view.getUint8(at + RECORD.version)
    const opcode = view.getUint8(at + RECORD.opcode)
    switch (view.getUint16(at + RECORD.provider, true)) {
      case PROVIDER.PROCESS:
        if (opcode === OPCODE.DC_START) return false
        this.#seeProcess(payload, records, at, version, opcode)
        break
      case PROVIDER.THREAD:
        if (opcode !== OPCODE.START && opcode !== OPCODE.DC_START && opcode !== OPCODE.DC_END) break
        if (decodeThread(payload, version, opcode, this.#thread) === FAULT.NONE) this.#seeThread(payload, at, opcode)
        break
      case PROVIDER.KERNEL_PROCESS:
        this.#seeKernel(payload, records, at, version)
        break
      case PROVIDER.IMAGE:
        this.#seeImage(payload, records, at, version, opcode)
        break
      default:
        if (opcode === CONFIG_OPCODE.VOLUME_MAPPING || opcode === CONFIG_OPCODE.SYSTEM_PATHS) {
          const copy = this.#copy(records, at)
          if (copy !== undefined) this.#volumes.push(copy)
        }
    }
    return true
  }

  #seeProcess(payload: Payload, records: Records, at: number, version: number, opcode: number): void {
    const isLast = opcode === OPCODE.END || opcode === OPCODE.DC_END
    if (opcode !== OPCODE.START && !isLast) return
    const fields = this.#process
    if (decodeProcess(payload, version, opcode, fields) !== FAULT.NONE) return
    const early = this.#seeName(fields.pid, fields.parentPid, fields.imageName, isLast, records, at)
    if (early === undefined) return
    early.process[RECORD.opcode] = OPCODE.DC_START
    if (opcode === OPCODE.END) this.#ended.push(early)
    else this.#listed.push(early)
  }

  #seeKernel(payload: Payload, records: Records, at: number, version: number): void {
    const id = payload.view.getUint16(at + RECORD.id, true)
    const fields = this.#kernel
    if (id === KERNEL_PROCESS_ID.THREAD_START) {
      if (decodeKernelThread(payload, version, this.#thread) === FAULT.NONE) this.#seeThread(payload, at, OPCODE.START)
      return
    }
    const isRundown = id === KERNEL_PROCESS_ID.RUNDOWN
    if (id !== KERNEL_PROCESS_ID.START && !isRundown) return
    if (decodeKernelProcessStart(payload, version, isRundown, fields) !== FAULT.NONE) return
    const name = fields.imageName.slice(fields.imageName.lastIndexOf('\\') + 1)
    const early = this.#seeName(fields.pid, fields.parentPid, name, isRundown, records, at)
    if (early !== undefined) this.#listed.push(early)
  }

  /** A process that was there already, if this is the first that is told of it. */
  #seeName(
    pid: number,
    parentPid: number,
    imageName: string,
    isLast: boolean,
    records: Records,
    at: number,
  ): Early | undefined {
    const name = imageName.toLowerCase()
    const isKnown = this.#names.has(pid)
    if (isKnown || this.#names.size < NAMES_MAX) this.#names.set(pid, name)
    if (isKnown || !isLast || this.#byPid.size >= PROCESSES_MAX) return undefined
    const process = this.#copy(records, at)
    if (process === undefined) return undefined
    setNoThread(process)
    const early: Early = { pid, parentPid, name, process, image: undefined }
    this.#byPid.set(pid, early)
    return early
  }

  #seeThread({ view }: Payload, at: number, opcode: number): void {
    const { pid, win32StartAddress } = this.#thread
    if (opcode === OPCODE.START && view.getUint32(at + RECORD.pid, true) !== pid) return
    const pids = this.#starts.get(win32StartAddress)
    if (pids?.has(pid) || this.#pairs >= STARTS_MAX) return
    this.#pairs++
    if (pids === undefined) this.#starts.set(win32StartAddress, new Set([pid]))
    else pids.add(pid)
  }

  #seeImage(payload: Payload, records: Records, at: number, version: number, opcode: number): void {
    if (opcode !== IMAGE_OPCODE.DC_END) return
    const fields = this.#image
    if (decodeImage(payload, version, fields, true) !== FAULT.NONE) return
    const early = this.#byPid.get(fields.pid)
    if (early === undefined || early.image !== undefined) return
    const name = fields.path.slice(fields.path.lastIndexOf('\\') + 1).toLowerCase()
    if (name !== early.name) return
    early.image = this.#copy(records, at)
    if (early.image === undefined) return
    early.image[RECORD.opcode] = IMAGE_OPCODE.DC_START
    setNoThread(early.image)
  }

  #copy(records: Records, at: number): Uint8Array | undefined {
    const length = records.length(at)
    if (this.#bytes + length > BYTES_MAX) return undefined
    this.#bytes += length
    return records.u8.slice(at, at + length)
  }

  /** Each one that ended right behind its parent, before its children: a parent is always listed first. */
  #inOrder(): Early[] {
    const order = this.#listed
    for (const early of this.#ended) {
      const parent = order.findIndex(({ pid }) => pid === early.parentPid)
      order.splice(parent + 1, 0, early)
    }
    this.#listed = []
    return order
  }
}

const GAPS = FLAG.BEHIND_LOSS | FLAG.BEHIND_DAMAGE

function setNoThread(record: Uint8Array): void {
  record[RECORD.flags] = record[RECORD.flags]! | FLAG.NO_THREAD
}

function aligned(bytes: number): number {
  return (bytes + 7) & ~7
}
