/**
 * decode: what the way from a raw record to a consumer costs, without a kernel.
 *
 * In the manner in which records come: batches of some hundred, each thrown away when the next one
 * comes. Compared with what a consumer of other sensors has to do: JSON.parse of their lines.
 */
import { bytesAllocated } from '../allocation.js'
import { atLeast, atMost, check, type Figure, figure } from '../figure.js'
import { nanoseconds, type Work } from '../micro.js'
import { ratios } from '../statistics.js'
import type { Bar, Suite, SuiteOptions, SuiteResult } from '../suite.js'
import { bpftraceLines, ecsLines, readBpftrace } from './rivals.js'
import { readFields, visitHeader } from './visit.js'
import {
  COUNT,
  eventsOf,
  handOver,
  KINDS,
  type Kind,
  kindWork,
  lifeWork,
  lineWork,
  sinkWork,
  stringify,
  toBytes,
  visitWork,
} from './works.js'

const SUITE = 'decode'

/** What each kind of record is taken to. */
const STEPS = {
  headers: 'headers visited',
  view: 'raw view, every field',
  events: 'events in batches',
  ndjson: 'NDJSON bytes',
  stringify: 'JSON.stringify to bytes',
  encode: 'NDJSON bytes of the events alone',
  encodeRival: 'JSON.stringify of the events alone',
  parse: 'JSON.parse of its line',
} as const

const PROCESS = 'a process, NEW and TERMINATE'
const ECS = 'JSON.parse of its 3 kB ECS line'
const BPFTRACE = 'JSON.parse of its three bpftrace lines'

export const decode: Suite = {
  name: SUITE,
  about:
    'Raw records in memory, taken to visited headers, to every field read, to documented events in batches, and to ' +
    'NDJSON bytes, in nanoseconds of CPU time (all threads) and bytes allocated, for each event. Compared with ' +
    'JSON.parse of the same events, of 3 kB ECS lines as quark-mon writes them, and of bpftrace -f json lines.',
  async run({ quick, progress }: SuiteOptions): Promise<SuiteResult> {
    const groups = [...KINDS.map(worksOf), processWorks()]
    const works = groups.flat()
    progress(`${works.length} kinds of work`)
    const measured = await nanoseconds(
      groups,
      quick ? { rounds: 7, milliseconds: 20 } : { rounds: 12, milliseconds: 150 },
    )
    progress('allocations')
    const figures = figuresOf(works, measured)
    return {
      figures,
      skips: [],
      checks: checks(),
      plot: { title: 'decode: CPU for each event', unit: 'ns', bars: barsOf(figures) },
    }
  },
}

function processWorks(): Work[] {
  return [
    lifeWork(`${PROCESS}: ${STEPS.events}`, handOver),
    lifeWork(`${PROCESS}: ${STEPS.ndjson}`, toBytes),
    lineWork(`${PROCESS}: ${ECS}`, COUNT, ecsLines(COUNT), JSON.parse),
    lineWork(`${PROCESS}: ${BPFTRACE}`, COUNT, bpftraceLines(COUNT), readBpftrace),
  ]
}

function worksOf(kind: Kind): Work[] {
  const title = titleOf(kind)
  const lines = eventsOf(kind).map((record) => JSON.stringify(record))
  return [
    visitWork(`${title}: ${STEPS.headers}`, kind, visitHeader),
    visitWork(`${title}: ${STEPS.view}`, kind, readFields),
    kindWork(`${title}: ${STEPS.events}`, kind, handOver),
    kindWork(`${title}: ${STEPS.ndjson}`, kind, toBytes),
    kindWork(`${title}: ${STEPS.stringify}`, kind, stringify),
    sinkWork(`${title}: ${STEPS.encode}`, kind, toBytes),
    sinkWork(`${title}: ${STEPS.encodeRival}`, kind, stringify),
    lineWork(`${title}: ${STEPS.parse}`, kind.count, lines, JSON.parse),
  ]
}

function titleOf({ name, of }: Kind): string {
  return of === '' ? name : `${name} (${of})`
}

function figuresOf(works: readonly Work[], measured: Map<string, number[]>): Figure[] {
  const of = (name: string) => measured.get(name)!
  const timed = works.map(({ name }) => timeFigure(name, of))
  const terminate = of(`TERMINATE_PROCESS: ${STEPS.ndjson}`)
  const rate = figure(
    SUITE,
    'TERMINATE_PROCESS: NDJSON events in a second of CPU',
    'events',
    terminate.map((ns) => 1e9 / ns),
    { target: atLeast(1.5e6) },
  )
  const allocated = works.map((work) => figure(SUITE, `${work.name}: allocated`, 'bytes', bytesAllocated(work, 3)))
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
