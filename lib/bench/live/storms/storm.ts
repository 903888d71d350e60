/** storm: what a storm of short processes and threads costs those who watch it, and what they lose. */
import { atMost, type Check, check, type Figure, figure, type Skip } from '../../figure.js'
import { ratios } from '../../statistics.js'
import type { Bar, Suite, SuiteOptions, SuiteResult } from '../../suite.js'
import { programsOf, withStatistics } from '../bpf.js'
import { type Contestant, OURS, RIVALS } from './contestants.js'
import { LOADS, type Load, make } from './load.js'

const SUITE = 'storm'
const TITLES: Record<Load, string> = { exits: 'vfork+exit', threads: 'threads', execs: 'vfork+exec' }
const QUICK: Record<Load, number> = { exits: 10_000, threads: 10_000, execs: 200 }
/** Before what is measured: a sensor runs for days, its compiler's time is not part of an event's price. */
const WARM_UP: Record<Load, number> = { exits: 10_000, threads: 2_000, execs: 200 }
const FULL: Record<Load, number> = { exits: 20_000, threads: 20_000, execs: 1_000 }

export const storm: Suite = {
  name: SUITE,
  about:
    'A process that makes children which end at once (vfork+exit), threads, or children that run a tiny static ' +
    'program (vfork+exec), without a sensor and with each of them: CPU time of the consumer (all of its threads) for ' +
    '100,000 operations, CPU time of the workload against that without a sensor, events that did not arrive, time in ' +
    'the kernel (bpf_stats, a run of its own), and memory. A rival tells only some of what the others tell.',
  async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
    const present = RIVALS.filter((one) => one.missing() === undefined)
    const skips = RIVALS.flatMap((one): Skip[] => {
      const reason = one.missing()
      return reason === undefined ? [] : [{ suite: SUITE, name: one.name, reason }]
    })
    const figures: Figure[] = []
    const checks: Check[] = []
    for (const load of LOADS) {
      const count = (quick ? QUICK : FULL)[load]
      const contestants = [OURS, ...present].filter(({ loads }) => loads.includes(load))
      figures.push(...(await inPairs(load, count, quick ? 2 : 15, contestants, checks, progress)))
      progress(`${TITLES[load]}: time in the kernel`)
      for (const one of quick ? [OURS] : contestants) figures.push(...(await inKernel(load, count, one)))
    }
    return {
      figures,
      skips,
      checks,
      plot: { title: 'storm: CPU of the consumer for 100,000 operations', unit: 's', bars: barsOf(figures) },
    }
  },
}

const CPU = 'CPU for 100,000'

function barsOf(figures: readonly Figure[]): Bar[] {
  return figures
    .filter(({ name }) => name.endsWith(CPU))
    .map(({ name, median, spread }) => ({ label: name, median, spread, isOurs: name.includes(OURS.name) }))
}

interface Rounds {
  cpuSeconds: number[]
  workload: number[]
  loss: number[]
  peakMegabytes: number[]
}

async function inPairs(
  load: Load,
  count: number,
  pairs: number,
  contestants: readonly Contestant[],
  checks: Check[],
  progress: (what: string) => void,
): Promise<Figure[]> {
  const alone: number[] = []
  const rounds = new Map<Contestant, Rounds>(
    contestants.map((one) => [one, { cpuSeconds: [], workload: [], loss: [], peakMegabytes: [] }]),
  )
  await withStatistics(false, async () => {
    for (let pair = 0; pair < pairs; pair++) {
      progress(`${TITLES[load]}, round ${pair + 1} of ${pairs}`)
      const without = async () => void alone.push((await make(load, count)).cpuSeconds)
      if (pair % 2 === 0) await without()
      for (const one of pair % 2 === 0 ? contestants : [...contestants].reverse()) {
        await watched(load, count, one, rounds.get(one)!, checks, pair)
      }
      if (pair % 2 === 1) await without()
    }
  })
  return contestants.flatMap((one) => figuresOf(load, one, rounds.get(one)!, alone, rounds.get(OURS)!))
}

