/** A process as a line of a table. */
import type { EventOf } from '../events/index.js'
import type { Paint } from './paint.js'
import { programOf } from './program.js'
import { joined } from './readable.js'
import { userOf } from './seen.js'
import { padded, widthOf } from './width.js'
import { span } from './words.js'

export interface LineOptions {
  columns: number
  paint: Paint
  nowMs: number
}

type Process = EventOf<'EXISTING_PROCESS'>['event']

/** A column of numbers is aligned to the right. */
interface Column {
  title: string
  width: number
  text(process: Process, nowMs: number): string
}

const PID: Column = { title: 'PID', width: 7, text: (process) => String(process.PROCESS_ID) }
const PARENT: Column = { title: 'PARENT', width: 7, text: (process) => String(process.PARENT_PROCESS_ID) }
const AGE: Column = {
  title: 'AGE',
  width: 7,
  text: (process, nowMs) => (process.CREATION_TIME === undefined ? '' : span(nowMs - process.CREATION_TIME)),
}
const MEMORY: Column = {
  title: 'MEMORY',
  width: 9,
  text: ({ MEMORY_USAGE }) => (MEMORY_USAGE === undefined ? '' : `${(MEMORY_USAGE / 2 ** 20).toFixed(1)} MiB`),
}
const THREADS: Column = { title: 'THR', width: 4, text: ({ THREADS }) => String(THREADS ?? '') }

export function processHeading({ columns, paint }: LineOptions): string {
  const titles = columnsFor(columns).map(({ title, width }) => title.padStart(width))
  return paint('dim', [...titles, padded('USER', userColumns(columns)), 'PROCESS'].join(' '))
}

export function processLine(process: Process, { columns, paint, nowMs }: LineOptions): string {
  const shown = columnsFor(columns)
  const cells = shown.map(({ width, text }) => text(process, nowMs).padStart(width))
  const user = padded(userOf(process), userColumns(columns))
  const used = widthOf([...cells, user].join(' ')) + 1
  const program = programOf(process)
  const text = joined([[program.path, 'bold', 'end'], [program.arguments]], columns - used, paint)
  return [...cells, paint('cyan', user), text].join(' ')
}

function columnsFor(columns: number): Column[] {
  return columns >= 100 ? [PID, PARENT, AGE, MEMORY, THREADS] : [PID, PARENT, AGE]
}

function userColumns(columns: number): number {
  return columns >= 100 ? 12 : 8
}
