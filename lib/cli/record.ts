/** kernelwire record: all that events are made of into a file, or kept in memory until a signal asks for it. */
import { statSync } from 'node:fs'
import { KernelwireError } from '../errors.js'
import type { EventName } from '../events/index.js'
import type { SensorOptions } from '../options.js'
import { paintFor } from '../output/paint.js'
import type { RecordOptions } from '../recording/options.js'
import type { Sensor } from '../sensor.js'
import { type Arguments, readArguments } from './arguments.js'
import { Dumps } from './dumps.js'
import { Ending } from './ending.js'
import { COMMON, type Face, VERBOSE } from './face.js'
import { notes } from './notes.js'
import { SENSOR, SENSOR_TEXT, sensorOptions } from './sensor-options.js'
import { start } from './start.js'
import { Tally } from './tally.js'
import type { Terminal } from './terminal.js'
import { parseCount, parseDuration, parseSize } from './values.js'
import { type View, viewOf } from './view.js'

export const face = {
  usage: ['record FILE [OPTIONS]', 'record [FILE] --last TIME [OPTIONS]'],
  options: {
    last: {
      type: 'string',
      value: 'TIME',
      text: 'a flight recorder: keep so much of the past in memory, and write it when SIGUSR2 comes',
    },
    'max-size': {
      type: 'string',
      value: 'SIZE',
      text: 'go on in FILE.1, FILE.2 and so on when a file would become larger; with --last: the memory that it may take (default: 64MiB)',
    },
    'max-files': { type: 'string', value: 'N', text: 'keep the latest N files only' },
    force: { type: 'boolean', text: 'replace regular files that are there; nothing else is ever replaced' },
    duration: { type: 'string', value: 'TIME', text: 'end after this time: 5s, 10m, 1h; a bare number is seconds' },
    json: { type: 'boolean', text: 'print the events too, one JSON object a line' },
    ...SENSOR,
    verbose: VERBOSE,
    ...COMMON,
  },
  positional: 'file',
  text: [
    'kernelwire replay makes of FILE the same events, to the byte. Only its owner can read it: it holds the arguments of every program and, with PROCESS_ENVIRONMENT, the environments.',
    'With --last, the first dump is FILE and later ones FILE.1, FILE.2 and so on; without FILE, the time is its name.',
    SENSOR_TEXT,
    'SIGINT (Ctrl-C) and SIGTERM end it cleanly, with a summary; a second one ends it at once.',
  ],
  examples: [
    'kernelwire record run.kwr --duration 10m',
    'kernelwire record run.kwr --events all --max-size 100MiB --max-files 10',
    'kernelwire record --last 5m & kill -USR2 $!',
  ],
} as const satisfies Face

type Recording = Pick<Sensor<EventName>, 'close' | 'coverage' | 'dump' | typeof Symbol.asyncIterator>

export type Open = (options: SensorOptions<EventName>) => Promise<Recording>

type Values = Arguments<typeof face.options>['values']

interface Request {
  options: SensorOptions<EventName>
  path: string | undefined
  force: boolean
  isFlight: boolean
  durationMs: number | undefined
  isPrinting: boolean
  isVerbose: boolean
}

export async function run(args: readonly string[], terminal: Terminal, open: Open = openSensor): Promise<number> {
  const ending = new Ending(terminal)
  try {
    const request = await parse(args, terminal)
    const sensor = await start(request.options, ending.signal, open)
    if (sensor !== undefined) await record(sensor, request, ending, terminal)
    return 0
  } finally {
    ending.dispose()
  }
}

async function record(sensor: Recording, request: Request, ending: Ending, terminal: Terminal): Promise<void> {
  const { path, force, isFlight, durationMs } = request
  const tally = new Tally()
  const dumps = isFlight ? new Dumps(sensor, { path, force }, terminal) : undefined
  try {
    terminal.say(...notes(sensor.coverage, request.isVerbose))
    if (durationMs !== undefined) ending.after(durationMs)
    await using view = request.isPrinting
      ? await viewOf('json', paintFor('never', false, terminal.environment), terminal)
      : undefined
    await take(sensor, view, tally)
  } finally {
    await dumps?.close()
  }
  const size = isFlight ? '' : `${path}: ${sizeOf(path!)}, `
  terminal.say(`kernelwire: ${size}${tally.summary()}`)
}

async function take(sensor: Recording, view: View | undefined, tally: Tally): Promise<void> {
  for await (const batch of sensor) {
    await view?.show(batch)
    for (const record of batch) tally.add(record)
  }
}

async function parse(args: readonly string[], terminal: Terminal): Promise<Request> {
  const { values, positionals } = readArguments(args, face.options)
  const [path, another] = positionals
  const isFlight = values.last !== undefined
  if (another !== undefined) throw refusal(`record takes one file, and "${another}" is a second one`)
  if (path === undefined && !isFlight) {
    throw refusal('record needs a file: write kernelwire record run.kwr, or --last 5m to keep the past in memory')
  }
  if (isFlight && terminal.hasUserSignals === false) {
    throw refusal(
      '--last waits for SIGUSR2, which Windows does not have; a program can keep the past: record: { lastMs }, and dump()',
    )
  }
  if (isFlight && values['max-files'] !== undefined) {
    throw refusal('--max-files is for a recording in a file; leave it out with --last')
  }
  const options: SensorOptions<EventName> = await sensorOptions(values, terminal.environment)
  options.record = recordOptions(values, path)
  return {
    options,
    path,
    force: values.force === true,
    isFlight,
    durationMs: values.duration === undefined ? undefined : parseDuration('--duration', values.duration),
    isPrinting: values.json === true,
    isVerbose: values.verbose === true,
  }
}

function recordOptions(values: Values, path: string | undefined): RecordOptions {
  const size = values['max-size']
  const files = values['max-files']
  const maxBytes = size === undefined ? undefined : requireSize(size)
  if (values.last !== undefined) return { lastMs: parseDuration('--last', values.last), maxBytes }
  return {
    path,
    force: values.force === true,
    maxBytes,
    maxFiles: files === undefined ? undefined : parseCount('--max-files', files),
  }
}

function requireSize(text: string): number {
  const bytes = parseSize('--max-size', text)
  if (bytes >= 2 ** 20) return bytes
  throw refusal(`--max-size must be 1MiB at least, not "${text}"`)
}

function sizeOf(path: string): string {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 }
  return `${(size / 2 ** 20).toFixed(1)} MiB`
}

const openSensor: Open = async (options) => {
  const sensor = await import('../sensor.js')
  return sensor.openSensor(options)
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}
