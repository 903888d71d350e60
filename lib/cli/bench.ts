/** kernelwire bench: what decoding costs on this machine. */
import { KernelwireError } from '../errors.js'
import { readArguments } from './arguments.js'
import { COMMON, type Face, VERBOSE } from './face.js'
import type { Terminal } from './terminal.js'

export const face = {
  usage: ['bench [OPTIONS]'],
  options: {
    quick: { type: 'boolean', text: 'fewer rounds: rougher figures in some ten seconds' },
    json: { type: 'boolean', text: 'one JSON object instead of a table' },
    verbose: VERBOSE,
    ...COMMON,
  },
  text: [
    "Takes records in memory to events and to lines, and compares it with JSON.parse of other sensors' lines, in CPU time and in bytes allocated. Needs no privilege. The suites that need a kernel, root and a C compiler are in the repository: npm run bench.",
  ],
  examples: ['kernelwire bench', 'kernelwire bench --quick --json | jq .ratios'],
} as const satisfies Face

export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readArguments(args, face.options)
  if (positionals.length > 0)
    throw new KernelwireError('ERR_OPTION', `bench takes options only, not "${positionals[0]}"`)
  const [{ runSuites }, { decode }] = await Promise.all([import('../bench/run.js'), import('../bench/decode/suite.js')])
  const options = { quick: values.quick === true, json: values.json === true, isRequired: false }
  const { isSound } = await runSuites([decode], options, terminal)
  return isSound ? 0 : 1
}
