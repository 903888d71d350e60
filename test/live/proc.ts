/** What the kernel itself says of a process, read the other way: proc(5). */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** sysconf(_SC_CLK_TCK): the unit of times in /proc, 100 on every architecture that Node runs on. */
export const TICK_MS = 10

export const pageBytes = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }))

/** The fields of /proc/PID/stat behind the name, numbered as in proc(5). */
function stat(pid: number): (field: number) => string {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (field) => fields[field - 3]!
}

export interface Status {
  parentPid: number
  isZombie: boolean
  isKernelThread: boolean
  /** Since boot. */
  startTicks: number
  /** Since 1970, to a tick. */
  startMs: number
}

/** Undefined when there is no such process any more. */
export function statusOf(pid: number): Status | undefined {
  try {
    const field = stat(pid)
    return {
      parentPid: Number(field(4)),
      isZombie: field(3) === 'Z',
      // PF_KTHREAD
      isKernelThread: (Number(field(9)) & 0x00200000) !== 0,
      startTicks: Number(field(22)),
      startMs: bootMs() + Number(field(22)) * TICK_MS,
    }
  } catch {
    return undefined
  }
}

/** When the machine was started, by the wall clock as it is now. */
function bootMs(): number {
  const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1_000
  return Date.now() - uptimeMs
}

/** A line of /proc/PID/status, its words. */
export function statusLine(pid: number, name: string): string[] {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const line = text.split('\n').find((line) => line.startsWith(`${name}:`))
  return (
    line
      ?.slice(name.length + 1)
      .trim()
      .split(/\s+/) ?? []
  )
}

/** The lowest address at which the program's own file is mapped. */
export function baseAddress(pid: number): number {
  const file = readlinkSync(`/proc/${pid}/exe`)
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')
  const first = maps.find((line) => line.endsWith(` ${file}`))
  return Number.parseInt(first!, 16)
}

/** The inode number of a namespace, by its name in /proc/PID/ns. */
export function namespaceOf(pid: number, name: string): number {
  return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/${name}`))![0])
}

export function argumentsOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').split('\0')
}

/** Of version 2, or where that has only its root, of version 1's pids controller. */
export function cgroupOf(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
  const path = (is: (controllers: string) => boolean) =>
    lines.map((line) => /^\d+:(.*?):(.*)$/.exec(line)!).find((parts) => is(parts[1]!))?.[2]
  const unified = path((controllers) => controllers === '') ?? '/'
  return unified === '/' ? (path((controllers) => controllers.split(',').includes('pids')) ?? '/') : unified
}

/** /proc/PID/loginuid or sessionid; undefined when it is not set. */
export function auditId(pid: number, name: 'loginuid' | 'sessionid'): number | undefined {
  const id = Number(readFileSync(`/proc/${pid}/${name}`, 'utf8'))
  return id === 0xffffffff ? undefined : id
}

/** Every process that can be seen. */
export function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}
