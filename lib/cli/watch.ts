/** kernelwire watch: events as they happen: JSON in a pipe, lines or a tree on a terminal. */
import { KernelwireError } from '../errors.js'
import type { EventName } from '../events/index.js'
import type { SensorOptions } from '../options.js'
import { type Paint, paintFor } from '../output/paint.js'
import type { Sensor } from '../sensor.js'
import { readArguments } from './arguments.js'
import { Ending } from './ending.js'
import { COLOR, COMMON, type Face, VERBOSE } from './face.js'
import { notes } from './notes.js'
import { SENSOR, SENSOR_TEXT, sensorOptions } from './sensor-options.js'
import { start } from './start.js'
import { Tally } from './tally.js'
import type { Terminal } from './terminal.js'
import { parseCount, parseDuration } from './values.js'
import { type View, type ViewName, viewName, viewOf } from './view.js'

export const face = {
  usage: ['watch [OPTIONS]'],
  options: {
    ...SENSOR,
    duration: { type: 'string', value: 'TIME', text: 'end after this time: 5s, 10m, 1h; a bare number is seconds' },
    count: { type: 'string', value: 'N', text: 'end after exactly N events' },
    json: { type: 'boolean', text: 'one JSON object a line on a terminal too, where readable lines are the default' },
    lines: { type: 'boolean', text: 'readable lines also where stdout is no terminal' },
    tree: { type: 'boolean', text: 'the tree of processes, kept up to date, on the whole terminal' },
    color: COLOR,
    verbose: VERBOSE,
    ...COMMON,
  },
  text: [
    'In a pipe or a file, events are JSON, one a line; on a terminal they are lines to read. There, whatever a terminal would obey, and whatever cannot be seen, is escaped (\\x1b, \\u202e), and so are bytes that are no UTF-8 (\\xff). Events go to stdout, everything else to stderr.',
    SENSOR_TEXT,
    'SIGINT (Ctrl-C) and SIGTERM end it cleanly, with a summary; a second one ends it at once.',
  ],
  examples: [
    'kernelwire watch',
    'kernelwire watch --tree',
    'kernelwire watch --events NEW_PROCESS,TERMINATE_PROCESS --duration 10s',
    'kernelwire watch --only user:www-data --exclude path:/usr/bin/',
    'kernelwire watch --config sensor.json --json',
    'kernelwire watch --events all,-PROCESS_ENVIRONMENT --extended > events.ndjson',
    "kernelwire watch --events NEW_PROCESS | jq -r '.event.COMMAND_LINE'",
  ],
} as const satisfies Face

/** What the tree is made of. */
const TREE_EVENTS = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'] as const

interface Request {
  options: SensorOptions<EventName>
  durationMs: number | undefined
  count: number
  view: ViewName
  paint: Paint
  isVerbose: boolean
}

type Watched = Pick<Sensor<EventName>, 'close' | 'coverage' | 'stats' | typeof Symbol.asyncIterator>

export type Open = (options: SensorOptions<EventName>) => Promise<Watched>

export async function run(args: readonly string[], terminal: Terminal, open: Open = openSensor): Promise<number> {
  const ending = new Ending(terminal)
  try {
    const request = await parse(args, terminal)
    const sensor = await start(request.options, ending.signal, open)
    if (sensor !== undefined) await watch(sensor, request, ending, terminal)
    return 0
  } finally {
    ending.dispose()
  }
}

async function watch(sensor: Watched, request: Request, ending: Ending, terminal: Terminal): Promise<void> {
  const tally = new Tally()
  terminal.say(...notes(sensor.coverage, request.isVerbose))
  if (request.durationMs !== undefined) ending.after(request.durationMs)
  {
    await using view = await viewOf(request.view, request.paint, terminal)
    await deliver(sensor, request.count, view, tally)
  }
  terminal.say(`kernelwire: ${tally.summary()}`)
}

async function parse(args: readonly string[], terminal: Terminal): Promise<Request> {
  const { values, positionals } = readArguments(args, face.options)
  if (positionals.length > 0) {
    throw new KernelwireError(
      'ERR_OPTION',
      `watch takes options only, not "${positionals[0]}"; events are named with --events`,
    )
  }
  const view = viewName(values, terminal)
  if (view === 'tree' && values.events !== undefined) {
    throw new KernelwireError('ERR_OPTION', '--tree needs its own events; leave out --events')
  }
  const options: SensorOptions<EventName> = await sensorOptions(values, terminal.environment)
  if (view === 'tree') options.events = TREE_EVENTS
  // Exact bytes and how processes ended are worth their cost to a person who reads.
  options.extended = options.extended === true || view !== 'json'
  return {
    options,
    durationMs: values.duration === undefined ? undefined : parseDuration('--duration', values.duration),
    count: values.count === undefined ? Number.POSITIVE_INFINITY : parseCount('--count', values.count),
    view,
    paint: paintFor(values.color, terminal.isTerminal, terminal.environment),
    isVerbose: values.verbose === true,
  }
}

const openSensor: Open = async (options) => {
  const sensor = await import('../sensor.js')
  return sensor.openSensor(options)
}

async function deliver(sensor: Watched, count: number, view: View, tally: Tally): Promise<void> {
  for await (const batch of sensor) {
    const records = batch.slice(0, count - tally.total)
    await view.show(records)
    for (const record of records) tally.add(record)
    if (tally.total >= count) break
  }
}
