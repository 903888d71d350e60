#!/usr/bin/env node
/**
 * `npm test`: set-up, then every suite one after the other, then one line with what they came to.
 *
 * With names of suites, only those; `--all` adds the long forms and the benchmarks, `--whole` the whole live suite on
 * each kernel, which takes hours. KERNELWIRE_REQUIRE=live,vm makes a skipped test of these suites a failed one, for
 * machines where they must be able to run.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { columnOf, worse } from './kernels/cells.mjs'
import { MACHINES, vmArguments } from './kernels/machines.mjs'
import { known } from './kernels/page.mjs'
import { root, setupOrExit } from './setup.mjs'
import { crashed, onlyHere, readResults, requireAll, results, summary, together } from './test/results.mjs'

const SKIPPED = 77

const SUITES = {
  types,
  unit: vitest,
  native: vitest,
  live: vitest,
  readme: vitest,
  bench: vitest,
  vm,
  windows,
}

/** The benchmarks' own counts, never what they measure; and Node for Windows, under Wine. */
const ONLY_WITH_ALL = ['bench', 'windows']

/** Emulated, everything takes ten times as long: the short form has what depends on the kernel most. */
const IN_SHORT = { kernel: '6.1', append: '', files: ['new-process', 'terminate-process', 'arguments'], seconds: 240 }
const SECONDS = 1_200
const SECONDS_OF_WHOLE = 7_200

const { values, positionals } = parseArgs({
  options: { all: { type: 'boolean' }, whole: { type: 'boolean' } },
  allowPositionals: true,
})
const isLong = values.all || values.whole
const unknown = positionals.find((name) => !Object.hasOwn(SUITES, name))
if (unknown !== undefined) {
  console.error(`There is no suite "${unknown}"; the suites are ${Object.keys(SUITES).join(', ')}.`)
  process.exit(2)
}
const required = (process.env.KERNELWIRE_REQUIRE ?? '').split(',')
const usual = Object.keys(SUITES).filter((name) => isLong || !ONLY_WITH_ALL.includes(name))
const names = positionals.length > 0 ? positionals : usual

await setupOrExit()
const folder = mkdtempSync(path.join(tmpdir(), 'kernelwire-test-'))
const suites = []
try {
  for (const name of names) {
    console.log(`\n# ${name}`)
    const suite = await SUITES[name](name, path.join(folder, `${name}.json`))
    suites.push(required.includes(name) ? requireAll(suite) : suite)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(summary(suites))
process.exitCode = suites.some((suite) => suite.failed > 0) ? 1 : 0

/** The tests run without types being checked, and test/types consists of nothing else. */
async function types(name) {
  const { ending } = await run('node_modules/typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.test.json'])
  return ending ? crashed(name, `tsc: ${ending}`) : results(name, { passed: 1 })
}

async function vitest(name, file) {
  const reporters = ['--reporter=default', `--reporter=${path.join(root, 'scripts/test/reporter.mjs')}`]
  const args = ['run', '--project', name, ...reporters, `--outputFile.json=${file}`]
  const { ending } = await run('node_modules/vitest/vitest.mjs', args)
  return readResults(name, file, ending)
}

/** On other kernels; in the long form all of docs/kernels.md, which none of them may fall behind. */
async function vm(name, report) {
  if (!isLong) return onKernel(name, IN_SHORT, IN_SHORT.files, IN_SHORT.seconds, report)
  const before = known()
  const columns = []
  for (const machine of MACHINES) {
    console.log(`\n## ${machine.title}`)
    const seconds = values.whole ? SECONDS_OF_WHOLE : SECONDS
    const found = await onKernel(name, machine, values.whole ? [] : machine.files, seconds, report)
    const complaints = existsSync(report) ? worse(machine.title, before[machine.title], columnOf(report)) : []
    rmSync(report, { force: true })
    columns.push(onlyHere(machine.title, found, complaints))
  }
  return together(name, columns)
}

async function onKernel(name, machine, files, seconds, report) {
  const { code, ending, lastLine } = await run('scripts/vm.mjs', vmArguments(machine, { files, report, seconds }))
  if (code === SKIPPED)
    return results(name, { skipped: [{ test: 'the live suite on another kernel', reason: lastLine }] })
  return readResults(name, report, ending)
}

async function windows(name, file) {
  const { code, ending, lastLine } = await run('scripts/test-windows.mjs', ['--json', file])
  if (code === SKIPPED) return results(name, { skipped: [{ test: 'Node for Windows', reason: lastLine }] })
  return readResults(name, file, ending)
}

/** Runs one of the clone's scripts with our output as its own, and tells how it ended and its last line on stderr. */
function run(script, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(root, script), ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'pipe'],
      // What asks tests for their long forms.
      env: isLong ? { ...process.env, KERNELWIRE_ALL: '1' } : process.env,
    })
    let tail = ''
    child.stderr.on('data', (chunk) => {
      process.stderr.write(chunk)
      tail = (tail + chunk).slice(-4096)
    })
    child.on('close', (code, signal) => {
      const ending = signal ? `ended by ${signal}` : code ? `exit status ${code}` : ''
      resolve({ code, ending, lastLine: tail.trimEnd().split('\n').at(-1) ?? '' })
    })
  })
}
