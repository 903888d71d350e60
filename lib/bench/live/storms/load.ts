/** The loads of the suites storm and stall: what test/programs/storm.c makes, and the CPU time that it takes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stormPrograms } from '../programs.js'

export const LOADS = ['exits', 'threads', 'execs'] as const
export type Load = (typeof LOADS)[number]

export interface Made {
  workers: ReadonlySet<number>
  /** Of processes, or of threads; a number may come more than once. */
  pids: readonly number[]
  /** User and kernel, of the generator and all that it made. */
  cpuSeconds: number
}

const WORKERS = 1
const KIND = { exits: 'exit', threads: 'thread', execs: 'exec' } as const

export async function make(load: Load, count: number): Promise<Made> {
  const { storm, tiny, usage } = stormPrograms()
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-bench-'))
  try {
    const file = join(folder, 'usage')
    const counts = LOADS.map((one) => String(one === load ? count : 0))
    const lines = await output(usage, [file, storm, String(WORKERS), ...counts, tiny])
    const rows = lines.trimEnd().split('\n')
    const of = (kind: string) =>
      rows.filter((row) => row.startsWith(`${kind} `)).map((row) => Number(row.split(' ')[1]))
    const [user, system] = readFileSync(file, 'utf8').trim().split(' ').map(Number)
    return { workers: new Set(of('worker')), pids: of(KIND[load]), cpuSeconds: (user! + system!) / 1e6 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the storm ended with status ${code}`)
  return text
}
