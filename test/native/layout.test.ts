/** The offsets that TypeScript reads at, against the header that C++ and the BPF programs are compiled with. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  BLOCK_LIMIT,
  BULK,
  COUNTERS,
  DETAILS,
  EXIT,
  FLAG,
  FORK,
  HEADER,
  IMAGE,
  PARENT,
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
  process_details: DETAILS,
  cpu_counters: COUNTERS,
}

test.each(Object.entries(STRUCTS))('%s lies where its reader looks for it', (name, layout) => {
  const { SIZE, ...fields } = layout
  const offsets = Object.keys(fields).map((field) => `offsetof(struct ${name}, ${field})`)
  expect(valuesOf([...offsets, `sizeof(struct ${name})`])).toEqual([...Object.values(fields), SIZE])
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

test('no block that the programs send is too large for its reader', () => {
  const [pieces, small, large] = valuesOf(['BULK_PIECES', 'BULK_PIECE', 'BULK_LARGE_PIECE'])
  const smallOnes = large! / small! - 1
  expect((pieces! - smallOnes - 1) * large!).toBeGreaterThanOrEqual(6 * 2 ** 20)
  expect(BLOCK_LIMIT).toBeGreaterThanOrEqual(6 * 2 ** 20)
})

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
