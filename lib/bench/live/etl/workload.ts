/**
 * A recording of a busy machine: on each CPU one process after the other starts, loads its modules,
 * runs its threads and ends, and between these events there are those that a system session logs as
 * well and that nothing here decodes.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { BUFFER_HEADER_BYTES, EtlFormat, guidBytes, manifest, perfInfo, system } from './format.js'

export const CPUS = 8
const PARENT = 4_096
const FIRST_PID = 0x1_0000
const HOOK = {
  PROCESS_START: 0x0301,
  PROCESS_END: 0x0302,
  PROCESS_DC_START: 0x0303,
  IMAGE_LOAD: 0x030a,
  FILE_CREATE: 0x0440,
  THREAD_START: 0x0501,
  THREAD_END: 0x0502,
  CONTEXT_SWITCH: 0x0524,
  IMAGE_UNLOAD: 0x1402,
} as const
/** Where the threads of a context switch stand in its event. */
const SWITCH_AT = 0x10
/** Between two events of a CPU, in units of 100 ns. */
const STEP = 150n

export interface Workload {
  /** Written to the file; without its first buffer, once expanded. */
  bytes: number
  events: number
  /** Of classes that are decoded. */
  decoded: number
  processes: number
  modules: number
}

/** Writes a file of about so many bytes, once expanded. */
export function writeWorkload(path: string, wantedBytes: number, isCompressed: boolean): Workload {
  const format = new EtlFormat({ cpus: CPUS, isCompressed, bufferBytes: 0x1_0000, frequency: 10_000_000n })
  const cpus = Array.from({ length: CPUS }, (_, cpu) => new Cpu(cpu, format))
  const done: Workload = { bytes: 0, events: 1, decoded: 1, processes: 0, modules: 0 }
  const file = openSync(path, 'w')
  try {
    writeSync(file, format.header())
    const parent = processEvent(HOOK.PROCESS_DC_START, PARENT, 4, 'services.exe', 'C:\\Windows\\system32\\services.exe')
    writeSync(file, format.buffer(parent, { cpu: 0 }))
    done.events++
    done.decoded++
    while (done.bytes < wantedBytes) for (const cpu of cpus) done.bytes += cpu.write(file, done)
    return done
  } finally {
    closeSync(file)
  }
}

/** Fills one buffer after the other with the lives of processes. */
class Cpu {
  readonly #cpu: number
  readonly #format: EtlFormat
  readonly #life = new Life()
  readonly #events: Buffer
  #next = 0
  #lives = 0
  #random = 1
  #thread = 0
  #timestamp: bigint

  constructor(cpu: number, format: EtlFormat) {
    this.#cpu = cpu
    this.#format = format
    this.#events = Buffer.alloc(format.bufferBytes - BUFFER_HEADER_BYTES)
    // No two CPUs log at the same time.
    this.#timestamp = 10_000n + BigInt(cpu)
    this.#begin()
  }