async function watched(
  load: Load,
  count: number,
  contestant: Contestant,
  rounds: Rounds,
  checks: Check[],
  pair: number,
): Promise<void> {
  const running = await contestant.start(load)
  try {
    await make(load, WARM_UP[load])
    await running.settle()
    const before = running.cpuNs()
    const made = await make(load, count)
    await running.settle()
    rounds.cpuSeconds.push(((running.cpuNs() - before) / 1e9 / count) * 1e5)
    rounds.workload.push(made.cpuSeconds)
    rounds.peakMegabytes.push(running.peakBytes() / 1e6)
    const { expected, received, lost } = await running.end(load, made)
    rounds.loss.push(expected === 0 ? 0 : (100 * (expected - received)) / expected)
    if (!contestant.isOurs) return
    const name = `${TITLES[load]}, round ${pair + 1}`
    checks.push(check(SUITE, `${name}: made`, count, made.pids.length))
    checks.push(check(SUITE, `${name}: events`, expected, received + Math.min(lost, expected - received)))
  } finally {
    running.kill()
  }
}

function figuresOf(load: Load, one: Contestant, rounds: Rounds, alone: readonly number[], ours: Rounds): Figure[] {
  const title = `${TITLES[load]}: ${one.name}`
  const isTargeted = one.isOurs && load !== 'execs'
  const rival = { ratio: { name: OURS.name, values: ratios(rounds.cpuSeconds, ours.cpuSeconds) } }
  const workload = { ratio: { name: 'without a sensor', values: ratios(rounds.workload, alone) } }
  return [
    figure(SUITE, `${title}: ${CPU}`, 's', rounds.cpuSeconds, {
      ...(one.isOurs ? {} : rival),
      ...(one.isOurs && load === 'exits' ? { target: atMost(0.4) } : {}),
    }),
    figure(SUITE, `${title}: CPU of the workload`, 's', rounds.workload, {
      ...workload,
      ...(isTargeted ? { target: atMost(1.05, 'ratio') } : {}),
    }),
    figure(SUITE, `${title}: loss`, '%', rounds.loss, one.isOurs ? { target: atMost(0) } : {}),
    figure(SUITE, `${title}: peak RSS`, 'MB', rounds.peakMegabytes),
  ]
}

/** A run of its own, since the kernel's clock is part of it. */
async function inKernel(load: Load, count: number, contestant: Contestant): Promise<Figure[]> {
  return withStatistics(true, async () => {
    const running = await contestant.start(load, { bytes: true })
    try {
      await running.settle()
      const before = programsOf(running.pid)
      const made = await make(load, count)
      await running.settle()
      const after = programsOf(running.pid)
      const { bytes, read } = await running.end(load, made)
      const title = `${TITLES[load]}: ${contestant.name}`
      const used = [...after].flatMap(([id, { hook, ns, runs }]) => {
        const since = runs - (before.get(id)?.runs ?? 0)
        return since < count / 2 ? [] : [{ hook, ns: ns - (before.get(id)?.ns ?? 0), runs: since }]
      })
      const total = used.reduce((sum, { ns, runs }) => sum + (ns / runs) * Math.max(1, Math.round(runs / count)), 0)
      const figures = [
        figure(SUITE, `${title}: kernel, an operation`, 'ns', [total], contestant.isOurs ? kernelTarget(load) : {}),
      ]
      if (!contestant.isOurs) return figures
      const share = (100 * (total / 1e9) * count) / made.cpuSeconds
      figures.push(
        figure(
          SUITE,
          `${title}: kernel, of the workload's CPU`,
          '%',
          [share],
          load === 'execs' ? {} : { target: atMost(3) },
        ),
      )
      for (const { hook, ns, runs } of used) {
        const limit = hook === 'sched_process_exec' ? 8_000 : 700
        figures.push(figure(SUITE, `${title}: ${hook}, a run`, 'ns', [ns / runs], { target: atMost(limit) }))
      }
      // The mean of all records, of which this load makes two or three for an operation.
      if (load !== 'threads' && read !== undefined) {
        const each = (bytes / read) * (load === 'execs' ? 3 : 2)
        figures.push(
          figure(
            SUITE,
            `${title}: ring, an operation`,
            'bytes',
            [each],
            load === 'exits' ? { target: atMost(160) } : {},
          ),
        )
      }
      return figures
    } finally {
      running.kill()
    }
  })
}

function kernelTarget(load: Load) {
  return load === 'exits' ? { target: atMost(1_400) } : {}
}
