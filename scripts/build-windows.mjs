#!/usr/bin/env node
/**
 * Cross-builds the addon for Windows on x64, with mingw-w64, from the same CMakeLists.txt: into prebuilds/win32-x64,
 * where node-gyp-build finds it. Two builds of the same sources with the same compiler are the same to the byte.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
export const WINDOWS_ADDON = path.join(root, 'prebuilds', 'win32-x64', 'node.napi.node')

const WORK = path.join(root, 'build', 'windows')
const COMPILER = 'x86_64-w64-mingw32-g++-posix'

/** Undefined, or the sentence that says what is missing. */
export function whyNoCompiler() {
  if (spawnSync(COMPILER, ['--version']).status === 0) return undefined
  return `there is no ${COMPILER}; on Debian: apt-get install --no-install-recommends g++-mingw-w64-x86-64-posix`
}

/** Returns undefined, or what the tools said. `isClean`: from nothing. */
export function buildWindows({ isClean = false, work = WORK, output = WINDOWS_ADDON } = {}) {
  if (isClean) rmSync(work, { recursive: true, force: true })
  const toolchain = path.join(root, 'scripts', 'windows', 'mingw.cmake')
  const steps = [
    ['-S', root, '-B', work, `-DCMAKE_TOOLCHAIN_FILE=${toolchain}`, '-DCMAKE_BUILD_TYPE=Release'],
    ['--build', work, '--parallel', '2'],
  ]
  for (const args of steps) {
    const { status, error, stdout, stderr } = spawnSync('cmake', args, { cwd: root, encoding: 'utf8' })
    if (error) return `cannot start cmake: ${error.message}`
    if (status !== 0) return `${stdout}${stderr}`
  }
  mkdirSync(path.dirname(output), { recursive: true })
  copyFileSync(path.join(work, 'addon.node'), output)
  return undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { clean } = parseArgs({ options: { clean: { type: 'boolean', default: false } } }).values
  const failure = whyNoCompiler() ?? buildWindows({ isClean: clean })
  if (failure === undefined) {
    const sha256 = createHash('sha256').update(readFileSync(WINDOWS_ADDON)).digest('hex')
    console.log(`${sha256}  ${path.relative(root, WINDOWS_ADDON)}`)
  } else {
    console.error(failure)
    process.exitCode = 1
  }
}
