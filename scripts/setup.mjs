#!/usr/bin/env node
/**
 * Makes a fresh clone ready to run: system packages, npm packages, the native addon, the compiled TypeScript.
 *
 * Looks first and does only what is missing or older than its sources, so a second run costs milliseconds. Says what it
 * does on stderr; stdout belongs to whoever started it.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetupError } from './setup/error.mjs'
import { lock } from './setup/lock.mjs'
import { isNpmStale, isStale } from './setup/stale.mjs'
import { needSystemPackages } from './setup/system.mjs'

export const root = realpathSync(fileURLToPath(new URL('..', import.meta.url)))

const at = (...names) => path.join(root, ...names)
const ADDON = at('build', 'Release', 'addon.node')
const NATIVE_SOURCES = [
  at('native'),
  at('CMakeLists.txt'),
  at('scripts', 'bpf-programs.cmake'),
  at('scripts', 'bpf-skeleton.cmake'),
  at('scripts', 'build-native.cjs'),
]
// Its time is when the last good compilation began: tsc writes its outputs even when it fails.
const COMPILED = at('build', 'typescript.stamp')
const TYPESCRIPT_SOURCES = [at('lib'), at('tsconfig.json'), at('package-lock.json')]

const hasNative = process.platform === 'linux'
const nativeIsStale = () => hasNative && isStale(ADDON, NATIVE_SOURCES)
const typescriptIsStale = () => isStale(COMPILED, TYPESCRIPT_SOURCES) || isStale(at('dist', 'index.js'), [])

/** Brings the clone up to date, or throws a SetupError. */
export async function setup() {
  needNode()
  if (!isNpmStale(root) && !nativeIsStale() && !typescriptIsStale()) return

  const unlock = await lock(root, () => say('waiting for another set-up of this clone'))
  try {
    if (nativeIsStale()) needSystemPackages(say)
    if (isNpmStale(root)) installNpmPackages()
    if (nativeIsStale()) buildNative()
    if (typescriptIsStale()) compileTypescript()
  } finally {
    unlock()
  }
}

/** Runs set-up for a command: an error becomes a sentence on stderr and the end of the process. */
export async function setupOrExit() {
  try {
    await setup()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    console.error(`kernelwire set-up: ${error.message}`)
    process.exit(error.status)
  }
}

function say(line) {
  console.error(`kernelwire set-up: ${line}`)
}

function needNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new SetupError(`Node ${process.versions.node} is too old; kernelwire needs 20.19 or newer.`, 2)
}

function installNpmPackages() {
  say('installing the npm packages (npm ci)')
  // Under `npm start` npm names itself. Its --silent and a NODE_ENV of production must not reach this one.
  const npm = process.env.npm_execpath
  const [command, ...before] = npm?.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm']
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-progress']
  run(command, [...before, 'ci', '--include=dev', '--ignore-scripts', ...quiet], 'npm ci')
}

function buildNative() {
  say('building the native addon')
  run(process.execPath, [at('scripts', 'build-native.cjs'), '--quiet'], 'the native build')
}

function compileTypescript() {
  say('compiling TypeScript')
  rmSync(COMPILED, { force: true })
  const began = new Date()
  run(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', root], 'tsc')
  removeOlder(at('dist'), began)
  mkdirSync(path.dirname(COMPILED), { recursive: true })
  writeFileSync(COMPILED, '')
  utimesSync(COMPILED, began, began)
}

// tsc writes every output each time: what is older has lost its source.
function removeOlder(folder, began) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) removeOlder(file, began)
    else if (statSync(file).mtimeMs < began.getTime()) rmSync(file)
  }
}

/** Runs one step; what it printed matters only when it failed. */
function run(command, args, what) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error) throw new SetupError(`cannot start ${command}: ${error.message}`, 1)
  if (status === 0) return
  process.stderr.write(stdout)
  process.stderr.write(stderr)
  throw new SetupError(`${what} failed (${signal ?? `status ${status}`}); its messages are above.`, 1)
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await setupOrExit()