  /** One buffer. Returns how many bytes of events it has. */
  write(file: number, done: Workload): number {
    const events = this.#events
    let used = 0
    for (;;) {
      if (this.#next === this.#life.events.length) this.#begin()
      const { at, end, timestampAt, isDecoded, isLoad, isStart, isSwitch } = this.#life.events[this.#next]!
      if (used + end - at > events.length) break
      this.#life.bytes.copy(events, used, at, end)
      this.#timestamp += STEP
      events.writeBigUInt64LE(this.#timestamp, used + timestampAt)
      if (isSwitch) this.#switch(used + SWITCH_AT)
      used += end - at
      this.#next++
      done.events++
      if (isDecoded) done.decoded++
      if (isStart) done.processes++
      if (isLoad) done.modules++
    }
    writeSync(file, this.#format.buffer(events.subarray(0, used), { cpu: this.#cpu }))
    return used + BUFFER_HEADER_BYTES
  }

  /** From one thread to another, after a while: what makes recordings hard to compress. */
  #switch(at: number): void {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0
    const thread = (this.#random >>> 16) & 0xfffc
    this.#events.writeUInt32LE(thread, at)
    this.#events.writeUInt32LE(this.#thread, at + 4)
    this.#events.writeUInt32LE((this.#random >>> 6) & 0x3ff, at + 16)
    this.#thread = thread
  }

  #begin(): void {
    const number = this.#lives++ * CPUS + this.#cpu
    this.#life.renumber(FIRST_PID + 4 * (number % 0x4000), number)
    this.#next = 0
  }
}

interface Placed {
  at: number
  end: number
  /** From `at` on. */
  timestampAt: number
  isDecoded: boolean
  isSwitch: boolean
  isStart: boolean
  isLoad: boolean
}

/** Of nobody. */
const OTHER_PROVIDER = guidBytes('5b1f8c5e-7d0e-4b8a-9c1d-2f6a30e4d7b9')
const WORKER = 0x0101_0101
const KEY = 0x0202_0202

/** The events of one process, of which only numbers and times change. */
class Life {
  readonly events: Placed[] = []
  readonly bytes: Buffer
  /** Where its number, its threads' numbers and its key stand. */
  readonly #pidsAt: number[]
  readonly #keysAt: number[]

  constructor() {
    const parts = lifeEvents()
    this.bytes = Buffer.concat(parts.map(({ event }) => event))
    let at = 0
    for (const { event, timestampAt, hook } of parts) {
      this.events.push({
        at,
        end: at + event.length,
        timestampAt,
        isDecoded: hook !== undefined && hook !== HOOK.CONTEXT_SWITCH,
        isSwitch: hook === HOOK.CONTEXT_SWITCH,
        isStart: hook === HOOK.PROCESS_START,
        isLoad: hook === HOOK.IMAGE_LOAD,
      })
      at += event.length
    }
    this.#pidsAt = placesOf(this.bytes, WORKER)
    this.#keysAt = placesOf(this.bytes, KEY)
  }

  renumber(pid: number, key: number): void {
    for (const at of this.#pidsAt) this.bytes.writeUInt32LE(pid, at)
    for (const at of this.#keysAt) this.bytes.writeUInt32LE((key << 8) >>> 0, at)
  }
}

function placesOf(bytes: Buffer, word: number): number[] {
  const places: number[] = []
  for (let at = 0; at < bytes.length; at += 4) if (bytes.readUInt32LE(at) === word) places.push(at)
  return places
}

interface LifeEvent {
  event: Buffer
  timestampAt: number
  /** Of a kernel event. */
  hook?: number
}

function lifeEvents(): LifeEvent[] {
  const commandLine = '"C:\\Program Files\\Example\\worker.exe" --queue incoming --threads 3'
  const of = (hook: number, event: Buffer, timestampAt = 0x10): LifeEvent => ({ event, timestampAt, hook })
  const threads = [0, 1, 2]
  const modules = [
    'worker.exe',
    'ntdll.dll',
    'kernel32.dll',
    'KernelBase.dll',
    'user32.dll',
    'ucrtbase.dll',
    'sechost.dll',
    'rpcrt4.dll',
  ]
  return [
    of(HOOK.PROCESS_START, processEvent(HOOK.PROCESS_START, WORKER, PARENT, 'worker.exe', commandLine)),
    of(HOOK.THREAD_START, threadEvent(HOOK.THREAD_START, 0, PARENT)),
    ...modules.flatMap((name, index) => [of(HOOK.IMAGE_LOAD, imageEvent(HOOK.IMAGE_LOAD, name, index)), ...others(2)]),
    ...threads
      .slice(1)
      .flatMap((thread) => [of(HOOK.THREAD_START, threadEvent(HOOK.THREAD_START, thread, WORKER)), ...others(2)]),
    ...[0, 1, 2, 3].flatMap((index) => [of(HOOK.FILE_CREATE, fileEvent(index)), ...others(3)]),
    ...threads.map((thread) => of(HOOK.THREAD_END, threadEvent(HOOK.THREAD_END, thread, WORKER))),
    ...modules.map((name, index) => of(HOOK.IMAGE_UNLOAD, imageEvent(HOOK.IMAGE_UNLOAD, name, index))),
    of(HOOK.PROCESS_END, processEvent(HOOK.PROCESS_END, WORKER, PARENT, 'worker.exe', commandLine)),
  ]
}

/** What a system session and a user's provider log between them. */
function others(switches: number): LifeEvent[] {
  const payload = Buffer.alloc(24, 0x5a)
  const contextSwitch = perfInfo({ hook: HOOK.CONTEXT_SWITCH, version: 4, timestamp: 0n }, payload)
  const own = manifest(
    { guid: OTHER_PROVIDER, id: 7, timestamp: 0n, pid: WORKER, tid: WORKER },
    Buffer.from('a message of some length\0', 'utf16le'),
  )
  return [
    ...Array.from({ length: switches }, () => ({ event: contextSwitch, timestampAt: 8, hook: HOOK.CONTEXT_SWITCH })),
    ...(switches === 3 ? [{ event: own, timestampAt: 0x10 }] : []),
  ]
}

function processEvent(hook: number, pid: number, parent: number, name: string, commandLine: string): Buffer {
  const payload = Buffer.concat([
    words(KEY, 0xffff_9a0c, pid, parent, 1, hook === HOOK.PROCESS_START ? 259 : 0, 0x1aa000, 0, 0),
    words(0xc38b_e060, 0xffff_9a0c, 0, 0),
    Buffer.from('0105000000000005150000000100000002000000030000e9e8030000', 'hex'),
    Buffer.from(`${name}\0`, 'latin1'),
    Buffer.from(`${commandLine}\0\0\0`, 'utf16le'),
  ])
  const by = hook === HOOK.PROCESS_START ? parent : pid
  return system({ hook, version: 4, timestamp: 0n, pid: by, tid: by }, payload)
}

function threadEvent(hook: number, thread: number, by: number): Buffer {
  const stack = [0xc38b_e000, 0xffff_9a0c, 0xc38b_8000, 0xffff_9a0c, 0x0080_0000, 0x11, 0x007f_e000, 0x11]
  const payload = words(
    WORKER,
    WORKER + thread,
    ...stack,
    0xff,
    0,
    0xd340 + thread,
    0x7ff6,
    0xe000,
    0x11,
    0,
    0x0002_0508,
  )
  return system({ hook, version: 3, timestamp: 0n, pid: by, tid: by }, payload)
}

function imageEvent(hook: number, name: string, index: number): Buffer {
  const base = [0x1000_0000 * (index + 1), 0x7ff6]
  const payload = Buffer.concat([
    words(...base, 0x0012_3000, 0, WORKER, 0x0001_2345, 0x6543_2100, 0x0000_010c, ...base, 0, 0, 0, 0),
    Buffer.from(`\\Device\\HarddiskVolume3\\Windows\\System32\\${name}\0`, 'utf16le'),
  ])
  return system({ hook, version: 3, timestamp: 0n, pid: WORKER, tid: WORKER }, payload)
}

function fileEvent(index: number): Buffer {
  const payload = Buffer.concat([
    words(0x1234_5678, 0xffff_9a0c, 0x2345_6780, 0xffff_9a0c, WORKER, 0x0100_0060, 0x80, 7),
    Buffer.from(`\\Device\\HarddiskVolume3\\ProgramData\\Example\\queue\\incoming-${index}.json\0`, 'utf16le'),
  ])
  return system({ hook: HOOK.FILE_CREATE, version: 3, timestamp: 0n, pid: WORKER, tid: WORKER }, payload)
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt32LE(value >>> 0, 4 * index)
  return buffer
}
