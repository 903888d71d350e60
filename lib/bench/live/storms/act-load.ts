/** The load that is no process: test/programs/act-often.c, pipes and the memory of another process again and again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../child.js'
import { actPrograms } from '../programs.js'
import type { Made } from './load.js'
import { ofParents, type Tally } from './tally.js'

export const ACT_EVENTS = ['NEW_NAMED_PIPE', 'OPEN_NAMED_PIPE', 'REMOTE_PROCESS_HANDLE'] as const

/** `count`: rounds, each with one of every kind. */
export async function makeActs(count: number): Promise<Made> {
  const { acts, usage } = actPrograms()
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-bench-'))
  const child = new Child(usage, [acts, count, folder])
  try {
    const rows = (await child.lines()).map((line) => line.split(' '))
    const numbers = (word: string) =>
      rows
        .find((row) => row[0] === word)!
        .slice(1)
        .map(Number)
    const [actor] = numbers('actor')
    const [user, system] = numbers('usage')
    return {
      workers: new Set([actor!]),
      pids: Array.from({ length: count }, () => actor!),
      cpuSeconds: (user! + system!) / 1e6,
    }
  } finally {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

export function actsReceived({ byParent, byPid }: Tally, { workers }: Made): number {
  const [created, opened, reached] = ACT_EVENTS
  return ofParents(byPid[created], workers) + ofParents(byPid[opened], workers) + ofParents(byParent[reached], workers)
}
