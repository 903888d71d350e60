/** What was found in a recording of Windows events so far, and what made no sense in it. */
import { ARCHIVE_DEFECTS, type ArchiveDefect } from './archive/defects.js'

/** native/etl/defects.h, in the same order, each with what it means. */
const FILE_DEFECTS = {
  bufferHeader: 'buffers whose header makes no sense: the next one was looked for',
  bufferSize: 'buffers with a wrong size: read up to where the next one begins',
  bufferEnd: 'buffers that say wrongly where their events end',
  bufferCut: 'buffers that the end of the file cuts',
  bufferZero: 'buffers that are zeros',
  bufferMissing: 'buffers that the session wrote and the file does not have',
  bufferRepeated: 'buffers that are there again: left out',
  compression: 'buffers compressed in a way that is not supported (only XPRESS is)',
  compressedData: 'buffers whose compressed data are broken: read as far as they go',
  expansion: 'compressed buffers that grow beyond all measure: left out',
  eventHeader: 'events without a known header: the rest of their buffers is left out',
  eventSize: 'events of an impossible size: the rest of their buffers is left out',
  eventGap: 'buffers with nothing where events must be: their rest is left out',
  eventTime: 'events of no time that makes sense: left out',
  extendedItems: 'events whose extended items leave them: left out',
  memory: 'buffers of more CPUs at a time than memory is set aside for: their events are not in order',
} as const

export const DEFECTS = { ...FILE_DEFECTS, ...ARCHIVE_DEFECTS }

export type Defect = keyof typeof DEFECTS

/** The order in which native/etl/face.cc gives them. */
const TOTALS = [
  'bytesRead',
  'buffers',
  'events',
  'messages',
  'skipped',
  'delivered',
  'late',
  'buffersAfterEventLoss',
  'buffersAfterBufferLoss',
  'skippedBytes',
  'unwrittenBytes',
  'overwrittenBuffers',
  'eventsOfMoreKinds',
  'readError',
] as const

export interface EtlTotals extends Record<(typeof TOTALS)[number], number> {
  /** How far the file has been walked. */
  bytesRead: number
  buffers: number
  /** With a header that names them. */
  events: number
  /** Of WPP: only the symbols of their program could say what they mean. */
  messages: number
  /** Of kinds that name no event. */
  skipped: number
  /** As records. */
  delivered: number
  /** Of those: behind one with a later time. */
  late: number
  /** That say that events, or buffers, were lost before them. */
  buffersAfterEventLoss: number
  buffersAfterBufferLoss: number
  /** Of buffers, behind something that makes no sense. */
  skippedBytes: number
  /** Space that the session reserved and never wrote. */
  unwrittenBytes: number
  /** Of a circular file: its oldest ones, by newer ones. */
  overwrittenBuffers: number
  /** When counting: of kinds beyond the first 65,536. */
  eventsOfMoreKinds: number
  /** The system's number of an error while reading; 0: none. */
  readError: number
  /** Only those that were found. */
  defects: Partial<Record<Defect, number>>
}

export function readTotals(values: Float64Array): EtlTotals {
  const totals = Object.fromEntries(TOTALS.map((name, index) => [name, values[index]!]))
  const counts = Object.keys(FILE_DEFECTS).map((name, index) => [name, values[TOTALS.length + index]!] as const)
  return { ...totals, defects: Object.fromEntries(counts.filter(([, count]) => count > 0)) } as EtlTotals
}

/** Each of these buffers lacks events, or is not there at all. */
const LACKING: readonly Defect[] = [
  'bufferHeader',
  'bufferCut',
  'bufferZero',
  'bufferMissing',
  'compression',
  'compressedData',
  'expansion',
  'eventHeader',
  'eventSize',
  'eventGap',
]
/** Each of these events was left out. */
const LEFT_OUT: readonly Defect[] = ['eventTime', 'extendedItems']

/** What the file once had, or should have: beside what the session lost when it wrote it. */
export interface Damage {
  isDamaged: boolean
  /** That lack events, how many of them nobody can tell. */
  buffers: number
  /** Beside those in these buffers. */
  events: number
  /** Known to be skipped. */
  bytes: number
  /** That the file is packed in, or is, and that are damaged: what of it lacks is among the others. */
  archives: number
}

export function damageOf({ defects, skippedBytes, readError }: EtlTotals): Damage {
  const sum = (names: readonly Defect[]) => names.reduce((total, name) => total + (defects[name] ?? 0), 0)
  const [buffers, events] = [sum(LACKING), sum(LEFT_OUT)]
  const archives = sum(Object.keys(ARCHIVE_DEFECTS) as ArchiveDefect[])
  const isDamaged = buffers + events + archives > 0 || readError !== 0
  return { isDamaged, buffers, events, bytes: skippedBytes, archives }
}
