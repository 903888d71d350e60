/** What the kernel tells of BPF objects, in /proc: of the maps and programs that a process holds. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const STATISTICS = '/proc/sys/kernel/bpf_stats_enabled'

/** include/uapi/linux/bpf.h, enum bpf_map_type. */
const RINGBUF = 27
const ARRAY = 2
const MMAPABLE = 0x400

export interface ProgramRuns {
  /** Of the tracepoint that it hangs on, where it hangs on a raw one; else empty. */
  hook: string
  ns: number
  runs: number
}

/** Ring, counters and control: a source makes them in this order (native/linux/ebpf_source.cc). */
export function mapIds(pid: number | 'self'): number[] {
  const maps = descriptors(pid).filter(({ map_id }) => map_id !== undefined)
  const ids = (type: number, flags: number) =>
    maps
      .filter((map) => Number(map.map_type) === type && Number(map.map_flags) === flags)
      .map(({ map_id }) => Number(map_id))
  return [...new Set([...ids(RINGBUF, 0), ...ids(ARRAY, MMAPABLE)])].slice(0, 3)
}

/** The programs that a process holds, and how long they ran since they were loaded while statistics were on. */
export function programsOf(pid: number): Map<number, ProgramRuns> {
  const programs = new Map<number, ProgramRuns>()
  const all = descriptors(pid)
  for (const { prog_id, run_time_ns, run_cnt } of all) {
    if (run_time_ns !== undefined)
      programs.set(Number(prog_id), { hook: '', ns: Number(run_time_ns), runs: Number(run_cnt) })
  }
  for (const { prog_id, tp_name } of all) {
    const program = programs.get(Number(prog_id))
    if (tp_name !== undefined && program !== undefined) program.hook = tp_name
  }
  return programs
}

/** The kernel times every run of a program while `action` runs; that costs each run some 40 ns. */
export async function withStatistics<T>(isOn: boolean, action: () => Promise<T>): Promise<T> {
  const before = readFileSync(STATISTICS, 'utf8')
  writeFileSync(STATISTICS, isOn ? '1' : '0')
  try {
    return await action()
  } finally {
    writeFileSync(STATISTICS, before)
  }
}

function descriptors(pid: number | 'self'): Record<string, string>[] {
  const folder = `/proc/${pid}/fdinfo`
  return readdirSync(folder).flatMap((name) => {
    try {
      const lines = readFileSync(`${folder}/${name}`, 'utf8').trim().split('\n')
      return [Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]))]
    } catch {
      return [] // Closed since.
    }
  })
}
