/** One start of one contestant: warmed up, then storms that it watches, each of them a sample. */
import { type BpfFigures, type ProgramRuns, programsOf } from '../bpf.js'
import type { Contestant } from './contestants.js'
import { type Load, type Made, make, together } from './load.js'
import type { Received, Running } from './running.js'

export interface Plan {
  load: Load
  /** Operations of a storm. */
  count: number
  /** Before what is measured: a sensor runs for days, its compiler's time is no part of an event's price. */
  warmUp: number
  /** Of one start. */
  storms: number
}

export interface Sample {
  /** Of the consumer, for an operation. */
  cpuNs: number
  workloadSeconds: number
  /** Of an operation; undefined where the contestant has no ring. */
  ringBytes: number | undefined
}

/** The kernel's own account of an operation, from a storm of its own: its clock costs time, too. */
export interface KernelTime {
  /** All programs. */
  ns: number
  /** Of the CPU time of the workload, which the programs' time is part of. */
  share: number
  /** A run of the program on each tracepoint, by its name. */
  hooks: Map<string, number>
}

export interface Measured {
  samples: Sample[]
  kernel: KernelTime[]
  peakBytes: number
  received: Received
  /** How many operations were made; the plan says how many should have been. */
  made: number
}

export async function measure(one: Contestant, plan: Plan, bpf: BpfFigures): Promise<Measured> {
  const { load, warmUp, storms } = plan
  const running = await one.start(load)
  try {
    await make(load, warmUp)
    await running.settle()
    const made: Made[] = []
    const samples: Sample[] = []
    for (let i = 0; i < storms; i++) samples.push(await sample(running, plan, bpf, made))
    const kernel = await bpf.timed(() => kernelTime(running, plan, made))
    const peakBytes = running.peakBytes()
    const all = together(made)
    return { samples, kernel: [kernel], peakBytes, received: await running.end(load, all), made: all.pids.length }
  } finally {
    running.kill()
  }
}

/** CPU seconds of as many storms that nobody watches. */
export async function unwatched({ load, count, storms }: Plan): Promise<number[]> {
  const seconds: number[] = []
  for (let i = 0; i < storms; i++) seconds.push((await make(load, count)).cpuSeconds)
  return seconds
}

async function sample(running: Running, { load, count }: Plan, bpf: BpfFigures, all: Made[]): Promise<Sample> {
  const ringBefore = await bpf.ringBytes(running.pid)
  const cpuBefore = running.cpuNs()
  const made = await make(load, count)
  await running.settle()
  const cpuNs = (running.cpuNs() - cpuBefore) / count
  const ringAfter = await bpf.ringBytes(running.pid)
  all.push(made)
  const ringBytes = ringBefore === undefined ? undefined : (ringAfter! - ringBefore) / count
  return { cpuNs, workloadSeconds: made.cpuSeconds, ringBytes }
}

async function kernelTime(running: Running, { load, count }: Plan, all: Made[]): Promise<KernelTime> {
  const before = programsOf(running.pid)
  const made = await make(load, count)
  await running.settle()
  all.push(made)
  // Those that the load makes run; the others run now and then because of what else happens.
  const used = [...programsOf(running.pid)].flatMap(([id, now]): ProgramRuns[] => {
    const runs = now.runs - (before.get(id)?.runs ?? 0)
    return runs < count / 2 ? [] : [{ hook: now.hook, ns: now.ns - (before.get(id)?.ns ?? 0), runs }]
  })
  const ns = used.reduce((sum, program) => sum + (program.ns / program.runs) * Math.round(program.runs / count), 0)
  return {
    ns,
    share: (ns * count) / 1e9 / made.cpuSeconds,
    hooks: new Map(used.map(({ hook, ns, runs }) => [hook, ns / runs])),
  }
}
