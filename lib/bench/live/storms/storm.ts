/** storm: what a storm of short processes and threads costs those who watch it, and what they lose. */
import type { Check, Figure } from '../../figure.js'
import type { Suite, SuiteOptions, SuiteResult } from '../../suite.js'
import { needKernel } from '../able.js'
import { BpfFigures } from '../bpf.js'
import { CONTESTANTS, type Contestant } from './contestants.js'
import { Field } from './field.js'
import { CPU, checksOf, figuresOf, SUITE, TITLES, type Watched } from './figures.js'
import { LOADS, type Load } from './load.js'
import { measure, type Plan, unwatched } from './measure.js'

type Sizes = Record<Load, Pick<Plan, 'count' | 'warmUp'>>

const QUICK: Sizes = {
  exits: { count: 12_000, warmUp: 25_000 },
  threads: { count: 12_000, warmUp: 2_000 },
  execs: { count: 1_000, warmUp: 4_000 },
  acts: { count: 3_000, warmUp: 6_000 },
}
const FULL: Sizes = {
  exits: { count: 40_000, warmUp: 50_000 },
  threads: { count: 40_000, warmUp: 2_000 },
  execs: { count: 3_000, warmUp: 8_000 },
  acts: { count: 10_000, warmUp: 12_000 },
}

export const storm = stormOf(CONTESTANTS)

/** The first contestant is ours. */
export function stormOf(contestants: readonly Contestant[]): Suite {
  return {
    name: SUITE,
    about:
      'A process that makes children which end at once (vfork+exit), threads, or children that run a tiny static ' +
      'program (vfork+exec), or one that creates a pipe, opens it, and opens the memory of another process, without a sensor and with each of them: CPU time of the consumer (all of its threads) for ' +
      '100,000 operations, CPU time of the workload against that without a sensor, events that did not arrive, bytes in ' +
      'the ring, memory, and time in the kernel (bpf_stats, in storms of their own). Each rival tells only some of what ' +
      'we tell; of threads we tell nothing.',
    async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
      await needKernel()
      const field = new Field(SUITE, contestants)
      const bpf = new BpfFigures()
      const figures: Figure[] = []
      const checks: Check[] = []
      const plans = LOADS.map((load): Plan => ({ load, ...(quick ? QUICK : FULL)[load], storms: 3 }))
      for (const [plan, watched] of await allWatched(plans, quick ? 2 : 5, field, bpf, progress)) {
        const ours = watched.get(contestants[0]!)!
        // Those that came to the end.
        for (const one of field.with(plan.load)) {
          figures.push(...figuresOf(plan, one, watched.get(one)!, ours))
          checks.push(...checksOf(plan, one, watched.get(one)!))
        }
      }
      bpf.end()
      const bars = figures
        .filter(({ name }) => name.endsWith(CPU))
        .map((one) => ({
          ...one,
          label: one.name.slice(0, -CPU.length - 2),
          isOurs: one.name.includes(contestants[0]!.name),
        }))
      const plot = { title: 'storm: CPU of the consumer for 100,000 operations', unit: 's', bars }
      return { figures, skips: field.skips(), checks, plot }
    },
  }
}

/** All loads in each round: what changes slowly on the machine shows in the spread of each. */
async function allWatched(
  plans: readonly Plan[],
  starts: number,
  field: Field,
  bpf: BpfFigures,
  progress: (what: string) => void,
): Promise<Map<Plan, Map<Contestant, Watched>>> {
  const all = new Map(plans.map((plan) => [plan, new Map<Contestant, Watched>()]))
  for (let i = 0; i < starts; i++) {
    for (const [plan, watched] of all) {
      for (const one of field.with(plan.load)) {
        progress(`${TITLES[plan.load]}: ${one.name}, start ${i + 1} of ${starts}`)
        const its = watched.get(one) ?? { starts: [], alone: [] }
        watched.set(one, its)
        // Once before it and once after it, so that what changes is in nobody's favour.
        if (i % 2 === 0) its.alone.push(...(await unwatched(plan)))
        const measured = await field.attempt(one, () => measure(one, plan, bpf))
        if (measured !== undefined) its.starts.push(measured)
        if (i % 2 === 1) its.alone.push(...(await unwatched(plan)))
      }
    }
  }
  return all
}
