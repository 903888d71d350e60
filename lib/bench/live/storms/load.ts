/** The loads of the suites storm and stall: what test/programs/storm.c makes, or act-load.ts, and the CPU time that it takes. */
import { Child } from '../child.js'
import { stormPrograms } from '../programs.js'
import { makeActs } from './act-load.js'

const PROCESS_LOADS = ['exits', 'threads', 'execs'] as const
export const LOADS = [...PROCESS_LOADS, 'acts'] as const
export type Load = (typeof LOADS)[number]

export interface Made {
  workers: ReadonlySet<number>
  /** Of processes, or of threads, one for each operation; a number may come more than once. */
  pids: readonly number[]
  /** User and kernel, of the generator and all that it made. */
  cpuSeconds: number
}

const KIND = { exits: 'exit', threads: 'thread', execs: 'exec' } as const

export async function make(load: Load, count: number, workers = 1): Promise<Made> {
  if (load === 'acts') return makeActs(count)
  const { storm, tiny, usage } = stormPrograms()
  const counts = PROCESS_LOADS.map((one) => (one === load ? count : 0))
  const child = new Child(usage, [storm, workers, ...counts, tiny])
  try {
    const rows = (await child.lines()).map((line) => line.split(' '))
    const of = (kind: string) => rows.filter((row) => row[0] === kind).map((row) => Number(row[1]))
    const [, user, system] = rows.at(-1)!
    return {
      workers: new Set(of('worker')),
      pids: of(KIND[load]),
      cpuSeconds: (Number(user) + Number(system)) / 1e6,
    }
  } finally {
    child.kill()
  }
}

export function together(all: readonly Made[]): Made {
  return {
    workers: new Set(all.flatMap(({ workers }) => [...workers])),
    pids: all.flatMap(({ pids }) => pids),
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  }
}
