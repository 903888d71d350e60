/** kernelwire ps: the processes of this moment, as a table, as a tree or as events. */
import { KernelwireError } from '../errors.js'
import { type EventOf, isEvent } from '../events/index.js'
import type { SensorOptions } from '../options.js'
import { paintFor } from '../output/paint.js'
import { processHeading, processLine } from '../output/process-line.js'
import { ProcessTree } from '../output/tree/process-tree.js'
import { headingLine, rowLine } from '../output/tree/row-lines.js'
import { Rows } from '../output/tree/rows.js'
import type { Sensor } from '../sensor.js'
import { readArguments } from './arguments.js'
import { COLOR, COMMON, type Face, VERBOSE } from './face.js'
import { FILTER, parseFilter } from './filter-words.js'
import type { Terminal } from './terminal.js'

export const face = {
  usage: ['ps [OPTIONS]'],
  options: {
    tree: { type: 'boolean', text: 'below each process those that it started' },
    json: { type: 'boolean', text: 'each as an EXISTING_PROCESS event, one JSON object a line' },
    ...FILTER,
    extended: { type: 'boolean', text: 'with --json: add the fields that go beyond the documented ones' },
    color: COLOR,
    verbose: VERBOSE,
    ...COMMON,
  },
  text: [
    'A snapshot that the kernel takes of itself: no process is missing that was there all the time, and none is there twice. Text is escaped as in kernelwire watch.',
  ],
  examples: [
    'kernelwire ps',
    'kernelwire ps --tree | less',
    'kernelwire ps --tree --only subtree:$$',
    "kernelwire ps --json | jq -r '.event.FILE_PATH' | sort | uniq -c",
  ],
} as const satisfies Face

type Existing = EventOf<'EXISTING_PROCESS'>
export type Snapshot = (options: SensorOptions<'EXISTING_PROCESS'>) => Promise<Existing[]>

/** In a pipe nothing is cut off, within reason. */
const COLUMNS_DEFAULT = 1_000

export async function run(args: readonly string[], terminal: Terminal, take: Snapshot = snapshot): Promise<number> {
  const { values, positionals } = readArguments(args, face.options)
  if (positionals.length > 0) throw new KernelwireError('ERR_OPTION', `ps takes options only, not "${positionals[0]}"`)
  if (values.json && values.tree) {
    throw new KernelwireError('ERR_OPTION', '--json and --tree exclude each other; leave out one of them')
  }
  const paint = paintFor(values.color, terminal.isTerminal, terminal.environment)
  const records = await take({
    events: ['EXISTING_PROCESS'],
    extended: values.json !== true || values.extended === true,
    filter: parseFilter(values),
  })
  if (values.json) {
    await terminal.stdout.json(records)
    return 0
  }
  const options = { columns: terminal.size().columns ?? COLUMNS_DEFAULT, paint, nowMs: Date.now() }
  const lines = values.tree
    ? [headingLine(options), ...treeOf(records).map((row) => rowLine(row, options))]
    : [processHeading(options), ...records.map((record) => processLine(record.event, options))]
  await terminal.stdout.lines(lines)
  return 0
}

function treeOf(records: readonly Existing[]) {
  const tree = new ProcessTree()
  for (const record of records) tree.add(record, 0)
  return new Rows().of(tree, Number.POSITIVE_INFINITY)
}

async function snapshot(options: SensorOptions<'EXISTING_PROCESS'>): Promise<Existing[]> {
  const { openSensor } = await import('../sensor.js')
  const sensor: Sensor<'EXISTING_PROCESS'> = await openSensor(options)
  // The first batch is the snapshot; what was started since comes later.
  for await (const batch of sensor) return batch.filter((record) => isEvent(record, 'EXISTING_PROCESS')) as Existing[]
  return []
}
