/** Rows of a tree as lines of a terminal. */
import type { Paint } from '../paint.js'
import { joined } from '../readable.js'
import { padded, widthOf } from '../width.js'
import type { Part } from '../words.js'
import type { Row } from './rows.js'

const PID = 7
/** How long a process counts as new. */
const NEW_MS = 3_000

export const HEADING_PID = 'PID'.padStart(PID)

export interface LineOptions {
  columns: number
  paint: Paint
  nowMs: number
}

export function headingLine({ columns, paint }: LineOptions): string {
  return paint('dim', padded(`${HEADING_PID} ${padded('USER', userColumns(columns))} PROCESS`, columns).trimEnd())
}

export function rowLine(row: Row, { columns, paint, nowMs }: LineOptions): string {
  const { node, count, hidden } = row
  const user = userColumns(columns)
  const prefix = prefixOf(row.branches, Math.floor(columns / 3))
  const hasEnded = node.endedMs !== undefined
  const isNew = !hasEnded && node.seenMs > 0 && nowMs - node.seenMs < NEW_MS
  const name = count === 1 ? node.name : `${node.isKernel ? 'kernel threads' : node.name} ×${count}`
  const style = hasEnded ? 'red' : isNew ? 'green' : 'bold'
  const parts: Part[] = [
    [name, style],
    [count === 1 ? node.arguments : '', hasEnded ? 'dim' : undefined] as Part,
    [suffixOf(row, hasEnded ? node.ending : '', hidden), hasEnded ? 'red' : 'dim'],
  ]
  const left = `${String(node.pid).padStart(PID)} ${paint('cyan', padded(node.user, user))} ${paint('dim', prefix)}`
  return `${left}${joined(parts, columns - PID - user - 2 - widthOf(prefix), paint)}`
}

function suffixOf({ node, count }: Row, ending: string, hidden: number): string {
  const words = [ending]
  if (hidden > 0) words.push(`${hidden} more below`)
  if (node.gone > 0 && count === 1) words.push(`+${node.gone} gone`)
  const said = words.filter((word) => word !== '').join(', ')
  return said === '' ? '' : `(${said})`
}

/** The innermost levels, where there is no room for all. */
function prefixOf(branches: readonly boolean[], columns: number): string {
  const shown = branches.slice(-Math.max(1, Math.floor(columns / 2)))
  const last = shown.length - 1
  const cells = shown.map((hasMore, level) => (level === last ? (hasMore ? '├─' : '└─') : hasMore ? '│ ' : '  '))
  return cells.join('')
}

function userColumns(columns: number): number {
  return columns >= 100 ? 12 : 8
}
