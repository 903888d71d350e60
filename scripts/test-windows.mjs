#!/usr/bin/env node
/**
 * `npm run test:windows`: cross-builds the addon, and runs unit, corpus and Windows tests in the real Node for Windows,
 * under Wine. docs/windows.md says what that proves and what it does not.
 *
 * Exit status: 0, 1 when a test failed, 77 when there is no Wine or no compiler here.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildWindows, WINDOWS_ADDON, whyNoCompiler } from './build-windows.mjs'
import { setupOrExit } from './setup.mjs'
import { makeSignedFiles, whyNoSigning } from './windows/signed-files.mjs'
import { windowsTests } from './windows/suites.mjs'
import { NODES, NoWine, Wine } from './windows/wine.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SKIPPED = 77
const TIMEOUT_MS = 900_000

const { values, positionals } = parseArgs({
  options: {
    /** Only this version of Node; default: all. */
    node: { type: 'string' },
    /** Only tests whose name this pattern finds: one recording, for instance. */
    only: { type: 'string' },
    /** Keeps the results, as scripts/test/results.mjs reads them. */
    json: { type: 'string' },
  },
  // Test files instead of all: then the addon is built once, and not from nothing.
  allowPositionals: true,
})
await setupOrExit()
const scratch = mkdtempSync(join(tmpdir(), 'kernelwire-windows-'))
try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof NoWine)) throw error
  console.error(`windows: skipped: ${error.message}`)
  process.exitCode = SKIPPED
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function main() {
  const missing = whyNoCompiler()
  if (missing !== undefined) throw new NoWine(missing)
  const testResults = [positionals.length > 0 ? build() : reproducibility()]
  const versions = values.node === undefined ? NODES : [values.node]
  const files = positionals.length > 0 ? positionals : windowsTests(ROOT)
  const env = { KERNELWIRE_DIGESTS: digestsHere(), KERNELWIRE_SIGNED_FILES: signedFiles(), PREBUILDS_ONLY: '1' }
  for (const major of versions) {
    const recorded = mkdtempSync(join(scratch, 'recorded-'))
    testResults.push(...(await runUnder(major, files, { ...env, KERNELWIRE_RECORDED: recorded })))
    testResults.push(replaysHere(major, recorded))
  }
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ testResults }))
  return testResults.some(({ status }) => status === 'failed') ? 1 : 0
}

function build() {
  const failure = buildWindows()
  if (failure !== undefined) console.log(failure)
  const status = failure === undefined ? 'passed' : 'failed'
  return { name: 'npm run build:windows', status, message: failure ?? '', assertionResults: [] }
}

/** Builds twice from nothing, in two folders, and keeps one. */
function reproducibility() {
  const other = join(scratch, 'addon.node')
  const failure =
    buildWindows({ isClean: true }) ?? buildWindows({ isClean: true, work: join(scratch, 'build'), output: other })
  const hashes = failure === undefined ? [WINDOWS_ADDON, other].map(sha256) : []
  const isSame = failure === undefined && hashes[0] === hashes[1]
  console.log(
    failure ?? `windows: the addon is ${hashes[0]}${isSame ? ', in two clean builds' : `, then ${hashes[1]}`}`,
  )
  return {
    name: 'npm run build:windows',
    status: isSame ? 'passed' : 'failed',
    message: failure ?? '',
    assertionResults: [{ fullName: 'two clean builds are the same', status: isSame ? 'passed' : 'failed', meta: {} }],
  }
}

/** What this Node makes of the recordings. */
function digestsHere() {
  const file = join(scratch, 'digests.json')
  const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/windows/run/digests.mjs'), file], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error('the recordings could not be read here')
  return file
}

/** A folder of them; undefined where they cannot be made. */
function signedFiles() {
  const missing = whyNoSigning()
  if (missing !== undefined) {
    console.error(`windows: no signed files: ${missing}`)
    return undefined
  }
  const folder = join(scratch, 'signed')
  makeSignedFiles(folder)
  return folder
}

async function runUnder(major, files, env) {
  console.log(`\nwindows: Node ${major} under Wine`)
  const results = join(scratch, `node-${major}.json`)
  const only = values.only === undefined ? [] : ['--only', values.only]
  const ending = await Wine.open(major).run(['scripts/windows/run/suite.mjs', ...only, results, ...files], {
    cwd: ROOT,
    env,
    timeoutMs: TIMEOUT_MS,
  })
  try {
    const { testResults } = JSON.parse(readFileSync(results, 'utf8'))
    for (const { assertionResults } of testResults) {
      for (const test of assertionResults) test.fullName = `Node ${major}: ${test.fullName}`
    }
    return testResults
  } catch {
    return [{ name: `Node ${major}`, status: 'failed', message: `no results: ${ending}`, assertionResults: [] }]
  }
}

/** What sensors recorded there, this Node replays. */
function replaysHere(major, recorded) {
  const results = join(scratch, 'replays.json')
  const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/windows/run/replays.mjs'), recorded, results], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const replays = status === 0 ? JSON.parse(readFileSync(results, 'utf8')) : []
  const assertionResults = replays.map(({ name, isSame }) => ({
    fullName: `Node ${major}: ${name} is replayed on Linux as the same events`,
    status: isSame ? 'passed' : 'failed',
    meta: {},
  }))
  const failed = assertionResults.filter((one) => one.status === 'failed')
  const isGood = status === 0 && failed.length === 0
  console.log(`${isGood ? '✓' : '✗'} recordings of Node ${major}, replayed on Linux (${replays.length} tests)`)
  for (const { fullName } of failed) console.log(`  ✗ ${fullName}`)
  const message = status === 0 ? '' : 'the recordings could not be read here'
  return { name: 'test/windows/replays.ts', status: isGood ? 'passed' : 'failed', message, assertionResults }
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
