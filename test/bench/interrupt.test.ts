import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { cannotRun } from '../live/skip.js'
import { Bench, ROOT } from './run.js'

const GONE_MS = 5_000

/** Processes of this clone's benchmarks, by what they run. */
function running(): string[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
      const isOurs = ['dist/bench/live/storms', 'build/bench'].some((folder) =>
        words.some((word) => word.startsWith(join(ROOT, folder))),
      )
      return isOurs ? [words.join(' ')] : []
    } catch {
      return [] // Ended since, or no process.
    }
  })
}

/** What is left when it had time to go. */
async function leftRunning(): Promise<string[]> {
  for (let waited = 0; waited < GONE_MS && running().length > 0; waited += 100) await sleep(100)
  return running()
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGKILL', null],
] as const)(
  '%s in the middle of a stall leaves none of its processes, not even a frozen one',
  async (signal, status) => {
    const bench = new Bench('dist/bench/live/main.js', ['--suite', 'stall', '--quick'])
    const outcome = bench.outcome()
    const isFrozen = () => running().some((words) => words.includes('storm ')) && isStopped()
    for (let waited = 0; waited < 30_000 && !isFrozen() && bench.child.exitCode === null; waited += 20) await sleep(20)
    if (bench.child.exitCode === 0) cannotRun(bench.stderr)
    if (bench.child.exitCode !== null) expect.fail(`it ended early: ${bench.stderr}`)

    bench.child.kill(signal)
    expect((await outcome).status).toBe(status)
    expect(await leftRunning()).toEqual([])
  },
)

/** Whether a consumer of ours is stopped. */
function isStopped(): boolean {
  return readdirSync('/proc').some((name) => {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      return (
        words.includes(join(ROOT, 'dist/bench/live/storms')) &&
        /^State:\s+T/m.test(readFileSync(`/proc/${name}/status`, 'utf8'))
      )
    } catch {
      return false
    }
  })
}
