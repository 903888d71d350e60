/** Where and when figures were measured. */
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

export interface Machine {
  cpu: string
  cpus: number
  memoryBytes: number
  kernel: string
  node: string
  date: string
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? process.arch,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    kernel: kernel(),
    node: process.version,
    date: new Date().toISOString(),
  }
}

function kernel(): string {
  try {
    return readFileSync('/proc/version', 'utf8').split(' ').slice(0, 3).join(' ')
  } catch {
    return `${process.platform} ${release()}`
  }
}
