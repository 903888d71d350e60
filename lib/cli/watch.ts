/** kernelwire watch: events as they happen, one JSON object a line. */
import { KernelwireError } from '../errors.js'
import { DEFAULT_EVENTS, type EventName } from '../events/index.js'
import { RING_BYTES_MAX, RING_BYTES_MIN, type SensorOptions, validate } from '../options.js'
import { type Line, lineEncoder } from '../output/encoder.js'
import { escapeForTerminal, pieces } from '../output/ndjson.js'
import type { Writer } from '../output/writer.js'
import type { Sensor } from '../sensor.js'
import { readArguments } from './arguments.js'
import { Ending } from './ending.js'
import { notes } from './notes.js'
import { Tally } from './tally.js'
import type { Terminal } from './terminal.js'
import { parseCount, parseDuration, parseEvents, parseSize } from './values.js'

export const help = `kernelwire watch: print events as they happen, one JSON object a line

Usage: kernelwire watch [OPTIONS]

  --events LIST      names with commas between, or all, or all,-NAME to leave one out
                     (default: ${DEFAULT_EVENTS.join(',')})
  --duration TIME    end after this time: 5s, 10m, 1h; a bare number is seconds
  --count N          end after exactly N lines
  --ring-size SIZE   what may wait for a slow reader before events are lost, and the loss told:
                     64KiB to 1GiB, rounded up to a power of two (default: 16MiB)
  --extended         add the fields that go beyond the documented ones
  --json             JSON even where a terminal would get something more readable (today: always)
  --verbose          tell what was attached to the kernel; on an error, all that is known of it
  --help, -h         this text

Events go to stdout, everything else to stderr. SIGINT (Ctrl-C) and SIGTERM end it cleanly, with a summary;
a second one ends it at once.

Examples:
  kernelwire watch
  kernelwire watch --events NEW_PROCESS,TERMINATE_PROCESS --duration 10s
  kernelwire watch --events all,-PROCESS_ENVIRONMENT --extended > events.ndjson
  kernelwire watch --events NEW_PROCESS | jq -r '.event.COMMAND_LINE'
`

interface Request {
  options: SensorOptions<EventName>
  durationMs: number | undefined
  count: number
  isVerbose: boolean
}

type Watched = Pick<Sensor<EventName>, 'close' | 'coverage' | typeof Symbol.asyncIterator>

export type Open = (options: SensorOptions<EventName>) => Promise<Watched>

export async function run(args: readonly string[], terminal: Terminal, open: Open = openSensor): Promise<number> {
  const request = parse(args)
  const ending = new Ending(terminal)
  try {
    const sensor = await start(request, ending.signal, open)
    if (sensor !== undefined) await watch(sensor, request, ending, terminal)
    return 0
  } finally {
    ending.dispose()
  }
}

async function watch(sensor: Watched, request: Request, ending: Ending, terminal: Terminal): Promise<void> {
  const tally = new Tally()
  for (const note of notes(sensor.coverage, request.isVerbose)) terminal.say(`kernelwire: ${note}`)
  if (request.durationMs !== undefined) ending.after(request.durationMs)
  const encode = lineEncoder()
  const format: Line = terminal.isTerminal ? (record) => escapeForTerminal(encode(record)) : encode
  await deliver(sensor, request.count, format, terminal.stdout, tally)
  terminal.say(`kernelwire: ${tally.summary()}`)
}

function parse(args: readonly string[]): Request {
  const { values, positionals } = readArguments(args, {
    events: { type: 'string' },
    duration: { type: 'string' },
    count: { type: 'string' },
    'ring-size': { type: 'string' },
    extended: { type: 'boolean' },
    json: { type: 'boolean' },
    verbose: { type: 'boolean' },
  })
  if (positionals.length > 0) {
    throw new KernelwireError(
      'ERR_OPTION',
      `watch takes options only, not "${positionals[0]}"; events are named with --events`,
    )
  }
  const options: SensorOptions<EventName> = {
    events: values.events === undefined ? DEFAULT_EVENTS : parseEvents('--events', values.events),
    ringBytes: values['ring-size'] === undefined ? undefined : ringSize(values['ring-size']),
    extended: values.extended === true,
  }
  validate(options)
  return {
    options,
    durationMs: values.duration === undefined ? undefined : parseDuration('--duration', values.duration),
    count: values.count === undefined ? Number.POSITIVE_INFINITY : parseCount('--count', values.count),
    isVerbose: values.verbose === true,
  }
}

function ringSize(text: string): number {
  const bytes = parseSize('--ring-size', text)
  if (bytes >= RING_BYTES_MIN && bytes <= RING_BYTES_MAX) return bytes
  throw new KernelwireError('ERR_OPTION', `--ring-size must be from 64KiB to 1GiB, not "${text}"`)
}

const openSensor: Open = async (options) => {
  const sensor = await import('../sensor.js')
  return sensor.openSensor(options)
}

/** Undefined when the end was asked for before there was anything to end. */
async function start(request: Request, end: AbortSignal, open: Open): Promise<Watched | undefined> {
  const starting = new AbortController()
  const cancel = () => starting.abort()
  end.addEventListener('abort', cancel)
  try {
    const sensor = await open({ ...request.options, signal: starting.signal })
    // Not through the signal from now on: an abort would throw away what is still in the ring.
    end.addEventListener('abort', () => void sensor.close().catch(reportedByTheLoop))
    if (end.aborted) await sensor.close()
    return sensor
  } catch (error) {
    if (end.aborted) return undefined
    throw error
  } finally {
    end.removeEventListener('abort', cancel)
  }
}

function reportedByTheLoop(): void {}

async function deliver(sensor: Watched, count: number, format: Line, stdout: Writer, tally: Tally): Promise<void> {
  for await (const batch of sensor) {
    const records = batch.slice(0, count - tally.total)
    for (const text of pieces(records, format)) await stdout.write(text)
    for (const record of records) tally.add(record)
    if (tally.total >= count) break
  }
}
