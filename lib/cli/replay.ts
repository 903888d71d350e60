/** kernelwire replay: what a recording holds. */
import { KernelwireError } from '../errors.js'
import { readArguments } from './arguments.js'
import { Ending } from './ending.js'
import { COMMON, type Face, VERBOSE } from './face.js'
import { printRaw, printStats } from './replay-etl.js'
import type { Terminal } from './terminal.js'

export const face = {
  usage: ['replay FILE.etl --raw', 'replay FILE.etl --stats [--json]'],
  options: {
    raw: { type: 'boolean', text: 'list every event of every provider, as its header has it, one JSON object a line' },
    stats: { type: 'boolean', text: 'count events by kind, and say what can be learnt from the file' },
    json: { type: 'boolean', text: 'with --stats: one JSON object instead of a table' },
    verbose: VERBOSE,
    ...COMMON,
  },
  positional: 'file',
  text: ['Reads recordings of Windows events (.etl) on any platform; FILE may be a pipe, and - is the standard input.'],
  examples: ['kernelwire replay trace.etl --stats', 'kernelwire replay trace.etl --raw | jq .provider'],
} as const satisfies Face

export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readArguments(args, face.options)
  const [path, another] = positionals
  if (path === undefined || another !== undefined) {
    throw new KernelwireError('ERR_OPTION', 'replay takes one file: write kernelwire replay FILE.etl --stats')
  }
  if (values.raw === values.stats) {
    throw new KernelwireError('ERR_OPTION', 'replay lists events with --raw or counts them with --stats; choose one')
  }
  const ending = new Ending(terminal)
  try {
    if (values.raw === true) await printRaw(path, terminal, ending.signal)
    else await printStats(path, terminal, ending.signal, values.json === true || !terminal.isTerminal)
    return 0
  } catch (error) {
    if (ending.signal.aborted) return 0
    throw error
  } finally {
    ending.dispose()
  }
}
