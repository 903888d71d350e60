/** All kinds of work that the decode suite times, and what is compared with what. */
import type { Work } from '../micro.js'
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

/** What each kind of record is taken to. */
export const STEPS = {
  headers: 'headers visited',
  view: 'raw view, every field',
  events: 'events in batches',
  ndjson: 'NDJSON bytes',
  stringify: 'JSON.stringify to bytes',
  encode: 'NDJSON bytes of the events alone',
  encodeRival: 'JSON.stringify of the events alone',
  parse: 'JSON.parse of its line',
} as const

export const PROCESS = 'a process, NEW and TERMINATE'
export const ECS = 'JSON.parse of its 3 kB ECS line'
export const BPFTRACE = 'JSON.parse of its three bpftrace lines'

/** What is measured in a process of its own. */
export interface Program {
  /** In groups of what is compared. */
  works(): Work[][]
  /** By how much longer its works are timed: the fewer they are, the longer they can be. */
  longer: number
}

/**
 * All kinds of records, as with a sensor that was asked for every event; and processes alone, as with one that was
 * asked for NEW_PROCESS and TERMINATE_PROCESS.
 */
export const PROGRAMS: readonly Program[] = [
  { works: () => KINDS.map(worksOf), longer: 1 },
  { works: () => [processWorks()], longer: 4 },
]

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

export function titleOf({ name, of }: Kind): string {
  return of === '' ? name : `${name} (${of})`
}
