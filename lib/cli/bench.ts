/** kernelwire bench: what decoding costs on this machine. */
import { KernelwireError } from '../errors.js'
import { readArguments } from './arguments.js'
import type { Terminal } from './terminal.js'

export const help = `kernelwire bench: measure what decoding costs on this machine

Usage: kernelwire bench [OPTIONS]

  --quick     fewer rounds: rougher figures in some ten seconds
  --json      one JSON object instead of a table
  --help, -h  this text

Takes records in memory to events and to lines, and compares it with JSON.parse of other sensors' lines, in
CPU time and in bytes allocated. Needs no privilege. The suites that need a kernel, root and a C compiler
are in the repository: npm run bench.

Examples:
  kernelwire bench
  kernelwire bench --quick --json | jq .ratios
`

export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readArguments(args, { quick: { type: 'boolean' }, json: { type: 'boolean' } })
  if (positionals.length > 0)
    throw new KernelwireError('ERR_OPTION', `bench takes options only, not "${positionals[0]}"`)
  const [{ runSuites }, { decode }] = await Promise.all([import('../bench/run.js'), import('../bench/decode/suite.js')])
  const options = { quick: values.quick === true, json: values.json === true, requireRivals: false }
  const { isSound } = await runSuites([decode], options, terminal)
  return isSound ? 0 : 1
}
