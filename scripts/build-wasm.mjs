#!/usr/bin/env node
/**
 * Builds the reader of .etl files as one WebAssembly module, from the sources that CMakeLists.txt lists as ETL_SOURCES:
 * for machines that no native addon is built for. It has no imports but the one that reads the file.
 *
 * Needs clang with its WebAssembly runtime, lld, wasi-libc and libc++ for wasm32 (the packages are named below).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Beside the prebuilt addons, and shipped as they are. */
export const WASM = path.join(root, 'prebuilds', 'wasm32', 'etl.wasm')

const FLAGS = [
  ...['--target=wasm32-wasi', '-mexec-model=reactor', '-std=c++17', '-O2', '-fno-exceptions', '-DNDEBUG'],
  ...['-Wall', '-Wextra', '-Wl,--strip-all', '-Wl,--max-memory=1073741824'],
  // Names of files and of this machine must not get into it: two builds are the same.
  `-ffile-prefix-map=${root}=.`,
]

/** Returns undefined, or why it could not be built. */
export function buildWasm(output = WASM) {
  const clang = findClang()
  if (clang === undefined || !existsSync('/usr/include/wasm32-wasi')) {
    return (
      'there is no clang that builds WebAssembly: apt-get install clang-14 lld-14 wasi-libc ' +
      'libclang-rt-14-dev-wasm32 libc++-14-dev-wasm32 libc++abi-14-dev-wasm32'
    )
  }
  mkdirSync(path.dirname(output), { recursive: true })
  const sources = [...etlSources(), 'native/etl/wasm.cc']
  const { status, stderr } = spawnSync(clang, [...FLAGS, '-I', 'native', ...sources, '-o', output], {
    cwd: root,
    encoding: 'utf8',
  })
  return status === 0 ? undefined : stderr
}

/** The one list is that of CMakeLists.txt. */
export function etlSources() {
  const list = /set\(ETL_SOURCES\s+([^)]+)\)/.exec(readFileSync(path.join(root, 'CMakeLists.txt'), 'utf8'))[1]
  return list.trim().split(/\s+/)
}

export function findClang() {
  const names = ['clang++', ...Array.from({ length: 9 }, (_, index) => `clang++-${14 + index}`)]
  return names.find((name) => spawnSync(name, ['--version']).status === 0)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failure = buildWasm()
  if (failure !== undefined) {
    console.error(failure)
    process.exitCode = 1
  }
}
