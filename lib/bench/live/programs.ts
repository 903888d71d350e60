/** The C and C++ programs of test/bench/programs and test/programs, compiled when their sources are newer, into build/bench. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Unable } from '../suite.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const MADE = join(ROOT, 'build/bench')
const INCLUDES = ['-I', join(ROOT, 'native'), '-I', join(ROOT, 'native/linux/bpf')]
const C = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread', '-I', join(ROOT, 'native')]

const CXX = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror']

/** The storm generator of the live tests, and what it executes. */
export function stormPrograms(): { storm: string; tiny: string; usage: string } {
  const isBare = ['x64', 'arm64', 'riscv64'].includes(process.arch)
  return {
    storm: cProgram('test/programs/storm.c'),
    tiny: cProgram('test/programs/tiny.c', isBare ? ['-static', '-nostdlib'] : ['-static']),
    usage: cProgram('test/bench/programs/usage.c'),
  }
}

/** What does one thing of each kind again and again. */
export function actPrograms(): { acts: string; usage: string } {
  return { acts: cProgram('test/programs/act-often.c'), usage: cProgram('test/bench/programs/usage.c') }
}

export function bpfFiguresProgram(): string {
  return cProgram('test/bench/programs/bpf_figures.c', ['-lbpf'])
}

export function ringPrograms(): { producer: string; object: string; consumer: string } {
  return {
    producer: cProgram('test/bench/programs/producer.c', ['-lbpf']),
    object: bpfObject('test/bench/programs/producer.bpf.c'),
    consumer: cProgram('test/bench/programs/count_consumer.c', ['-lbpf']),
  }
}

export function mapPrograms(): { watch: string; object: string; cost: string } {
  return {
    watch: cProgram('test/bench/programs/map_watch.c', ['-lbpf']),
    object: bpfObject('test/bench/programs/map_watch.bpf.c'),
    cost: cProgram('test/bench/programs/call_cost.c'),
  }
}

export function etlPrograms(): { walk: string; usage: string } {
  return { walk: cxxProgram('test/bench/programs/etl_walk.cc'), usage: cProgram('test/bench/programs/usage.c') }
}

/** Where a command is, as a shell would find it; the administrator's folders count. */
export function onPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
}

function cProgram(source: string, flags: readonly string[] = []): string {
  const cc = process.env.CC ?? 'cc'
  return made(source, nameOf(source), (from, to) => [cc, ...C, from, '-o', to, ...flags])
}

function cxxProgram(source: string): string {
  const cxx = process.env.CXX ?? 'c++'
  return made(source, nameOf(source), (from, to) => [cxx, ...CXX, from, '-o', to])
}

function bpfObject(source: string): string {
  const architecture = { x64: 'x86', arm64: 'arm64' }[process.arch as string] ?? process.arch
  const system = ['-idirafter', `/usr/include/${multiarch()}`]
  const flags = [
    '-target',
    'bpf',
    `-D__TARGET_ARCH_${architecture}`,
    '-O2',
    '-g',
    '-Wall',
    '-Werror',
    ...INCLUDES,
    ...system,
  ]
  return made(source, `${nameOf(source)}.o`, (from, to) => [clang(), ...flags, '-c', from, '-o', to])
}

function made(source: string, name: string, command: (from: string, to: string) => string[]): string {
  const from = join(ROOT, source)
  const to = join(MADE, name)
  if (isNewer(to, sourcesOf(from))) return to
  mkdirSync(MADE, { recursive: true })
  const draft = `${to}.${process.pid}`
  const [program, ...args] = command(from, draft)
  const { status, error, stderr } = spawnSync(program!, args, { encoding: 'utf8' })
  if (error !== undefined) throw new Unable(`${program} cannot be started: ${error.message}`)
  if (status !== 0) throw new Error(`${source} does not compile:\n${stderr}`)
  renameSync(draft, to)
  return to
}

/** With the headers beside it, and those of the addon where it may include them. */
function sourcesOf(source: string): string[] {
  const folders = [join(source, '..'), join(ROOT, 'native'), join(ROOT, 'native/linux/bpf')]
  const headers = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  return [source, ...headers.filter((file) => file.endsWith('.h'))]
}

function isNewer(file: string, than: readonly string[]): boolean {
  const time = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  return time !== undefined && than.every((other) => time > statSync(other).mtimeMs)
}

function nameOf(source: string): string {
  return source.replace(/^.*\//, '').replace(/\.cc?$/, '')
}

/** The distribution's clang, or the first numbered one (scripts/bpf-programs.cmake does the same). */
function clang(): string {
  const names = ['clang', ...Array.from({ length: 9 }, (_, i) => `clang-${14 + i}`)]
  return names.map(onPath).find((file) => file !== undefined) ?? 'clang'
}

function multiarch(): string {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch
  return `${machine}-linux-gnu`
}
