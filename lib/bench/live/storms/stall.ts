/** stall: the consumer stands still during four seconds of a storm. */
import { performance } from 'node:perf_hooks'
import { atMost, type Check, check, type Figure, figure, type Skip } from '../../figure.js'
import type { Suite, SuiteOptions, SuiteResult } from '../../suite.js'
import { withStatistics } from '../bpf.js'
import { OURS, RIVALS } from './contestants.js'
import { type Made, make } from './load.js'

const SUITE = 'stall'
const STALL_MS = 4_000
const CHUNK = 4_000
const CONTESTANTS = [OURS, ...RIVALS].filter(({ loads }) => loads.includes('exits'))

export const stall: Suite = {
  name: SUITE,
  about:
    'The consumer is frozen (SIGSTOP) for 4 s of vfork+exit, then goes on: what arrived of what was made, and what the ' +
    'sensor itself says it lost, on the whole machine. Everyone has the buffer that it has by default. We report in ' +
    'the stream (LOSS_ACCOUNTING) and in stats(); exitsnoop writes to stderr; bpftrace writes lost_events lines.',
  async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
    const figures: Figure[] = []
    const checks: Check[] = []
    const skips: Skip[] = []
    for (const contestant of CONTESTANTS) {
      const reason = contestant.missing()
      if (reason !== undefined) {
        skips.push({ suite: SUITE, name: contestant.name, reason })
        continue
      }
      const loss: number[] = []
      const told: number[] = []
      const made: number[] = []
      for (let round = 0; round < (quick ? 1 : 5); round++) {
        progress(`${contestant.name}, round ${round + 1}`)
        const running = await contestant.start('exits')
        try {
          const all = await withStatistics(false, async () => {
            await running.settle()
            running.freeze()
            const all = await makeForAWhile()
            running.thaw()
            await running.settle()
            return all
          })
          const { expected, received, lost } = await running.end('exits', all)
          made.push(all.pids.length)
          told.push(lost)
          loss.push((100 * (expected - received)) / expected)
          if (contestant.isOurs) {
            const settled = received + Math.min(lost, expected - received)
            checks.push(check(SUITE, `round ${round + 1}: events, with those told as lost`, expected, settled))
          }
        } finally {
          running.kill()
        }
      }
      figures.push(
        figure(SUITE, `${contestant.name}: loss`, '%', loss, contestant.isOurs ? { target: atMost(0) } : {}),
        figure(SUITE, `${contestant.name}: told as lost`, 'events', told),
        figure(SUITE, `${contestant.name}: processes made meanwhile`, 'processes', made),
      )
    }
    const bars = figures
      .filter(({ name }) => name.endsWith(': loss'))
      .map(({ name, median, spread }) => ({ label: name, median, spread, isOurs: name.startsWith(OURS.name) }))
    return { figures, skips, checks, plot: { title: 'stall: events lost in 4 s', unit: '%', bars } }
  },
}

async function makeForAWhile(): Promise<Made> {
  const workers = new Set<number>()
  const pids: number[] = []
  let cpuSeconds = 0
  const end = performance.now() + STALL_MS
  do {
    const made = await make('exits', CHUNK)
    for (const worker of made.workers) workers.add(worker)
    for (const pid of made.pids) pids.push(pid)
    cpuSeconds += made.cpuSeconds
  } while (performance.now() < end)
  return { workers, pids, cpuSeconds }
}
