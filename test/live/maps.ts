/** Where the files are that a process runs code from, as the kernel and the files themselves say. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { pageBytes } from './proc.js'

export interface Module {
  FILE_PATH: string
  BASE_ADDRESS: number
  MEMORY_SIZE: number
}

interface Line {
  start: number
  end: number
  isExecutable: boolean
  offset: number
  inode: string
  path: string
}

/** From /proc/PID/maps: the lines of each file of which one is executable, and the anonymous one behind them. */
export function modulesOf(pid: number): Module[] {
  const lines = linesOf(pid)
  return modules(lines)
    .filter((own) => own.some(({ isExecutable }) => isExecutable))
    .map((own) => {
      const { path, start, offset } = own[0]!
      const fileEnd = own.at(-1)!.end
      const behind = lines.find((line) => line.start === fileEnd && line.inode === '0' && line.path === '')
      const isWhole = behind !== undefined && offset === 0
      const end = isWhole ? Math.min(behind.end, Math.max(fileEnd, start + spanOf(path))) : fileEnd
      return { FILE_PATH: path, BASE_ADDRESS: start, MEMORY_SIZE: end - start }
    })
}

/** Lines of one file belong together as far as it reaches; a part of it may be mapped once more, elsewhere. */
function modules(lines: readonly Line[]): Line[][] {
  const groups: Line[][] = []
  for (const line of lines) {
    if (line.inode === '0') continue
    const own = groups.find(([first]) => first!.path === line.path && line.start < first!.start + reachOf(first!.path))
    if (own === undefined) groups.push([line])
    else own.push(line)
  }
  return groups
}

const ELF = Buffer.from('\x7fELF', 'latin1')

function reachOf(path: string): number {
  return startOf(path).subarray(0, 4).equals(ELF) ? spanOf(path) : Number.POSITIVE_INFINITY
}

function linesOf(pid: number): Line[] {
  const pattern = /^([0-9a-f]+)-([0-9a-f]+) (....) ([0-9a-f]+) \S+ (\d+) *(.*)$/
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => {
      const [, start, end, rights, offset, inode, path] = pattern.exec(text)!
      const isExecutable = rights!.includes('x')
      return {
        start: Number.parseInt(start!, 16),
        end: Number.parseInt(end!, 16),
        isExecutable,
        offset: Number.parseInt(offset!, 16),
        inode: inode!,
        path: path!,
      }
    })
}

const PT_LOAD = 1

/**
 * The whole pages from the first PT_LOAD to the end of the last: elf(5). An anonymous mapping of
 * somebody else's, next to .bss, is one line with it.
 */
export function spanOf(path: string): number {
  const segments = headersOf(path)
  const start = Math.floor(Math.min(...segments.map(({ address }) => address)) / pageBytes) * pageBytes
  const end = Math.max(...segments.map(({ address, bytes }) => address + bytes))
  return Math.ceil(end / pageBytes) * pageBytes - start
}

function headersOf(path: string): { address: number; bytes: number }[] {
  const head = startOf(path)
  const is64 = head[4] === 2
  const [first, size, count] = is64
    ? [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)]
    : [head.readUInt32LE(28), head.readUInt16LE(42), head.readUInt16LE(44)]
  return Array.from({ length: count }, (_, i) => head.subarray(first + i * size))
    .filter((header) => header.readUInt32LE(0) === PT_LOAD)
    .map((header) =>
      is64
        ? { address: Number(header.readBigUInt64LE(16)), bytes: Number(header.readBigUInt64LE(40)) }
        : { address: header.readUInt32LE(8), bytes: header.readUInt32LE(20) },
    )
}

function startOf(path: string): Buffer {
  const start = Buffer.alloc(4_096)
  const file = openSync(path, 'r')
  readSync(file, start)
  closeSync(file)
  return start
}
