/**
 * Raw records as the programs write them, made here: the same ones at every run, and no privilege is
 * needed. Lengths of paths and arguments are those of a busy build server's processes.
 */
import { BULK, EXIT, FORK, HEADER, IMAGE, MODULE, PARENT, TYPE } from '../../decode/linux/layout.js'
import { FRAME_BYTES } from '../../records.js'

/** Whose children the processes are. */
export const PARENT_PID = 4_711
const WORD = 2 ** 32
export const PARENT_START_NS = 5_000_000_000
const FIRST_PID = 10_000
const FIRST_START_NS = 60_000_000_000
/** Between the starts of two processes; its exec comes after a third of it. */
const STEP_NS = 30_000
/** All records are before this, on the clock that they carry. */
export const END_NS = FIRST_START_NS + 1e9

const PROGRAMS: readonly (readonly [path: string, ...argv: string[]])[] = [
  ['/usr/bin/dash', 'sh', '-c', 'test -f configure.ac && autoreconf --install --force'],
  ['/usr/bin/x86_64-linux-gnu-gcc-12', 'gcc', '-O2', '-g', '-Wall', '-Iinclude', '-c', 'src/main.c', '-o', 'main.o'],
  [
    '/usr/lib/gcc/x86_64-linux-gnu/12/cc1',
    '/usr/lib/gcc/x86_64-linux-gnu/12/cc1',
    '-quiet',
    '-I',
    'include',
    'src/main.c',
  ],
  ['/usr/bin/git', 'git', 'rev-parse', '--short', 'HEAD'],
  ['/usr/bin/node', 'node', '/srv/app/node_modules/.bin/eslint', '--cache', 'src'],
  ['/usr/bin/grep', 'grep', '-q', 'needle', '/var/log/syslog'],
  ['/usr/bin/true', 'true'],
  ['/usr/sbin/logrotate', '/usr/sbin/logrotate', '/etc/logrotate.conf'],
]

export const PROGRAM_PATHS = PROGRAMS.map(([path]) => path)

const ENVIRONMENT = [
  'SHELL=/bin/bash',
  'PWD=/srv/app',
  'LOGNAME=build',
  'HOME=/home/build',
  'LANG=en_US.UTF-8',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'XDG_RUNTIME_DIR=/run/user/1000',
  'DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus',
  ...Array.from({ length: 12 }, (_, i) => `BUILD_VARIABLE_${i}=value-${i}-of-some-forty-characters-at-least`),
]

/** Overwritten with other characters whenever the records are played again. */
const FRESH = '#new'
let fresh = 0

/** Four letters. */
function nextFresh(): number {
  fresh++
  let word = 0
  for (let rest = fresh, i = 0; i < 4; i++, rest >>>= 4) word = word * 256 + 0x61 + (rest & 15)
  return word
}

function placesOf(memory: ArrayBuffer, text: string): number[] {
  const bytes = Buffer.from(memory)
  const places: number[] = []
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) places.push(at)
  return places
}

export type Writer = (to: DataView, at: number) => number

/** Where all records are written first. */
const DRAFT = new ArrayBuffer(2 ** 21)

/** Records in frames, one after another. */
export class RecordMemory {
  readonly memory: ArrayBuffer
  readonly bytes: number
  readonly count: number
  readonly #times: Float64Array
  readonly #view: DataView
  readonly #offsets: number[] = []
  /** Where a text differs each time: see FRESH. */
  readonly #fresh: number[]

  constructor(writers: readonly Writer[]) {
    const draft = new DataView(DRAFT)
    new Uint8Array(DRAFT).fill(0)
    let at = 0
    for (const write of writers) {
      const length = write(draft, at + FRAME_BYTES)
      draft.setUint32(at, length, true)
      this.#offsets.push(at + FRAME_BYTES)
      at += FRAME_BYTES + ((length + 7) & ~7)
    }
    this.bytes = at
    this.count = writers.length
    this.memory = draft.buffer.slice(0, at)
    this.#view = new DataView(this.memory)
    this.#times = Float64Array.from(this.#offsets, (offset) => getNs(this.#view, offset + HEADER.boot_ns))
    this.#fresh = placesOf(this.memory, FRESH)
  }

