/**
 * Runs files of vitest tests in this very Node, one after the other, without vitest's own process around them:
 *
 *   node suite.mjs [--only PATTERN] RESULTS.json FILE.test.ts…
 *
 * What tests and expects is vitest's (its runner, its expect); what loads is Node with hooks.mjs. RESULTS.json is what
 * scripts/test/results.mjs reads.
 */
import { writeFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { NOT_ON_WINDOWS, TESTS_NOT_ON_WINDOWS } from '../suites.mjs'

const TIMEOUT_MS = 60_000

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true })
const [results, ...files] = positionals

const config = {
  root: process.cwd(),
  setupFiles: [],
  sequence: { hooks: 'stack', setupFiles: 'list' },
  testTimeout: TIMEOUT_MS,
  hookTimeout: TIMEOUT_MS,
  maxConcurrency: 1,
  retry: 0,
  testNamePattern: values.only === undefined ? undefined : new RegExp(values.only),
  fakeTimers: { toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] },
}
// Where vitest's parts look for the process that they believe themselves in.
globalThis.__vitest_worker__ = { config, ctx: {}, environment: { name: 'node' }, rpc: {} }

register('./hooks.mjs', import.meta.url)
const vitest = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'))
const { startTests } = await import(pathToFileURL(vitest.resolve('@vitest/runner')).href)
const { expect } = await import('vitest')

const runner = {
  config,
  importFile: (file) => import(pathToFileURL(file).href),
  onBeforeRunTask(test) {
    const known = TESTS_NOT_ON_WINDOWS.find(({ name }) => name.test(test.name))
    if (known === undefined) return
    test.mode = 'skip'
    test.result = { state: 'skip', note: known.reason }
  },
  onBeforeTryTask(test) {
    expect.setState({ assertionCalls: 0, currentTestName: test.fullName, testPath: test.file.filepath })
  },
  extendTaskContext(context) {
    context.expect = expect
    return context
  },
}

const testResults = []
for (const file of files) {
  const impossible = NOT_ON_WINDOWS.find((known) => known.file === file)
  const result = impossible === undefined ? await run(file) : skipped(impossible)
  testResults.push(result)
  print(result)
}
writeFileSync(results, JSON.stringify({ testResults }))
process.exit(testResults.some(({ status }) => status === 'failed') ? 1 : 0)

async function run(file) {
  const [task] = await startTests([{ filepath: path.resolve(file), testLocations: undefined }], runner)
  const assertionResults = testsOf(task)
  const errors = (task.result?.errors ?? []).map(({ stack, message }) => stack ?? message)
  const hasFailed = errors.length > 0 || assertionResults.some(({ status }) => status === 'failed')
  return { name: file, status: hasFailed ? 'failed' : 'passed', message: errors.join('\n'), assertionResults }
}

function skipped({ file, reason }) {
  const assertionResults = [{ fullName: `all of ${file}`, status: 'skipped', meta: { skipped: reason } }]
  return { name: file, status: 'passed', message: '', assertionResults }
}

function testsOf(task, above = '') {
  return task.tasks.flatMap((child) => {
    const fullName = `${above} ${child.name}`.trim()
    if (child.type === 'suite') return testsOf(child, fullName)
    const { state, note, errors } = child.result ?? {}
    if (values.only !== undefined && child.mode === 'skip' && note === undefined) return []
    if (state === 'pass') return [{ fullName, status: 'passed', meta: {} }]
    if (state !== 'fail') return [{ fullName, status: 'skipped', meta: { skipped: note } }]
    const failures = (errors ?? []).map(({ stack, message }) => stack ?? message)
    return [{ fullName, status: 'failed', meta: {}, failures }]
  })
}

function print({ name, status, message, assertionResults }) {
  console.log(`${status === 'passed' ? '✓' : '✗'} ${name} (${assertionResults.length} tests)`)
  if (message !== '') console.log(message)
  for (const { fullName, failures } of assertionResults) {
    if (failures !== undefined) console.log(`  ✗ ${fullName}\n    ${failures.join('\n')}`)
  }
}
