#!/usr/bin/env node
'use strict'
// Builds CMakeLists.txt in build/cmake and copies the addon to build/<config>, where node-gyp-build looks first.
// cmake-js is used where it is installed (development, CI); otherwise plain cmake, which is enough on Linux.
// CMake's own output goes to stderr: stdout belongs to whoever started us.
const { spawnSync } = require('node:child_process')
const { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')

const root = path.join(__dirname, '..')
const work = path.join(root, 'build', 'cmake')
const unfinished = path.join(root, 'build', 'unfinished')

const options = parseArgs({
  options: {
    config: { type: 'string', default: 'Release' },
    arch: { type: 'string', default: process.arch },
    /** Show CMake's output only when the build fails. */
    quiet: { type: 'boolean', default: false },
  },
}).values

function run(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    stdio: options.quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status === 0) return
  rmSync(unfinished, { force: true })
  if (options.quiet && !error) process.stderr.write(`${stdout}${stderr}`)
  if (error) console.error(`cannot start ${command}: ${error.message}`)
  process.exit(status || 1)
}

function findCmakeJs() {
  try {
    return require.resolve('cmake-js/bin/cmake-js', { paths: [root] })
  } catch {
    return undefined
  }
}

// A build that was killed can leave half an object file that make takes for a whole one, so it is started over.
// A build that still runs is waited for.
function takeOver() {
  const text = (file) => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return undefined
    }
  }
  for (let owner = text(unfinished); owner !== undefined; owner = text(unfinished)) {
    if (text(`/proc/${owner}/cmdline`)?.includes('build-native') && owner !== String(process.pid)) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
      continue
    }
    rmSync(work, { recursive: true, force: true })
    break
  }
  mkdirSync(path.dirname(unfinished), { recursive: true })
  writeFileSync(unfinished, String(process.pid))
}

// CMake refuses a cache that was made for another folder (a copied or moved clone) and one of another generator
// (ninja was installed since). The first is dropped, the second keeps its generator.
function cachedGenerator() {
  let cache
  try {
    cache = readFileSync(path.join(work, 'CMakeCache.txt'), 'utf8')
  } catch {
    return undefined
  }
  const entry = (name) => new RegExp(`^${name}:INTERNAL=(.*)$`, 'm').exec(cache)?.[1]
  if (entry('CMAKE_HOME_DIRECTORY') === root.replaceAll('\\', '/')) return entry('CMAKE_GENERATOR')
  rmSync(work, { recursive: true, force: true })
  return undefined
}

/** Renamed into place: a process that has the old one mapped keeps it, and nobody sees half a file. */
function put(file) {
  const place = path.join(out, path.basename(file))
  const part = `${place}.${process.pid}`
  copyFileSync(file, part)
  // Dated to when the build began: a source that was changed since is newer.
  utimesSync(part, began, began)
  renameSync(part, place)
}

const began = new Date()
takeOver()
const { config, arch } = options
const cmakeJs = findCmakeJs()
const generator = cachedGenerator()
const keep = generator ? ['-G', generator] : []
if (cmakeJs) {
  // Not `compile`, which answers a compiler's error with a second, full build.
  for (const command of ['configure', 'build']) {
    run(process.execPath, [cmakeJs, command, '-d', root, '-O', work, '-B', config, '-a', arch, ...keep])
  }
} else {
  const output = `CMAKE_LIBRARY_OUTPUT_DIRECTORY_${config.toUpperCase()}`
  run('cmake', [
    '-S',
    root,
    '-B',
    work,
    ...keep,
    `-DCMAKE_BUILD_TYPE=${config}`,
    `-D${output}=${path.join(work, config)}`,
  ])
  run('cmake', ['--build', work, '--config', config])
}

const out = path.join(root, 'build', config)
mkdirSync(out, { recursive: true })
// The program that the addon starts first: a new addon never finds an old one.
if (process.platform === 'linux') put(path.join(work, 'hasher', 'kernelwire-hasher'))
put(path.join(work, config, 'addon.node'))
rmSync(unfinished, { force: true })
