/** A .kwr recording on the command line: the events that the sensor delivered. */
import { KernelwireError } from '../errors.js'
import { EVENT_NAMES, type EventName } from '../events/index.js'
import { requireEvent } from '../options.js'
import { type Paint, paintFor } from '../output/paint.js'
import type { Selection } from '../recording/selection.js'
import { openRecording, type Recording } from '../recording.js'
import { columns, formatName, refuseClashes, refuseOthers } from './replay-modes.js'
import { Tally } from './tally.js'
import type { Terminal } from './terminal.js'
import { parseCount, parseEvents, parsePid, parseTime } from './values.js'
import { type ViewName, viewName, viewOf } from './view.js'

interface Request extends Selection {
  events: readonly EventName[] | undefined
  /** Whether these are meant as far as the recording has them. */
  isOfAll: boolean
  speed: number | undefined
  follow: boolean
  count: number
  view: ViewName
  paint: Paint
}

export interface KwrValues {
  events?: string
  pid?: string
  since?: string
  until?: string
  count?: string
  speed?: string
  follow?: boolean
  json?: boolean
  lines?: boolean
  color?: string
  format?: string
}

/** `paths`: the parts of one recording, in any order. Returns whether it is damaged. */
export async function replayKwr(
  paths: readonly string[],
  values: KwrValues,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  refuseOthers('kwr', values, paths[0]!)
  return print(paths, requestOf(values, terminal), terminal, signal)
}

function requestOf(values: KwrValues, terminal: Terminal): Request {
  const { events, pid, since, until, count, speed, json, lines, format } = values
  const view =
    format === undefined ? viewName({ ...(json && { json }), ...(lines && { lines }) }, terminal) : formatName(format)
  refuseClashes(values, view === 'lines')
  return {
    events: events === undefined ? undefined : parseEvents('--events', events, requireEvent, EVENT_NAMES),
    isOfAll: /(^|,)\s*all\s*(,|$)/.test(events ?? 'all'),
    pid: pid === undefined ? undefined : parsePid('--pid', pid),
    sinceMs: since === undefined ? undefined : parseTime('--since', since),
    untilMs: until === undefined ? undefined : parseTime('--until', until),
    count: count === undefined ? Number.POSITIVE_INFINITY : parseCount('--count', count),
    speed: speed === undefined ? undefined : parseSpeed(speed),
    follow: values.follow === true,
    view,
    paint: paintFor(values.color, terminal.isTerminal, terminal.environment),
  }
}

function parseSpeed(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)x?$/.exec(text) ?? []
  if (Number(number) > 0) return Number(number)
  throw new KernelwireError('ERR_OPTION', `--speed must be a number above 0 such as 1x or 10x, not "${text}"`)
}

async function print(
  paths: readonly string[],
  request: Request,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  const { view: name, paint, count, events, isOfAll, ...options } = request
  await using recording = await openRecording(paths, isOfAll ? options : { ...options, events })
  const left = isOfAll && events !== undefined ? new Set(events) : undefined
  // Not as an option: what was read is summed up all the same.
  signal.addEventListener('abort', () => void recording.close(), { once: true })
  const tally = new Tally()
  const beganMs = performance.now()
  {
    await using view = await viewOf(
      name,
      paint,
      terminal,
      events === undefined ? recording.info.events : columns(events),
    )
    for await (const batch of recording) {
      const wanted = left === undefined ? batch : batch.filter(({ routing }) => left.has(routing.event_type))
      const records = wanted.slice(0, count - tally.total)
      await view.show(records)
      for (const record of records) tally.add(record)
      if (tally.total >= count || signal.aborted) break
    }
  }
  const seconds = (performance.now() - beganMs) / 1_000
  for (const note of notesOf(recording)) terminal.say(`kernelwire: ${note}`)
  terminal.say(`kernelwire: ${tally.summary()}, ${rateOf(recording, seconds)}`)
  return recording.damage.blocks + recording.damage.entries > 0
}

function rateOf(recording: Recording, seconds: number): string {
  const records = Object.values(recording.stats().records).reduce((sum, { read }) => sum + read, 0)
  return `${records} records, ${Math.round(records / Math.max(seconds, 1e-3))} a second`
}

/** What the recording lacks. */
function notesOf({ damage }: Recording): string[] {
  const { blocks, bytes, entries, isCut } = damage
  return [
    ...(blocks > 0 ? [`${blocks} damaged blocks left out, ${bytes} bytes; LOSS_ACCOUNTING stands in their place`] : []),
    ...(entries > 0 ? [`${entries} entries left out that make no sense`] : []),
    ...(isCut ? ['the recording breaks off: it was not closed, or is still written (--follow waits for more)'] : []),
  ]
}
