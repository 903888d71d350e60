/**
 * npm run bench: all suites, those included that need root, a kernel and a compiler.
 *
 * Not in the package: it needs the C programs of the repository.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readArguments } from '../../cli/arguments.js'
import { dispatchTo } from '../../cli/dispatch.js'
import { processTerminal, type Terminal } from '../../cli/terminal.js'
import { KernelwireError } from '../../errors.js'
import { suggestion } from '../../nearest.js'
import { linesOf } from '../../output/line.js'
import { compare } from '../compare.js'
import { decode } from '../decode/suite.js'
import { pageOf } from '../page.js'
import { svgOf } from '../plot.js'
import type { Report } from '../report.js'
import { type Outcome, runSuites } from '../run.js'
import type { Suite } from '../suite.js'
import { etl } from './etl/suite.js'
import { hashing } from './hashing/suite.js'
import { modules } from './modules.js'
import { ring } from './ring.js'
import { stall } from './storms/stall.js'
import { storm } from './storms/storm.js'
import { mountTracefs } from './tracefs.js'
import { undo, undoAtExit } from './undo.js'

const SUITES: readonly Suite[] = [decode, etl, ring, storm, stall, modules, hashing]
const WITHOUT_KERNEL: readonly Suite[] = [decode, etl]
const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url))

const help = `npm run bench: measure kernelwire on this machine

Usage: npm run bench -- [OPTIONS]
       npm run bench -- --compare FIRST.json SECOND.json

  --suite NAME   ${SUITES.map(({ name }) => name).join(', ')}; may be given several times (default: all)
  --quick        fewer and shorter rounds: rougher figures, in less than three minutes in all
  --json         one JSON object on stdout instead of tables
  --write        write performance.md and its plots; needs all suites
  --docs FOLDER  where to write them (default: docs)
  --compare      whether the ratios of two runs agree within the spread that each printed
  --help, -h     this text

The suites other than decode and etl need root and a kernel that takes BPF programs; etl needs 700 MiB in the
folder for temporary files. Other sensors are measured where they are installed; with KERNELWIRE_REQUIRE=bench
a missing one, or a suite that cannot run, is a failure.
Progress goes to stderr.

Exit status: 0 everything was measured and all counts were right (also where a target is missed), 1 otherwise.
`

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readArguments(args, {
    suite: { type: 'string', multiple: true },
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    write: { type: 'boolean' },
    docs: { type: 'string' },
    compare: { type: 'boolean' },
  })
  if (values.compare) return compareFiles(positionals, terminal)
  if (positionals.length > 0) throw refusal(`bench takes options only, not "${positionals[0]}"`)
  if (values.write && values.suite !== undefined) throw refusal('--write takes all suites; leave out --suite')
  if (values.docs !== undefined && !values.write) throw refusal('--docs says where --write writes; add --write')
  const suites = values.suite === undefined ? SUITES : values.suite.map(suiteOf)
  const outcome = await measured(suites, values.quick === true, values.json === true, terminal)
  if (values.write) write(values.docs ?? DOCS, outcome, terminal)
  return outcome.isSound ? 0 : 1
}

async function measured(suites: readonly Suite[], quick: boolean, json: boolean, terminal: Terminal) {
  const isRequired = (process.env.KERNELWIRE_REQUIRE ?? '').split(',').includes('bench')
  undoAtExit()
  try {
    const mounting = suites.some((suite) => !WITHOUT_KERNEL.includes(suite)) ? mountTracefs() : undefined
    if (mounting !== undefined) terminal.say(`kernelwire bench: ${mounting}`)
    return await runSuites(suites, { quick, json, isRequired }, terminal)
  } finally {
    undo()
  }
}

/** A run that is not whole must not take the place of one that was. */
function write(folder: string, { report, finished }: Outcome, terminal: Terminal): void {
  if (finished.length < SUITES.length) {
    terminal.say('kernelwire bench: performance.md is not written: not every suite came to its end')
    return
  }
  const plots = join(folder, 'performance')
  mkdirSync(plots, { recursive: true })
  for (const { suite, result } of finished) writeFileSync(join(plots, `${suite.name}.svg`), svgOf(result.plot))
  writeFileSync(join(folder, 'performance.md'), pageOf(report, finished))
}

async function compareFiles(files: readonly string[], terminal: Terminal): Promise<number> {
  if (files.length !== 2) throw refusal('--compare takes two files: npm run bench -- --compare FIRST.json SECOND.json')
  const [first, second] = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report)
  const { table, apart, missing } = compare(first!, second!)
  await terminal.stdout.lines(linesOf(table))
  for (const name of apart) terminal.say(`kernelwire bench: apart: ${name}`)
  for (const name of missing) terminal.say(`kernelwire bench: in one run only: ${name}`)
  return apart.length + missing.length === 0 ? 0 : 1
}

function suiteOf(name: string): Suite {
  const suite = SUITES.find((one) => one.name === name)
  if (suite !== undefined) return suite
  const names = SUITES.map((one) => one.name)
  throw refusal(`no suite is called "${name}"; ${suggestion(name, names)}`)
}

function refusal(sentence: string): KernelwireError {
  return new KernelwireError('ERR_OPTION', sentence)
}

dispatchTo({ help, run }, process.argv.slice(2), processTerminal()).then((status) => {
  process.exitCode = status
})
