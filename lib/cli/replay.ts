/** kernelwire replay: what a recording holds, of this program or of Windows. */
import { validateCorrelation } from '../correlate/options.js'
import { KernelwireError } from '../errors.js'
import { ETL_EVENTS } from '../etl/playback.js'
import type { EventName } from '../events/index.js'
import { requireEvent } from '../options.js'
import { paintFor } from '../output/paint.js'
import { type Arguments, readArguments } from './arguments.js'
import { CORRELATION, parseCorrelation } from './correlation-words.js'
import { Ending } from './ending.js'
import { COLOR, COMMON, type Face, VERBOSE } from './face.js'
import { isKwr } from './recording-kind.js'
import { printRaw, printStats, type RawRequest } from './replay-etl.js'
import { type EventsRequest, printEvents } from './replay-events.js'
import { replayKwr } from './replay-kwr.js'
import { formatName, refuseClashes, refuseOthers } from './replay-modes.js'
import type { Terminal } from './terminal.js'
import { parseCount, parseEvents, parsePid, parseTime } from './values.js'
import { viewName } from './view.js'

export const face = {
  usage: [
    'replay FILE.kwr... [OPTIONS]',
    'replay FILE.etl... [OPTIONS]',
    'replay FILE.etl... --raw [OPTIONS]',
    'replay FILE.etl... --stats [--json]',
  ],
  options: {
    events: {
      type: 'string',
      value: 'LIST',
      text: 'names with commas between, or all,-NAME to leave one out (default: all that the recording leads to)',
      choices: 'events',
    },
    pid: {
      type: 'string',
      value: 'PID',
      text: 'only events about this process, or that have it as PARENT, SOURCE or TARGET; with --raw: only what it logged',
    },
    since: {
      type: 'string',
      value: 'TIME',
      text: 'only from this time on: 2026-01-31T12:00:00Z, or milliseconds since 1970',
    },
    until: { type: 'string', value: 'TIME', text: 'only before this time' },
    count: { type: 'string', value: 'N', text: 'end after exactly N events' },
    speed: {
      type: 'string',
      value: 'N',
      text: 'of a .kwr: 1x as fast as it happened, 10x ten times (default: as fast as it can)',
    },
    follow: { type: 'boolean', text: 'of a .kwr: wait for more while it is written, until it is closed' },
    ...CORRELATION,
    extended: { type: 'boolean', text: 'add the fields that go beyond the documented ones' },
    raw: {
      type: 'boolean',
      text: 'list every event of every provider, as its header has it, with the fields of those that describe themselves, one JSON object a line',
    },
    provider: {
      type: 'string',
      value: 'LIST',
      text: 'with --raw: only events of these, by name or GUID, with commas between',
    },
    id: {
      type: 'string',
      value: 'LIST',
      text: 'with --raw: only events with these ids; of classic events, opcodes',
    },
    stats: { type: 'boolean', text: 'count events by kind, and say what can be learnt from the file' },
    format: {
      type: 'string',
      value: 'FORMAT',
      text: 'json, or csv: a table with a line of names, a column for each field, and JSON in those that have fields of their own',
      choices: ['json', 'csv'],
    },
    json: { type: 'boolean', text: 'JSON on a terminal too, where lines to read are the default' },
    lines: { type: 'boolean', text: 'readable lines also where stdout is no terminal' },
    color: COLOR,
    verbose: VERBOSE,
    ...COMMON,
  },
  positional: 'file',
  text: [
    'Of a recording made by kernelwire record (.kwr), it prints what the sensor delivered then, to the byte, without privilege and on any machine. Filters, --extended and correlation are those of the recording. Of one in several files, name them all.',
    'Reads recordings of Windows events (.etl) on any platform, also gzipped or in a .zip; several are read as one, by time. FILE may be a pipe, and - is the standard input. In a pipe or a file, events are JSON, one a line; on a terminal they are lines to read. Where stderr is a terminal, it shows the progress.',
  ],
  examples: [
    'kernelwire replay run.kwr --events NEW_PROCESS --since 2026-01-31T12:00:00Z',
    'kernelwire replay run.kwr --speed 1x',
    'zcat run.kwr.gz | kernelwire replay -',
    'kernelwire replay trace.etl',
    'kernelwire replay trace.etl --events NEW_PROCESS,TERMINATE_PROCESS --pid 4242 --json',
    'kernelwire replay trace.etl --stats',
    'kernelwire replay trace.etl.zip --raw --provider Microsoft-Windows-Kernel-Process --id 1,2',
    'kernelwire replay kernel.etl user.etl --format csv > events.csv',
  ],
} as const satisfies Face

