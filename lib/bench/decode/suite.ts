/**
 * decode: what the way from a raw record to a consumer costs, without a kernel.
 *
 * In the manner in which records come: batches of some hundred, each thrown away when the next one
 * comes. Compared with what a consumer of other sensors has to do: JSON.parse of their lines.
 */
import { atLeast, atMost, check, type Figure, figure } from '../figure.js'
import { ratios } from '../statistics.js'
import type { Bar, Suite, SuiteOptions, SuiteResult } from '../suite.js'
import { BPFTRACE, ECS, PROCESS, STEPS, titleOf } from './compared.js'
import { type Measured, measure } from './processes.js'
import { eventsOf, KINDS } from './works.js'

const SUITE = 'decode'

export const decode: Suite = {
  name: SUITE,
  about:
    'Raw records in memory, taken to visited headers, to every field read, to documented events in batches, and to ' +
    'NDJSON bytes, in nanoseconds of CPU time (all threads) and bytes allocated, for each event. Compared with ' +
    'JSON.parse of the same events, of 3 kB ECS lines as quark-mon writes them, and of bpftrace -f json lines. All ' +
    'kinds of records go through one process, as with a sensor that is asked for every event; NEW and TERMINATE of a ' +
    'process also through one of their own. Both are started several times, since the compiler does not make the ' +
    'same of them each time.',
  async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
    const plan = quick
      ? { processes: 4, weighing: 1, rounds: 2, milliseconds: 9 }
      : { processes: 4, weighing: 4, rounds: 3, milliseconds: 100 }
    const figures = figuresOf(await measure(plan, progress))
    return {
      figures,
      skips: [],
      checks: checks(),
      plot: { title: 'decode: CPU for each event', unit: 'ns', bars: barsOf(figures) },
    }
  },
}

function figuresOf({ nanoseconds, bytes }: Measured): Figure[] {
  const of = (name: string) => nanoseconds.get(name)!
  const timed = [...nanoseconds.keys()].map((name) => timeFigure(name, of))
  const terminate = of(`TERMINATE_PROCESS: ${STEPS.ndjson}`)
  const rate = figure(
    SUITE,
    'TERMINATE_PROCESS: NDJSON events in a second of CPU',
    'events',
    terminate.map((ns) => 1e9 / ns),
    { target: atLeast(1.5e6) },
  )
  const allocated = [...bytes].map(([name, values]) => figure(SUITE, `${name}: allocated`, 'bytes', values))
  return [...timed, rate, ...allocated]
}

/** With the targets of the design, and by what it is to be compared with. */
function timeFigure(name: string, of: (name: string) => number[]): Figure {
  const [title, step] = name.split(': ') as [string, string]
  const times = of(name)
  const against = (rival: string, label: string) => ({ name: label, values: ratios(of(`${title}: ${rival}`), times) })
  if (title === PROCESS && step === STEPS.events) {
    return figure(SUITE, name, 'ns', times, {
      ratio: against(ECS, 'faster than the ECS line'),
      target: atLeast(20, 'ratio'),
    })
  }
  if (title === PROCESS && step === STEPS.ndjson) {
    return figure(SUITE, name, 'ns', times, { ratio: against(BPFTRACE, 'faster than the bpftrace lines') })
  }
  if (step === STEPS.events) {
    const ratio = against(STEPS.parse, 'faster than JSON.parse')
    if (title === 'TERMINATE_PROCESS') return figure(SUITE, name, 'ns', times, { ratio, target: atMost(450) })
    if (title === 'NEW_PROCESS (fork and exec)') return figure(SUITE, name, 'ns', times, { ratio, target: atMost(900) })
    return figure(SUITE, name, 'ns', times, { ratio })
  }
  if (step === STEPS.ndjson) {
    return figure(SUITE, name, 'ns', times, { ratio: against(STEPS.stringify, 'faster than JSON.stringify') })
  }
  if (step === STEPS.encode) {
    const target = title === 'TERMINATE_PROCESS' ? { target: atLeast(3, 'ratio') } : {}
    return figure(SUITE, name, 'ns', times, {
      ratio: against(STEPS.encodeRival, 'faster than JSON.stringify'),
      ...target,
    })
  }
  return figure(SUITE, name, 'ns', times)
}

/** Every record becomes the events that it stands for; none is left out of a figure. */
function checks() {
  return KINDS.map((kind) => check(SUITE, titleOf(kind), kind.count * kind.events, eventsOf(kind).length))
}

const PLOTTED = [
  `TERMINATE_PROCESS: ${STEPS.headers}`,
  `TERMINATE_PROCESS: ${STEPS.events}`,
  `TERMINATE_PROCESS: ${STEPS.ndjson}`,
  `TERMINATE_PROCESS: ${STEPS.stringify}`,
  `TERMINATE_PROCESS: ${STEPS.parse}`,
  `NEW_PROCESS (fork and exec): ${STEPS.headers}`,
  `NEW_PROCESS (fork and exec): ${STEPS.events}`,
  `NEW_PROCESS (fork and exec): ${STEPS.ndjson}`,
  `NEW_PROCESS (fork and exec): ${STEPS.stringify}`,
  `NEW_PROCESS (fork and exec): ${STEPS.parse}`,
  `${PROCESS}: ${STEPS.events}`,
  `${PROCESS}: ${BPFTRACE}`,
  `${PROCESS}: ${ECS}`,
]

function barsOf(figures: readonly Figure[]): Bar[] {
  return PLOTTED.map((name) => {
    const { median, spread } = figures.find((one) => one.name === name)!
    return { label: name, median, spread, isOurs: !name.includes('JSON.') }
  })
}
