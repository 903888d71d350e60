/** The offsets that TypeScript reads at, against the header that C++ and the BPF programs are compiled with. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  ACCESS,
  ACCESS_KIND,
  ACCESS_MODE,
  ASKS,
  BLOCK_LIMIT,
  BULK,
  COUNTERS,
  DETAILS,
  EXIT,
  FILE,
  FLAG,
  FORK,
  HEADER,
  IMAGE,
  MODULE,
  PARENT,
  PARTY,
  PIPE,
  THREAD,
  TYPE,
  TYPES,
} from '../../lib/decode/linux/layout.js'

const NATIVE = fileURLToPath(new URL('../../native', import.meta.url))

const STRUCTS = {
  record_header: HEADER,
  fork_record: FORK,
  image_record: IMAGE,
  exit_record: EXIT,
  bulk_record: BULK,
  module_record: MODULE,
  access_record: ACCESS,
  thread_record: THREAD,
  pipe_record: PIPE,
  parent_identity: PARTY,
  file_identity: FILE,
  process_details: DETAILS,
  cpu_counters: COUNTERS,
}

test.each(Object.entries(STRUCTS))('%s lies where its reader looks for it', (name, layout) => {
  const { SIZE, ...fields } = layout
  const offsets = Object.keys(fields).map((field) => `offsetof(struct ${name}, ${field})`)
  expect(valuesOf([...offsets, `sizeof(struct ${name})`])).toEqual([...Object.values(fields), SIZE])
})

test.each(Object.entries(STRUCTS))('%s has nothing that its reader does not know', (name, layout) => {
  const known = [...Object.keys(layout), 'header', 'parent', 'reserved']
  expect(fieldsOf(name).filter((field) => !known.includes(field))).toEqual([])
})

test('C++ and the machine of the BPF programs lay everything out as C does', ({ skip }) => {
  const assertions = Object.entries(STRUCTS).flatMap(([name, { SIZE, ...fields }]) => [
    `sizeof(struct ${name}) == ${SIZE}`,
    ...Object.entries(fields).map(([field, at]) => `__builtin_offsetof(struct ${name}, ${field}) == ${at}`),
  ])
  const check = (keyword: string) => assertions.map((assertion) => `${keyword}(${assertion}, "");`)
  const compile = (compiler: string, options: readonly string[], lines: readonly string[]) =>
    spawnSync(compiler, [...options, '-fsyntax-only', '-I', NATIVE, '-'], { input: lines.join('\n'), encoding: 'utf8' })

  const header = ['#include <linux/types.h>', '#include "record.h"']
  const cxx = compile(process.env.CXX ?? 'c++', ['-x', 'c++', '-std=c++17'], [...header, ...check('static_assert')])
  expect(cxx.stderr).toBe('')

  const clang = ['clang', ...Array.from({ length: 9 }, (_, i) => `clang-${14 + i}`)].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  )
  if (clang === undefined) return skip('there is no clang')
  const bpf = compile(clang, ['-x', 'c', '-target', 'bpf'], ['#include "linux/bpf/core.h"', ...check('_Static_assert')])
  expect(bpf.stderr).toBe('')
})

test('the parent of a fork and of an image lies in the same place', () => {
  const offsets = (record: string) =>
    Object.keys(PARENT).map(
      (field) => `offsetof(struct ${record}, parent) + offsetof(struct parent_identity, ${field})`,
    )
  expect(valuesOf(offsets('fork_record'))).toEqual(Object.values(PARENT))
  expect(valuesOf(offsets('image_record'))).toEqual(Object.values(PARENT))
})

test('types and flags have the same numbers', () => {
  const types = Object.keys(TYPE).map((name) => `RECORD_${name}`)
  const flags = Object.keys(FLAG).map((name) => `RECORD_${name}`)
  expect(valuesOf([...types, ...flags, 'RECORD_TYPES'])).toEqual([
    ...Object.values(TYPE),
    ...Object.values(FLAG),
    TYPES,
  ])
})

test('kinds and modes of access, and what is looked for, have the same numbers', () => {
  const names = (prefix: string, values: object) => Object.keys(values).map((name) => `${prefix}_${name}`)
  expect(valuesOf(names('ACCESS', ACCESS_KIND))).toEqual(Object.values(ACCESS_KIND))
  expect(valuesOf(names('ACCESS_MODE', ACCESS_MODE))).toEqual(Object.values(ACCESS_MODE))
  expect(valuesOf(names('ASKS', ASKS))).toEqual(Object.values(ASKS))
})

test('no block that the programs send is too large for its reader', () => {
  const [pieces, small, large] = valuesOf(['BULK_PIECES', 'BULK_PIECE', 'BULK_LARGE_PIECE'])
  const smallOnes = large! / small! - 1
  expect((pieces! - smallOnes - 1) * large!).toBeGreaterThanOrEqual(6 * 2 ** 20)
  expect(BLOCK_LIMIT).toBeGreaterThanOrEqual(6 * 2 ** 20)
})

/** The names of the members of a struct, as the header has them. */
function fieldsOf(struct: string): string[] {
  const header = readFileSync(join(NATIVE, 'record.h'), 'utf8').replaceAll(/\/\*.*?\*\//gs, '')
  const body = new RegExp(`^struct ${struct} \\{(.*?)^\\};`, 'ms').exec(header)![1]!
  return [...body.matchAll(/(\w+)(?:\[\w+\])?;/g)].map((match) => match[1]!)
}

/** What the C compiler makes of the expressions, with native/record.h. */
function valuesOf(expressions: readonly string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-layout-'))
  try {
    const prints = expressions.map((expression) => `\tprintf("%lld\\n", (long long)(${expression}));`)
    const source = [
      '#include <linux/types.h>',
      '#include <stddef.h>',
      '#include <stdio.h>',
      '#include "record.h"',
      'int main(void)',
      '{',
      ...prints,
      '}',
    ]
    writeFileSync(join(folder, 'layout.c'), source.join('\n'))
    const program = join(folder, 'layout')
    execFileSync(process.env.CC ?? 'cc', ['-Wall', '-I', NATIVE, join(folder, 'layout.c'), '-o', program])
    return execFileSync(program, { encoding: 'utf8' }).trimEnd().split('\n').map(Number)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