export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readArguments(args, face.options)
  const [path] = positionals
  if (path === undefined) {
    throw new KernelwireError('ERR_OPTION', 'replay takes a file: write kernelwire replay FILE.kwr or FILE.etl')
  }
  const ending = new Ending(terminal)
  try {
    const isDamaged = (await isKwr(path))
      ? await replayKwr(positionals, values, terminal, ending.signal)
      : await replayEtl(positionals, values, terminal, ending.signal)
    return isDamaged ? DAMAGED : 0
  } catch (error) {
    if (ending.signal.aborted) return 0
    throw error
  } finally {
    ending.dispose()
  }
}

/** All that is there was given, and it is not all that was there. */
const DAMAGED = 1

type Values = Arguments<typeof face.options>['values']

async function replayEtl(
  paths: readonly string[],
  values: Values,
  terminal: Terminal,
  end: AbortSignal,
): Promise<boolean> {
  const [path] = paths as [string]
  if (values.raw === true && values.stats === true) {
    throw new KernelwireError('ERR_OPTION', 'replay lists events with --raw or counts them with --stats; choose one')
  }
  refuseOthers(values.raw === true ? 'raw' : values.stats === true ? 'stats' : 'events', values, path)
  if (values.raw === true) return printRaw(paths, rawRequest(values), terminal, end)
  const request = requestOf(values, terminal)
  if (values.stats === true) return printStats(paths, terminal, end, request.view === 'json')
  return printEvents(paths, request, terminal, end)
}

function requestOf(values: Values, terminal: Terminal): EventsRequest {
  const { events, pid, since, until, count, json, lines, format } = values
  const named = viewName({ ...(json && { json }), ...(lines && { lines }) }, terminal)
  const view = format === undefined ? named : formatName(format)
  refuseClashes(values, view === 'lines')
  return {
    events: events === undefined ? undefined : parseEvents('--events', events, ofWindows, ETL_EVENTS),
    pid: pid === undefined ? undefined : parsePid('--pid', pid),
    sinceMs: since === undefined ? undefined : parseTime('--since', since),
    untilMs: until === undefined ? undefined : parseTime('--until', until),
    count: count === undefined ? Number.POSITIVE_INFINITY : parseCount('--count', count),
    extended: values.extended === true || view === 'lines',
    correlation: validateCorrelation(parseCorrelation(values, (name) => `--${name}`)),
    view,
    paint: paintFor(values.color, terminal.isTerminal, terminal.environment),
  }
}

function rawRequest(values: Values): RawRequest {
  const { pid, since, until, count, provider, id, format } = values
  refuseClashes(values, false)
  return {
    format: formatName(format ?? 'json'),
    count: count === undefined ? Number.POSITIVE_INFINITY : parseCount('--count', count),
    filter: {
      providers: provider === undefined ? undefined : new Set(listOf('--provider', provider).map(bare)),
      ids: id === undefined ? undefined : new Set(listOf('--id', id).map(parseId)),
      pid: pid === undefined ? undefined : parsePid('--pid', pid),
      sinceMs: since === undefined ? undefined : parseTime('--since', since),
      untilMs: until === undefined ? undefined : parseTime('--until', until),
    },
  }
}

function listOf(option: string, text: string): string[] {
  const words = text.split(',').map((word) => word.trim())
  if (!words.includes('')) return words
  throw new KernelwireError('ERR_OPTION', `${option} must be words with commas between, not "${text}"`)
}

function bare(provider: string): string {
  return provider.replace(/^\{(.*)\}$/, '$1').toLowerCase()
}

function parseId(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 0xffff) return Number(text)
  throw new KernelwireError('ERR_OPTION', `--id must be numbers from 0 to 65535 with commas between, not "${text}"`)
}

function ofWindows(word: string): EventName {
  const name = requireEvent(word)
  if ((ETL_EVENTS as readonly EventName[]).includes(name)) return name
  throw new KernelwireError(
    'ERR_EVENT_UNSUPPORTED',
    `no recording of Windows leads to ${name}; ask for any of ${ETL_EVENTS.join(', ')}`,
  )
}
