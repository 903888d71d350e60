/** docs/events.md, from the definitions of the events, the hooks they are made from, and events that came. */
import { BLIND_SPOTS } from '../linux/blind-spots.js'
import { type Tier, tiersOf } from '../linux/programs.js'
import { EVENT_NAMES, type EventName, type EventRecord, SUPPORTED_ON_LINUX } from './index.js'
import { NESTED_PROCESS } from './process.js'
import { schemas } from './schemas.js'

/** As much of a schema as a reader is told. */
interface Described {
  type?: string
  title?: string
  description?: string
  const?: string
  properties?: Record<string, Described>
  required?: readonly string[]
  patternProperties?: Record<string, Described>
  items?: Described
  anyOf?: readonly Described[]
  'x-unit'?: string
  'x-absent'?: string
  'x-extension'?: boolean
  'x-platforms'?: readonly string[]
}

interface Field {
  name: string
  schema: Described
}

const INTRODUCTION = `<!-- Made by scripts/docs.mjs from lib/events. Change it there. -->

# Events

Every event is one object, \`{ "routing": {…}, "event": {…} }\`: [routing](#routing) is the same for all of them, \`event\` is
what this page describes. The same definitions make the TypeScript types and the JSON Schemas (\`kernelwire schema EVENT\`).

- A field that is not known is absent, never null. Where a field can be absent, the last column says when.
- Times are milliseconds, sizes are bytes, flags are 0 or 1, hashes are lower-case hex.
- Numbers are exact: none exceeds 2^53.
- Process ids are those of the initial pid namespace; user and group ids those of the initial user namespace.
- Text that was no UTF-8 has U+FFFD in place of each bad byte.
- **Extensions** are fields that the documented shapes do not have. They come only with \`extended\` (\`--extended\`), after the others.
- An atom names one image of one process, or one event. Its last four bytes are the time, in seconds, big-endian.
`

export type EventExamples = { readonly [N in EventName]?: EventRecord }

/** `examples`: of some events, as docs/event-examples.json has them. */
export function document(examples: EventExamples): string {
  const events = EVENT_NAMES.map((name) => event(name, examples[name]))
  const sections = [INTRODUCTION, contents(), routing(examples.NEW_PROCESS), nestedProcess(), ...events]
  return `${sections.join('\n')}`
}

function contents(): string {
  const rows = EVENT_NAMES.map((name) => {
    const isSupported = (SUPPORTED_ON_LINUX as readonly EventName[]).includes(name)
    return `| [${name}](#${name.toLowerCase()}) | ${platforms(name)} | ${isSupported ? 'yes' : 'not yet'} |`
  })
  return `| event | platforms | this version on Linux |\n|---|---|---|\n${rows.join('\n')}\n`
}

function routing(example: EventRecord | undefined): string {
  // An event upon another process has all the fields that a routing can have.
  const { properties } = described('REMOTE_PROCESS_HANDLE').properties!.routing!
  return `## routing\n\n${table(fieldsOf(properties!), false)}${exampleOf(example?.routing)}`
}

function nestedProcess(): string {
  const { properties } = bodyOf('NEW_PROCESS').PARENT!
  return `## Nested process

What \`PARENT\`, \`SOURCE\` and \`TARGET\` hold: the process as its own NEW_PROCESS or EXISTING_PROCESS described it, without
\`PARENT\` and without extensions, and with its atoms. Frozen: events share it.

${table(fieldsOf(properties!), true)}`
}

function event(name: EventName, example: EventRecord | undefined): string {
  const members = Object.entries(bodyOf(name))
  const documented = fieldsOf(Object.fromEntries(members.filter(([, schema]) => !schema['x-extension'])))
  const extensions = fieldsOf(Object.fromEntries(members.filter(([, schema]) => schema['x-extension'])))
  return `## ${name}

${schemas[name].description}

Platforms: ${platforms(name)}. Schema: \`${schemas[name].$id}\`

${table(documented, true)}
Extensions:

${table(extensions, true)}${hooks(name)}${exampleOf(example?.event)}`
}

/** One that came on a real machine. */
function exampleOf(part: object | undefined): string {
  return part === undefined ? '' : `\nAn example:\n\n\`\`\`json\n${JSON.stringify(part, null, 2)}\n\`\`\`\n`
}

function hooks(name: EventName): string {
  const tiers = tiersOf(name)
  const unseen = BLIND_SPOTS[name]?.join('; ')
  const title = '\nHooks on Linux, of each kind the first that the kernel allows:\n\n'
  const list =
    tiers.length === 0 ? '' : `${title}${tiers.map((ways) => `- ${ways.map(way).join(';\n  else ')}`).join('\n')}\n`
  return `${list}${unseen === undefined ? '' : `\nNot seen on any of them: ${unseen}.\n`}`
}

function way({ hooks, blindSpots }: Tier): string {
  const unseen = blindSpots.length === 0 ? '' : ` (not seen: ${blindSpots.join('; ')})`
  return `${hooks.map((hook) => `\`${hook}\``).join(', ')}${unseen}`
}

function platforms(name: EventName): string {
  const facts = schemas[name] as { 'x-platforms'?: readonly string[]; 'x-extension-on'?: readonly string[] }
  const extra = facts['x-extension-on']?.map(titled).join(', ')
  return `${facts['x-platforms']!.map(titled).join(', ')}${extra === undefined ? '' : ` (${extra}: an extension)`}`
}

function table(fields: readonly Field[], hasPlatforms: boolean): string {
  const titles = ['field', 'type', 'unit', ...(hasPlatforms ? ['platforms'] : []), 'meaning', 'absent']
  const rows = fields.map(({ name, schema }) => [
    `\`${name}\``,
    typeOf(schema),
    schema['x-unit'] ?? '',
    ...(hasPlatforms ? [schema['x-platforms']?.map(titled).join(', ') ?? 'all'] : []),
    schema.description ?? '',
    schema['x-absent'] ?? 'never',
  ])
  const lines = [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

/** Members of a member follow it, with a dot; a nested process has its own section. */
function fieldsOf(properties: Record<string, Described>, prefix = ''): Field[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const name = `${prefix}${key}`
    const members = schema.title === NESTED_PROCESS ? undefined : schema.properties
    return [{ name, schema }, ...(members === undefined ? [] : fieldsOf(members, `${name}.`))]
  })
}

function typeOf(schema: Described): string {
  if (schema.title === NESTED_PROCESS) return '[nested process](#nested-process)'
  if (schema.type === 'integer') return 'int'
  if (schema.type === 'array') return `${typeOf(schema.items!)}[]`
  if (schema.patternProperties !== undefined) return `{ name: ${typeOf(Object.values(schema.patternProperties)[0]!)} }`
  if (schema.anyOf !== undefined)
    return schema.anyOf.every(({ const: word }) => word !== undefined) ? 'string' : 'object'
  return schema.type ?? 'object'
}

function bodyOf(name: EventName): Record<string, Described> {
  return described(name).properties!.event!.properties!
}

function described(name: EventName): Described {
  return schemas[name] as Described
}

function titled(platform: string): string {
  return `${platform.charAt(0).toUpperCase()}${platform.slice(1)}`
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|')
}
