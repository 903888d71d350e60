/** CPU time and memory of a process, as /proc tells it. */
import { readdirSync, readFileSync } from 'node:fs'

/** Of all its threads that live, in nanoseconds: user and kernel. */
export function cpuNs(pid: number): number {
  const folder = `/proc/${pid}/task`
  return readdirSync(folder).reduce((sum, thread) => sum + threadNs(`${folder}/${thread}/schedstat`), 0)
}

/** The most that it ever had in memory. */
export function peakBytes(pid: number): number {
  const kilobytes = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(kilobytes?.[1] ?? 0) * 1_024
}

function threadNs(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0])
  } catch {
    return 0 // Ended since.
  }
}
