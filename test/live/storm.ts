/** test/programs/storm.c: many short processes and threads, and what it says of each of them. */
import { type SpawnOptions, spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { program } from './programs.js'
import { ended } from './sensor.js'
import { temporaryFolder } from './temporary.js'

export interface Storm {
  exits?: number
  threads?: number
  execs?: number
  workers?: number
  /** Arguments of the program that the execs run. */
  arguments?: readonly string[]
  /** Another copy of the storm and of the tiny program. */
  programs?: { storm: string; tiny: string }
  options?: SpawnOptions
}

export interface Lifetime {
  pid: number
  /** Milliseconds since 1970, whole: before it was made, after its end was seen. */
  from: number
  to: number
}

/** What the storm says that it made. */
export interface Made extends Lifetime {
  kind: 'worker' | 'exit' | 'thread' | 'exec'
  parent: number
}

/** So many, or fewer where KERNELWIRE_STORM_SCALE (0.1, say) tells that the machine is slow. */
export function scaled(count: number): number {
  return Math.max(1, Math.round(count * Number(process.env.KERNELWIRE_STORM_SCALE ?? 1)))
}

/** The path of the program that the execs run. */
export function tiny(): string {
  return program('tiny', ['x64', 'arm64', 'riscv64'].includes(process.arch) ? 'bare' : 'static')
}

/** Copies under a name of their own, which every user may run. */
export function copies(name: string): { storm: string; tiny: string } {
  const folder = temporaryFolder()
  const made = { storm: join(folder, name), tiny: join(folder, 'tiny') }
  copyFileSync(program('storm'), made.storm)
  copyFileSync(tiny(), made.tiny)
  return made
}

/** Resolves when all of it has ended. `generator`: the process that made the workers. */
export async function storm(storm: Storm): Promise<{ generator: Lifetime; made: Made[] }> {
  const { exits = 0, threads = 0, execs = 0, workers = 2 } = storm
  const programs = storm.programs ?? { storm: program('storm'), tiny: tiny() }
  const counts = [workers, exits, threads, execs].map(String)
  const from = Date.now()
  const child = spawn(programs.storm, [...counts, programs.tiny, ...(storm.arguments ?? [])], {
    ...storm.options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { output, code, signal } = await ended(child)
  if (code !== 0) throw new Error(`the storm ended with ${signal ?? `status ${code}`}`)
  return { generator: { pid: child.pid!, from, to: Date.now() }, made: output.trimEnd().split('\n').map(read) }
}

function read(line: string): Made {
  const [kind, pid, before, after, parent] = line.split(' ')
  return {
    kind: kind as Made['kind'],
    pid: Number(pid),
    parent: Number(parent),
    from: Math.floor(Number(before) / 1e6),
    to: Math.floor(Number(after) / 1e6),
  }
}