  /** Everything that they tell happens so much later: a stream's time only goes forward. */
  setLater(ns: number): void {
    // Without garbage: the collector would take its time in what is measured.
    for (let i = 0; i < this.#offsets.length; i++)
      putNs(this.#view, this.#offsets[i]! + HEADER.boot_ns, this.#times[i]! + ns)
    for (const offset of this.#fresh) this.#view.setUint32(offset, nextFresh(), false)
  }
}

export function forkAndExec(count: number): RecordMemory {
  return new RecordMemory(each(count, (i) => [fork(i), exec(i)]))
}

/** Arguments that no process had before, as those of a compiler that is given one file after the other. */
export function forkAndFreshExec(count: number): RecordMemory {
  return new RecordMemory(each(count, (i) => [fork(i), freshExec(i)]))
}

export function forkOnly(count: number): RecordMemory {
  return new RecordMemory(each(count, (i) => [fork(i)]))
}

export function forkEnvironmentAndExec(count: number): RecordMemory {
  return new RecordMemory(each(count, (i) => [fork(i), environment(i), exec(i)]))
}

/** The C library of each process. */
export function modules(count: number): RecordMemory {
  return new RecordMemory(each(count, (i) => [module(i)]))
}

export function exits(count: number): RecordMemory {
  return new RecordMemory(each(count, (i) => [exit(i)]))
}

/** A row of the snapshot for each process, that of their parent first. */
export function rows(count: number): RecordMemory {
  return new RecordMemory([parentRow(), ...each(count, (i) => [image(TYPE.SNAPSHOT, i)])])
}

export function parent(): RecordMemory {
  return new RecordMemory([parentRow()])
}

export function each(count: number, of: (i: number) => Writer[]): Writer[] {
  return Array.from({ length: count }, (_, i) => of(i)).flat()
}

export function childPid(i: number): number {
  return FIRST_PID + i
}

export function childStartNs(i: number): number {
  return FIRST_START_NS + i * STEP_NS
}

function fork(i: number): Writer {
  return (to, at) => {
    putHeader(to, at, TYPE.FORK, childPid(i), 1, childStartNs(i), childStartNs(i))
    putParent(to, at, PARENT_PID, PARENT_START_NS)
    to.setUint32(at + FORK.creator_pid, PARENT_PID, true)
    to.setUint32(at + FORK.uid, 0, true)
    to.setUint32(at + FORK.resident_pages, 300 + (i % 100), true)
    return FORK.SIZE
  }
}

function exec(i: number): Writer {
  return image(TYPE.EXEC, i)
}

function freshExec(i: number): Writer {
  const [path, ...argv] = PROGRAMS[i % PROGRAMS.length]!
  return image(TYPE.EXEC, i, [path, ...argv, `src/${FRESH}.c`])
}

function exit(i: number): Writer {
  return (to, at) => {
    putHeader(to, at, TYPE.EXIT, childPid(i), 2, childStartNs(i), childStartNs(i) + 2 * STEP_NS)
    to.setInt32(at + EXIT.exit_code, (i % 8 === 5 ? 1 : 0) << 8, true)
    to.setUint32(at + EXIT.parent_pid, PARENT_PID, true)
    return EXIT.SIZE
  }
}

function module(i: number): Writer {
  const path = Buffer.from('/usr/lib/x86_64-linux-gnu/libc.so.6')
  return (to, at) => {
    putHeader(to, at, TYPE.MODULE, childPid(i), 2, childStartNs(i), childStartNs(i) + STEP_NS)
    to.setBigUint64(at + MODULE.base_address, BigInt(0x7f00_0000_0000 + (i % 16) * 0x1000), true)
    to.setBigUint64(at + MODULE.memory_size, 1_400_832n, true)
    to.setUint32(at + MODULE.path_bytes, path.length, true)
    to.setUint16(at + MODULE.path_length, path.length, true)
    return MODULE.SIZE + putBytes(to, at + MODULE.SIZE, path)
  }
}

function image(type: number, i: number, program = PROGRAMS[i % PROGRAMS.length]!): Writer {
  const [path, ...argv] = program
  return (to, at) => {
    putHeader(to, at, type, childPid(i), 2, childStartNs(i), childStartNs(i) + STEP_NS / 3)
    putParent(to, at, PARENT_PID, PARENT_START_NS)
    return putImage(to, at, path, argv, 0x5555_5555_4000 + (i % 16) * 0x1000)
  }
}

function parentRow(): Writer {
  return (to, at) => {
    putHeader(to, at, TYPE.SNAPSHOT, PARENT_PID, 1, PARENT_START_NS, PARENT_START_NS)
    putParent(to, at, 1, 0)
    return putImage(to, at, '/usr/bin/make', ['make', '-j2', 'all'], 0x5555_5555_4000)
  }
}

function environment(i: number): Writer {
  const block = Buffer.from(`${ENVIRONMENT.join('\0')}\0`)
  return (to, at) => {
    putHeader(to, at, TYPE.ENVIRONMENT, childPid(i), 2, childStartNs(i), childStartNs(i) + STEP_NS / 3)
    to.setUint32(at + BULK.offset, 0, true)
    to.setUint32(at + BULK.total, block.length, true)
    to.setUint32(at + BULK.length, block.length, true)
    return BULK.SIZE + putBytes(to, at + BULK.SIZE, block)
  }
}

function putImage(to: DataView, at: number, path: string, argv: readonly string[], base: number): number {
  const pathBytes = Buffer.from(path)
  const argvBytes = Buffer.from(`${argv.join('\0')}\0`)
  to.setBigUint64(at + IMAGE.base_address, BigInt(base), true)
  to.setUint32(at + IMAGE.uid, 0, true)
  to.setUint32(at + IMAGE.threads, 1, true)
  to.setUint32(at + IMAGE.resident_pages, 42, true)
  to.setUint32(at + IMAGE.arguments_bytes, argvBytes.length, true)
  to.setUint32(at + IMAGE.path_bytes, pathBytes.length, true)
  to.setUint16(at + IMAGE.path_length, pathBytes.length, true)
  to.setUint16(at + IMAGE.arguments_length, argvBytes.length, true)
  const length = IMAGE.SIZE + putBytes(to, at + IMAGE.SIZE, pathBytes)
  return length + putBytes(to, at + length, argvBytes)
}

export function putHeader(
  to: DataView,
  at: number,
  type: number,
  pid: number,
  execId: number,
  start: number,
  time: number,
) {
  to.setUint8(at + HEADER.type, type)
  putNs(to, at + HEADER.boot_ns, time)
  to.setUint32(at + HEADER.pid, pid, true)
  to.setUint32(at + HEADER.exec_id, execId, true)
  putNs(to, at + HEADER.start_boot_ns, start)
}

function putParent(to: DataView, at: number, pid: number, start: number): void {
  to.setUint32(at + PARENT.pid, pid, true)
  to.setUint32(at + PARENT.exec_id, 1, true)
  putNs(to, at + PARENT.start_boot_ns, start)
}

export function putBytes(to: DataView, at: number, bytes: Uint8Array): number {
  new Uint8Array(to.buffer).set(bytes, at)
  return bytes.length
}

export function putNs(to: DataView, at: number, ns: number): void {
  to.setUint32(at, ns % WORD, true)
  to.setUint32(at + 4, ns / WORD, true)
}

function getNs(from: DataView, at: number): number {
  return from.getUint32(at + 4, true) * WORD + from.getUint32(at, true)
}
