/** What the starts of a contestant come to. */
import { atMost, type Check, check, type Figure, figure, type Target } from '../../figure.js'
import { ratios } from '../../statistics.js'
import type { Contestant } from './contestants.js'
import type { Load } from './load.js'
import type { Measured, Plan, Sample } from './measure.js'

export const SUITE = 'storm'
export const TITLES: Record<Load, string> = {
  exits: 'vfork+exit',
  threads: 'threads',
  execs: 'vfork+exec',
  acts: 'pipes and memory',
}
export const CPU = 'CPU for 100,000'

/** Of all starts, one after the other. */
export interface Watched {
  starts: Measured[]
  /** CPU seconds of the same storms without a sensor, each measured beside its sample. */
  alone: number[]
}

/** `ours`: what the same load cost us. */
export function figuresOf({ load }: Plan, one: Contestant, { starts, alone }: Watched, ours: Watched): Figure[] {
  const samples = samplesOf(starts)
  const make = (name: string, unit: string, values: readonly number[], parts = {}) =>
    figure(SUITE, `${TITLES[load]}: ${one.name}: ${name}`, unit, values, parts)
  const limit = (value: number, of?: Target['of']) => (one.isOurs ? { target: atMost(value, of) } : {})

  const cpu = samples.map(({ cpuNs }) => cpuNs * 1e-4)
  const workload = samples.map(({ workloadSeconds }) => workloadSeconds)
  const ring = samples.flatMap(({ ringBytes }) => ringBytes ?? [])
  const kernel = starts.flatMap((start) => start.kernel)
  // Of threads we tell nothing: what that costs is nothing to compare with.
  const rivalry =
    one.isOurs || load === 'threads'
      ? {}
      : {
          ratio: {
            name: 'kernelwire',
            values: ratios(
              cpu,
              samplesOf(ours.starts).map(({ cpuNs }) => cpuNs * 1e-4),
            ),
          },
        }
  return [
    make(CPU, 's', cpu, { ...rivalry, ...(load === 'exits' ? limit(0.4) : {}) }),
    make('CPU of the workload', 's', workload, {
      ratio: { name: 'without a sensor', values: ratios(workload, alone) },
      ...(load === 'exits' || load === 'threads' ? limit(1.05, 'ratio') : {}),
    }),
    ...(starts.every(({ received }) => received.expected === 0)
      ? []
      : [
          make(
            'loss',
            '%',
            starts.map(({ received }) => lossOf(received)),
            limit(0),
          ),
        ]),
    make(
      'peak RSS',
      'MB',
      starts.map(({ peakBytes }) => peakBytes / 1e6),
    ),
    make(
      'kernel, an operation',
      'ns',
      kernel.map(({ ns }) => ns),
      load === 'exits' ? limit(1_400) : {},
    ),
    make(
      "kernel, of the workload's CPU",
      '%',
      kernel.map(({ share }) => 100 * share),
      load === 'exits' || load === 'threads' ? limit(3) : {},
    ),
    ...(one.isOurs ? hookFigures(kernel, load, make) : []),
    ...(ring.length === 0 || load === 'threads'
      ? []
      : [make('ring, an operation', 'bytes', ring, load === 'exits' ? limit(160) : {})]),
  ]
}

function hookFigures(
  kernel: Measured['kernel'],
  load: Load,
  make: (name: string, unit: string, values: readonly number[], parts?: object) => Figure,
): Figure[] {
  const hooks = [...new Set(kernel.flatMap((one) => [...one.hooks.keys()]))]
  return hooks.map((hook) => {
    const values = kernel.flatMap((one) => one.hooks.get(hook) ?? [])
    const target = targetOf(hook, load)
    return make(`${hook}, a run`, 'ns', values, target === undefined ? {} : { target })
  })
}

function targetOf(hook: string, load: Load): Target | undefined {
  if (load === 'exits') return atMost(700)
  return load === 'execs' && hook === 'sched_process_exec' ? atMost(8_000) : undefined
}

/** Ours lost nothing that it did not tell; of a rival, that what it told can be at all. */
export function checksOf({ load, count, storms }: Plan, one: Contestant, { starts }: Watched): Check[] {
  return starts.flatMap(({ received: { expected, received, lost }, made }, i) => {
    const name = `${TITLES[load]}: ${one.name}, start ${i + 1}`
    const told = one.isOurs ? received + Math.min(lost, Math.max(0, expected - received)) : expected
    return [
      check(SUITE, `${name}: operations`, count * (storms + 1), made),
      check(SUITE, `${name}: events, with those told as lost`, expected, told),
      ...(received > expected ? [check(SUITE, `${name}: events twice`, expected, received)] : []),
      ...(expected > 0 && received === 0 ? [check(SUITE, `${name}: any event`, expected, received)] : []),
    ]
  })
}

export function lossOf({ expected, received }: Measured['received']): number {
  return (100 * (expected - received)) / expected
}

function samplesOf(starts: readonly Measured[]): Sample[] {
  return starts.flatMap(({ samples }) => samples)
}
