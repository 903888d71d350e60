/** kernelwire schema: the shapes of the events, for people and for validators. */
import { CONFIG_SCHEMA } from '../config/schema.js'
import { KernelwireError } from '../errors.js'
import { EVENT_NAMES } from '../events/index.js'
import { schemaOf, schemaOfAll, schemas } from '../events/schemas.js'
import { requireEvent } from '../options.js'
import { readArguments } from './arguments.js'
import { COMMON, type Face, VERBOSE } from './face.js'
import type { Terminal } from './terminal.js'

export const face = {
  usage: [
    'schema            list the events',
    'schema EVENT      print the schema of one event',
    'schema --all      print one schema that every event satisfies',
    'schema --config   print the schema of a configuration file',
  ],
  options: {
    all: { type: 'boolean', text: 'one schema that every event satisfies' },
    config: { type: 'boolean', text: 'the schema of what watch --config reads' },
    verbose: VERBOSE,
    ...COMMON,
  },
  positional: 'events',
  text: [
    'Beside the keywords of JSON Schema, each field has its unit ("x-unit"), the condition under which it is absent ("x-absent") and, where it is an addition to the documented shape, "x-extension": true.',
  ],
  examples: [
    'kernelwire schema NEW_PROCESS',
    "kernelwire schema NEW_PROCESS | jq '.properties.event.properties | keys'",
    'kernelwire schema --all > events.schema.json',
  ],
} as const satisfies Face

export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readArguments(args, face.options)
  const [name, ...others] = positionals
  const asked = [name !== undefined, values.all === true, values.config === true].filter(Boolean).length
  if (others.length > 0 || asked > 1) {
    throw new KernelwireError('ERR_OPTION', 'schema takes one event, --all or --config; call it once for each')
  }
  if (asked === 0) await terminal.stdout.lines(list())
  else await terminal.stdout.json([chosen(name, values)], (schema) => JSON.stringify(schema, null, 2))
  return 0
}

function chosen(name: string | undefined, { all, config }: { all?: boolean; config?: boolean }): object {
  if (config) return CONFIG_SCHEMA
  return all || name === undefined ? schemaOfAll() : schemaOf(requireEvent(name))
}

function list(): string[] {
  const width = Math.max(...EVENT_NAMES.map((name) => name.length))
  return EVENT_NAMES.map((name) => `${name.padEnd(width)}  ${firstSentence(schemas[name].description)}`)
}

function firstSentence(text: string): string {
  return text.replace(/[.;] .*$/s, '').replace(/\.$/, '')
}
