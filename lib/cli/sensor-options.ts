/**
 * What a sensor is told on the command line: options, else KERNELWIRE_* variables, else --config.
 *
 * A variable is named after its option (--ring-size: KERNELWIRE_RING_SIZE) and read as its value is.
 * Of a filter and of correlation, each kind of word goes by this order for itself.
 */
import { type Config, readConfig } from '../config/file.js'
import { KernelwireError } from '../errors.js'
import { DEFAULT_EVENTS } from '../events/index.js'
import {
  HASH_LIMIT_BYTES_MAX,
  HASH_RATE_MAX,
  HASH_RATE_MIN,
  RING_BYTES_MAX,
  RING_BYTES_MIN,
  validate,
} from '../options.js'
import { CORRELATION, parseCorrelation } from './correlation-words.js'
import type { OptionFaces } from './face.js'
import { FILTER, parseFilter } from './filter-words.js'
import { parseEvents, parseSize } from './values.js'

export const SENSOR = {
  events: {
    type: 'string',
    value: 'LIST',
    text: `names with commas between, or all, or all,-NAME to leave one out (default: ${DEFAULT_EVENTS.join(',')})`,
    choices: 'events',
  },
  'ring-size': {
    type: 'string',
    value: 'SIZE',
    text: 'what may wait for a slow reader before events are lost, and the loss told: 64KiB to 1GiB, rounded up to a power of two (default: 16MiB)',
  },
  'hash-limit': {
    type: 'string',
    value: 'SIZE',
    text: 'larger files are not hashed: their CODE_IDENTITY has ERROR 223 (default: 256MiB)',
  },
  'hash-rate': {
    type: 'string',
    value: 'SIZE',
    text: 'what is hashed each second for each user, after a burst: at least 1MiB (default: 128MiB)',
  },
  'hash-remote': {
    type: 'boolean',
    text: 'hash files of networks and of FUSE too, whose servers may not answer, and may say something else to each reader; otherwise their CODE_IDENTITY has ERROR 65',
  },
  ...FILTER,
  ...CORRELATION,
  extended: { type: 'boolean', text: 'add the fields that go beyond the documented ones' },
  'all-access': {
    type: 'boolean',
    text: 'REMOTE_PROCESS_HANDLE also for access that neither reads nor writes memory nor creates threads: on Linux pidfd_open and pidfd_getfd',
  },
  config: {
    type: 'string',
    value: 'FILE',
    text: 'take what is not said here from this JSON file; kernelwire schema --config describes it',
    choices: 'file',
  },
} as const satisfies OptionFaces

export const SENSOR_TEXT =
  'What no option says, a variable named after it may: KERNELWIRE_EVENTS, KERNELWIRE_RING_SIZE, KERNELWIRE_HASH_LIMIT, KERNELWIRE_HASH_RATE, KERNELWIRE_HASH_REMOTE (0 or 1), KERNELWIRE_ONLY, KERNELWIRE_EXCLUDE, KERNELWIRE_SENSITIVE, KERNELWIRE_IGNORE, KERNELWIRE_INJECTION_WINDOW, KERNELWIRE_EXTENDED and KERNELWIRE_ALL_ACCESS (0 or 1), KERNELWIRE_CONFIG. Options win over variables, variables over the file.'

export interface SensorValues {
  events?: string
  'ring-size'?: string
  'hash-limit'?: string
  'hash-rate'?: string
  'hash-remote'?: boolean
  only?: string[]
  exclude?: string[]
  sensitive?: string[]
  ignore?: string[]
  'injection-window'?: string
  extended?: boolean
  'all-access'?: boolean
  config?: string
}

/** Checked; undefined where nothing says anything. */
export async function sensorOptions(values: SensorValues, environment: NodeJS.ProcessEnv): Promise<Config> {
  const variables = variablesIn(environment)
  const file = values.config ?? variables.config
  const config = file === undefined ? {} : await readConfig(file)
  const options = [optionsOf(variables, variableOf), optionsOf(values, (name) => `--${name}`)].reduce(over, config)
  validate(options)
  return options
}

/** `called`: what an option is called where it was read. */
function optionsOf(values: SensorValues, called: (name: string) => string): Config {
  const ring = values['ring-size']
  const limit = values['hash-limit']
  const rate = values['hash-rate']
  return {
    events: values.events === undefined ? undefined : parseEvents(called('events'), values.events),
    ringBytes: ring === undefined ? undefined : ringSize(called('ring-size'), ring),
    hashLimitBytes: limit === undefined ? undefined : hashLimit(called('hash-limit'), limit),
    hashBytesPerSecond: rate === undefined ? undefined : hashRate(called('hash-rate'), rate),
    hashRemote: values['hash-remote'],
    extended: values.extended,
    allAccess: values['all-access'],
    filter: parseFilter(values, called),
    correlation: parseCorrelation(values, called),
  }
}

/** What `above` says wins. */
function over(below: Config, above: Config): Config {
  const said = Object.entries(above).filter(([, value]) => value !== undefined)
  const filter = above.filter && { ...below.filter, ...above.filter }
  const correlation = above.correlation && { ...below.correlation, ...above.correlation }
  return { ...below, ...Object.fromEntries(said), ...(filter && { filter }), ...(correlation && { correlation }) }
}

function variableOf(name: string): string {
  return `KERNELWIRE_${name.toUpperCase().replaceAll('-', '_')}`
}

/** One that is empty is one that is not set. */
function variablesIn(environment: NodeJS.ProcessEnv): SensorValues {
  const values: Record<string, unknown> = {}
  for (const [name, face] of Object.entries(SENSOR)) {
    const text = environment[variableOf(name)]
    if (text === undefined || text === '') continue
    if (face.type === 'boolean') values[name] = isOn(variableOf(name), text)
    else values[name] = 'multiple' in face ? [text] : text
  }
  return values
}

function isOn(variable: string, text: string): boolean {
  if (text === '1' || text === '0') return text === '1'
  throw new KernelwireError('ERR_OPTION', `${variable} must be 0 or 1, not "${text}"`)
}

function ringSize(called: string, text: string): number {
  const bytes = parseSize(called, text)
  if (bytes >= RING_BYTES_MIN && bytes <= RING_BYTES_MAX) return bytes
  throw new KernelwireError('ERR_OPTION', `${called} must be from 64KiB to 1GiB, not "${text}"`)
}

function hashRate(called: string, text: string): number {
  const bytes = parseSize(called, text)
  if (bytes >= HASH_RATE_MIN && bytes <= HASH_RATE_MAX) return bytes
  throw new KernelwireError('ERR_OPTION', `${called} must be from 1MiB to 1024GiB, not "${text}"`)
}

function hashLimit(called: string, text: string): number {
  const bytes = parseSize(called, text)
  if (bytes <= HASH_LIMIT_BYTES_MAX) return bytes
  throw new KernelwireError('ERR_OPTION', `${called} must be at most 1024GiB, not "${text}"`)
}
