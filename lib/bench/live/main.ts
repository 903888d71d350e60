/**
 * npm run bench: all suites, those included that need root, a kernel and a compiler.
 *
 * Not in the package: it needs the C programs of the repository.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readArguments } from '../../cli/arguments.js'
import { dispatchTo } from '../../cli/dispatch.js'
import { processTerminal, type Terminal } from '../../cli/terminal.js'
import { KernelwireError } from '../../errors.js'
import { suggestion } from '../../nearest.js'
import { decode } from '../decode/suite.js'
import { svgOf } from '../plot.js'
import { pageOf } from '../report.js'
import { type Outcome, runSuites } from '../run.js'
import type { Suite } from '../suite.js'
import { ring } from './ring.js'
import { stall } from './storms/stall.js'
import { storm } from './storms/storm.js'

const SUITES: readonly Suite[] = [decode, ring, storm, stall]
const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url))

const help = `npm run bench: measure kernelwire on this machine

Usage: npm run bench -- [OPTIONS]

  --suite NAME  ${SUITES.map(({ name }) => name).join(', ')}; may be given several times (default: all)
  --quick       fewer and shorter rounds: rougher figures, in less than three minutes in all
  --json        one JSON object on stdout instead of tables
  --write       write docs/performance.md and its plots; needs all suites
  --help, -h    this text

The suites other than decode need root and a kernel that takes BPF programs. Rivals are measured where they
are installed; with KERNELWIRE_REQUIRE=bench a missing one is a failure. Progress goes to stderr.
`

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readArguments(args, {
    suite: { type: 'string', multiple: true },
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    write: { type: 'boolean' },
  })
  if (positionals.length > 0)
    throw new KernelwireError('ERR_OPTION', `bench takes options only, not "${positionals[0]}"`)
  const suites = values.suite === undefined ? SUITES : values.suite.map(suiteOf)
  if (values.write && values.suite !== undefined) throw new KernelwireError('ERR_OPTION', '--write takes all suites')
  const options = {
    quick: values.quick === true,
    json: values.json === true,
    requireRivals: (process.env.KERNELWIRE_REQUIRE ?? '').split(',').includes('bench'),
  }
  const outcome = await runSuites(suites, options, terminal)
  if (values.write) write(suites, outcome)
  return outcome.isSound ? 0 : 1
}

function suiteOf(name: string): Suite {
  const suite = SUITES.find((one) => one.name === name)
  if (suite !== undefined) return suite
  const names = SUITES.map((one) => one.name)
  throw new KernelwireError('ERR_OPTION', `no suite is called "${name}"; ${suggestion(name, names)}`)
}

function write(suites: readonly Suite[], { report, results }: Outcome): void {
  const plots = join(DOCS, 'performance')
  mkdirSync(plots, { recursive: true })
  for (const [i, { plot }] of results.entries()) writeFileSync(join(plots, `${suites[i]!.name}.svg`), svgOf(plot))
  writeFileSync(join(DOCS, 'performance.md'), pageOf(report, suites, results))
}

dispatchTo({ help, run }, process.argv.slice(2), processTerminal()).then((status) => {
  process.exitCode = status
})
