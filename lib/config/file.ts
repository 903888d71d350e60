/** A configuration file: the options of a sensor as JSON. */
import { readFile } from 'node:fs/promises'
import { KernelwireError } from '../errors.js'
import type { EventName } from '../events/index.js'
import { suggestion } from '../nearest.js'
import { OPTION_NAMES, type SensorOptions, validate } from '../options.js'

/** What JSON cannot hold, and what a command is for. */
const NOT_KEYS = ['onBatch', 'on', 'onRecord', 'record', 'signal'] as const

type NotKey = (typeof NOT_KEYS)[number]

/** The options that a file can have. */
export type Config = Omit<SensorOptions<EventName>, NotKey>

export const CONFIG_KEYS = OPTION_NAMES.filter((name) => !(NOT_KEYS as readonly string[]).includes(name)) as Exclude<
  (typeof OPTION_NAMES)[number],
  NotKey
>[]

/** Throws a KernelwireError that names the file. */
export async function readConfig(path: string): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new KernelwireError('ERR_FILE_READ', `cannot read the configuration ${path}; ${cause.message}`, { cause })
  })
  return parseConfig(path, text)
}

export function parseConfig(path: string, text: string): Config {
  const { $schema: _, ...config } = parsed(path, text)
  for (const key of Object.keys(config)) {
    if ((CONFIG_KEYS as readonly string[]).includes(key)) continue
    throw refusal(path, `no option is called "${key}"; ${suggestion(key, CONFIG_KEYS)}`)
  }
  try {
    validate(config)
  } catch (error) {
    if (!(error instanceof KernelwireError)) throw error
    throw new KernelwireError(error.code, `${path}: ${error.message}`, { cause: error })
  }
  return config
}

function parsed(path: string, text: string): Record<string, unknown> {
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch (cause) {
    throw new KernelwireError('ERR_OPTION', `${path} is no JSON; ${(cause as Error).message}`, { cause })
  }
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config as Record<string, unknown>
  throw refusal(path, 'a configuration is one object such as { "extended": true }')
}

function refusal(path: string, sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', `${path}: ${sentence}`)
}
