/** One event, one line that a person can read, as wide as the terminal and no wider. */
import type { EventRecord } from '../events/index.js'
import type { Paint } from './paint.js'
import { SeenProcesses } from './seen.js'
import { visible } from './visible.js'
import { fitted, fittedEnd, padded, widthOf } from './width.js'
import { KINDS, type Part, wordsOf } from './words.js'

/** From here on there is room for milliseconds and long user names. */
const WIDE = 100
/** Where nobody says how wide a line may be. */
const COLUMNS_DEFAULT = 200
const COLUMNS_MIN = 40

const LABEL = 6
const PID = 7

export class ReadableLines {
  readonly #columns: () => number | undefined
  readonly #paint: Paint
  readonly #seen = new SeenProcesses()

  /** `columns` is asked for each line: a window changes its size. */
  constructor(columns: () => number | undefined, paint: Paint) {
    this.#columns = columns
    this.#paint = paint
  }

  format(record: EventRecord): string {
    const { routing } = record
    const kind = KINDS[routing.event_type]
    this.#seen.add(record)
    const actor = this.#seen.of(routing.parent)
    const { pid, user, parts } = wordsOf(record, actor)
    if (routing.event_type === 'TERMINATE_PROCESS' && actor !== undefined) this.#seen.delete(actor)

    const columns = Math.max(COLUMNS_MIN, this.#columns() ?? COLUMNS_DEFAULT)
    const isWide = columns >= WIDE
    const paint = this.#paint
    const left = [
      paint('dim', clock(routing.event_time, isWide)),
      paint(kind.style, kind.label.padEnd(LABEL)),
      String(pid ?? '').padStart(PID),
      paint('cyan', padded(user, isWide ? 12 : 8)),
    ]
    const used = (isWide ? 12 : 8) * 2 + LABEL + PID + left.length
    return `${left.join(' ')} ${joined(parts, columns - used, paint)}`.trimEnd()
  }
}

/**
 * Parts one behind the other, in at most `columns`. What comes last (who started it, how it ended)
 * keeps its place, as long as it leaves half to what comes before it.
 */
export function joined(parts: readonly Part[], columns: number, paint: Paint): string {
  const filled = parts.filter(([text]) => text !== '').map(shown)
  const last = filled.at(-1)
  const reserved = last === undefined || filled.length < 2 ? 0 : widthOf(last[0]) + 1
  const keepsLast = reserved > 0 && reserved <= columns / 2
  let left = keepsLast ? columns - reserved : columns
  const texts: string[] = []
  const body = keepsLast ? filled.slice(0, -1) : filled
  for (const [text, style, kept] of body) {
    const room = body.length > 1 ? Math.floor((left * 2) / 3) : left
    const cut = kept === 'end' && widthOf(text) > left ? fittedEnd(text, room) : fitted(text, left)
    if (cut === '') break
    texts.push(style === undefined ? cut : paint(style, cut))
    left -= widthOf(cut) + 1
  }
  if (keepsLast && last !== undefined) texts.push(last[1] === undefined ? last[0] : paint(last[1], last[0]))
  return texts.join(' ')
}

/** Here, so that no part can be forgotten; what was escaped before stays as it is. */
function shown([text, ...how]: Part): Part {
  return [visible(text), ...how]
}

/** The time of day where the reader is. */
function clock(ms: number, withMilliseconds: boolean): string {
  const time = new Date(ms)
  const hours = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0'))
  return withMilliseconds ? `${hours.join(':')}.${String(time.getMilliseconds()).padStart(3, '0')}` : hours.join(':')
}
