/** The system packages that the native build needs: what is missing, what its package is called, how to get it. */
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import path from 'node:path'
import { SetupError } from './error.mjs'

const OLDEST_CLANG = 14
const NEWEST_CLANG = 22
const VERSIONED = Array.from({ length: NEWEST_CLANG - OLDEST_CLANG + 1 }, (_, index) => OLDEST_CLANG + index)

// sbin is where bpftool lives, and often not on an ordinary user's PATH.
const PATH = (process.env.PATH ?? '').split(':').filter(Boolean)
const FOLDERS = [...new Set([...PATH, '/usr/local/sbin', '/usr/sbin', '/sbin'])]

/** @type {readonly { what: string, found: () => boolean, packages: () => string[] }[]} */
const NEEDS = [
  { what: 'a C++ compiler', found: () => has('c++') && has('cc'), packages: () => ['g++'] },
  { what: 'make or ninja', found: () => has('ninja') || has('make'), packages: () => ['make'] },
  { what: 'cmake', found: () => has('cmake'), packages: () => ['cmake'] },
  { what: `clang ${OLDEST_CLANG} or newer`, found: hasClang, packages: clangPackages },
  { what: 'llvm-strip', found: hasLlvmStrip, packages: llvmPackages },
  { what: 'bpftool', found: hasBpftool, packages: bpftoolPackages },
  { what: 'libbpf 1.0 or newer with its headers', found: hasLibbpf, packages: libbpfPackages },
]

/** Installs what is missing where that is possible, and otherwise says what to do. @param {(line: string) => void} say */
export function needSystemPackages(say) {
  const missing = NEEDS.filter((need) => !need.found())
  if (missing.length === 0) return

  const whats = missing.map((need) => need.what).join(', ')
  if (!has('apt-get')) {
    throw new SetupError(`To build kernelwire, install these with your package manager and run again: ${whats}.`, 2)
  }
  const root = process.getuid?.() === 0
  if (root && !hasPackageLists()) updatePackageLists(say)
  const names = [...new Set(missing.flatMap((need) => need.packages()))]
  if (!root) {
    const update = hasPackageLists() ? '' : 'sudo apt-get update && '
    const command = `${update}sudo apt-get install --no-install-recommends -y ${names.join(' ')}`
    throw new SetupError(`To build kernelwire, this is needed: ${whats}. Run this, then run again:\n  ${command}`, 2)
  }

  say(`installing the system packages ${names.join(' ')}`)
  if (!install(names, 'pipe')) {
    // The lists may name versions that the archive no longer has.
    updatePackageLists(say)
    if (!install(names, 'inherit')) {
      throw new SetupError(`apt-get could not install ${names.join(' ')}; its messages are above.`, 1)
    }
  }
  const still = NEEDS.filter((need) => !need.found())
  if (still.length > 0) {
    throw new SetupError(`Still missing after the installation: ${still.map((need) => need.what).join(', ')}.`, 2)
  }
}

function install(names, output) {
  return apt(['install', '--no-install-recommends', '-y', '-q', ...names], output)
}

function updatePackageLists(say) {
  say('updating the package lists (apt-get update)')
  if (!apt(['update', '-q'], 'pipe') && !apt(['update', '-q'], 'inherit')) {
    throw new SetupError('apt-get update failed; its messages are above.', 1)
  }
}

/** apt-get may wait for another one: on a new machine the system's own update often runs. */
function apt(args, output) {
  const { status } = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: output === 'pipe' ? 'ignore' : ['ignore', 2, 2],
  })
  return status === 0
}

function hasPackageLists() {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'))
  } catch {
    return false
  }
}

/** The version that apt would install, or undefined. */
function candidate(name) {
  const { stdout } = spawnSync('apt-cache', ['policy', name], {
    env: { ...process.env, LC_ALL: 'C' },
    encoding: 'utf8',
  })
  const version = /^ {2}Candidate: (?:\d+:)?(\d\S*)$/m.exec(stdout ?? '')?.[1]
  return version === undefined ? undefined : { text: version, major: Number.parseInt(version, 10) }
}

// Without package lists there is nothing to ask: then the names that Debian 12 and newer releases have.
function clangPackages() {
  if (!hasPackageLists()) return ['clang']
  const usual = candidate('clang')
  if (usual && usual.major >= OLDEST_CLANG) return ['clang']
  const version = VERSIONED.find((number) => candidate(`clang-${number}`))
  if (version === undefined)
    throw new SetupError(`This release of the system has no clang ${OLDEST_CLANG} or newer.`, 2)
  return [`clang-${version}`]
}

function llvmPackages() {
  const [clang] = clangPackages()
  return [clang.replace('clang', 'llvm')]
}

// Debian and new Ubuntu releases have a package of that name; older Ubuntu ships it with the kernel's tools.
function bpftoolPackages() {
  return !hasPackageLists() || candidate('bpftool') ? ['bpftool'] : ['linux-tools-common', 'linux-tools-generic']
}

function libbpfPackages() {
  const version = candidate('libbpf-dev')
  if (version && version.major < 1) {
    throw new SetupError(`kernelwire needs libbpf 1.0 or newer; this release of the system has ${version.text}.`, 2)
  }
  return ['libbpf-dev']
}

function has(program) {
  return FOLDERS.some((folder) => existsSync(path.join(folder, program)))
}

function hasLlvmStrip() {
  return ['llvm-strip', ...VERSIONED.map((version) => `llvm-strip-${version}`)].some(has)
}

function hasClang() {
  if (VERSIONED.some((version) => has(`clang-${version}`))) return true
  if (!has('clang')) return false
  const { stdout } = spawnSync('clang', ['-dumpversion'], { encoding: 'utf8' })
  return Number.parseInt(stdout ?? '', 10) >= OLDEST_CLANG
}

// Older Ubuntu's bpftool is a shell script that starts the running kernel's copy, if there is one.
function hasBpftool() {
  if (FOLDERS.some((folder) => isBinary(path.join(folder, 'bpftool')))) return true
  return ubuntuKernelTools().some((folder) => existsSync(path.join(folder, 'bpftool')))
}

function isBinary(file) {
  if (!existsSync(file)) return false
  const start = Buffer.alloc(2)
  const handle = openSync(file, 'r')
  readSync(handle, start, 0, 2, 0)
  closeSync(handle)
  return start.toString('latin1') !== '#!'
}

function ubuntuKernelTools() {
  const entries = (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [])
  return [
    ...entries('/usr/lib/linux-tools'),
    ...entries('/usr/lib').filter((folder) => path.basename(folder).startsWith('linux-tools-')),
  ]
}

function hasLibbpf() {
  return ['/usr/include', '/usr/local/include'].some((folder) => {
    const file = path.join(folder, 'bpf/libbpf_version.h')
    return existsSync(file) && /LIBBPF_MAJOR_VERSION [1-9]/.test(readFileSync(file, 'utf8'))
  })
}
