/** What the kernel tells of the maps and programs that a process holds, in /proc and through bpf(2). */
import { readdirSync, readFileSync } from 'node:fs'
import { Child } from './child.js'
import { bpfFiguresProgram } from './programs.js'

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
export function sourceMapIds(pid: number | 'self'): number[] {
  return [...mapIds(pid, RINGBUF, 0), ...mapIds(pid, ARRAY, MMAPABLE)].slice(0, 3)
}

export function ringIds(pid: number): number[] {
  return mapIds(pid, RINGBUF, 0)
}

/** The programs that a process holds, and how long they ran since they were loaded while the kernel timed them. */
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

/** test/bench/programs/bpf_figures.c: what it turned on ends with it. */
export class BpfFigures {
  readonly #child = new Child(bpfFiguresProgram(), [])

  /** The kernel times every run of a program while `action` runs; that costs each run some 40 ns. */
  async timed<T>(action: () => Promise<T>): Promise<T> {
    await this.#asked('on')
    try {
      return await action()
    } finally {
      await this.#asked('off')
    }
  }

  /** All bytes that the rings of a process have ever taken; undefined where it has none. */
  async ringBytes(pid: number): Promise<number | undefined> {
    let sum: number | undefined
    for (const id of ringIds(pid)) sum = (sum ?? 0) + Number(await this.#asked(`ring ${id}`))
    return sum
  }

  end(): void {
    this.#child.end()
  }

  #asked(line: string): Promise<string> {
    this.#child.say(line)
    return this.#child.line()
  }
}

function mapIds(pid: number | 'self', type: number, flags: number): number[] {
  const maps = descriptors(pid).filter(
    ({ map_id, map_type, map_flags }) =>
      map_id !== undefined && Number(map_type) === type && Number(map_flags) === flags,
  )
  return [...new Set(maps.map(({ map_id }) => Number(map_id)))]
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
