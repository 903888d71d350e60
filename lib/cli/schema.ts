/** kernelwire schema: the shapes of the events, for people and for validators. */
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
  ],
  options: {
    all: { type: 'boolean', text: 'one schema that every event satisfies' },
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
  if (others.length > 0 || (values.all === true && name !== undefined)) {
    throw new KernelwireError('ERR_OPTION', 'schema takes one event or --all; call it once for each event')
  }
  await terminal.stdout.write(values.all === true ? pretty(schemaOfAll()) : name === undefined ? list() : one(name))
  return 0
}

function one(name: string): string {
  return pretty(schemaOf(requireEvent(name)))
}

function list(): string {
  const width = Math.max(...EVENT_NAMES.map((name) => name.length))
  const lines = EVENT_NAMES.map((name) => `${name.padEnd(width)}  ${firstSentence(schemas[name].description)}`)
  return `${lines.join('\n')}\n`
}

function firstSentence(text: string): string {
  return text.replace(/[.;] .*$/s, '').replace(/\.$/, '')
}

function pretty(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}
