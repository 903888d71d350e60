/**
 * The small C programs of test/programs, compiled when they are first needed, into build/test.
 *
 * Nothing is compiled twice: a program is as new as its source. Several test runs may do it at once.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cannotRun } from './skip.js'

const SOURCES = fileURLToPath(new URL('../programs/', import.meta.url))
const PROGRAMS = fileURLToPath(new URL('../../build/test/', import.meta.url))

const COMMON = ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-pthread']

/** How a program is linked; the usual one is what this machine's compiler does by itself. */
export const LINKS = {
  pie: ['-fPIE', '-pie'],
  'no-pie': ['-fno-pie', '-no-pie'],
  static: ['-static'],
  'static-pie': ['-fPIE', '-static-pie'],
  /** Without a C library. */
  bare: ['-static', '-nostdlib'],
  /** No library of the machine is needed for it, so most x64 machines can. */
  '32-bit': ['-m32', '-static', '-nostdlib', '-ffreestanding', '-fno-stack-protector', '-fno-pie', '-no-pie'],
  /** Code first, in the segment that also has the headers: as Go links. */
  'code-first': ['-static', '-fno-pie', '-no-pie', '-Wl,-z,noseparate-code'],
  /** A gap of 2 MiB between code and data: as old linkers did. */
  gap: ['-fno-pie', '-no-pie', '-Wl,-z,noseparate-code,-z,max-page-size=0x200000,-z,common-page-size=4096'],
} as const

export type Link = keyof typeof LINKS

/** The path of an executable made of test/programs/`name`.c. Skips the test where it cannot be made. */
export function program(name: string, link?: Link): string {
  const source = join(SOURCES, `${name}.c`)
  const made = join(PROGRAMS, link === undefined ? name : `${name}.${link}`)
  if (!isNewer(made, source)) compile(source, made, link === undefined ? [] : LINKS[link])
  return made
}

/** The path of a library made of test/programs/`name`.c. */
export function library(name: string): string {
  const source = join(SOURCES, `${name}.c`)
  const made = join(PROGRAMS, `${name}.so`)
  if (!isNewer(made, source)) compile(source, made, ['-shared', '-fPIC'])
  return made
}

function isNewer(made: string, source: string): boolean {
  const time = statSync(made, { throwIfNoEntry: false })?.mtimeMs
  return time !== undefined && time > statSync(source).mtimeMs
}

function compile(source: string, made: string, flags: readonly string[]): void {
  mkdirSync(PROGRAMS, { recursive: true })
  const draft = `${made}.${process.pid}`
  const cc = process.env.CC ?? 'cc'
  const { status, error, stderr } = spawnSync(cc, [...COMMON, ...flags, source, '-o', draft], { encoding: 'utf8' })
  if (error !== undefined) cannotRun(`no C compiler: ${error.message}`)
  if (status === 0) {
    renameSync(draft, made)
    return
  }
  if (flags.length > 0 && canCompile(cc, source)) cannotRun(`${cc} cannot link with ${flags.join(' ')} here`)
  throw new Error(`${source} does not compile:\n${stderr}`)
}

/** Whether the source is right, and only this way of linking it is not to be had. */
function canCompile(cc: string, source: string): boolean {
  const object = join(PROGRAMS, `check.${process.pid}.o`)
  const { status } = spawnSync(cc, [...COMMON, '-c', source, '-o', object])
  if (status === 0) unlinkSync(object)
  return status === 0
}
