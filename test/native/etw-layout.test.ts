/** The offsets that TypeScript reads records of ETW at, against the header that C++ is compiled with. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  FLAG,
  ITEM,
  ITEM_TYPE,
  PROVIDER,
  PROVIDERS,
  RECORD,
  SENSOR_FLAG,
  SENSOR_LOSS,
  SENSOR_LOSS_REASON,
  SENSOR_OPCODE,
  SENSOR_PROCESS,
} from '../../lib/decode/etw/layout.js'

const NATIVE = fileURLToPath(new URL('../../native', import.meta.url))
const HEADER = ['etw_record.h', 'windows/sensor_record.h']
  .map((file) => readFileSync(join(NATIVE, file), 'utf8'))
  .join('\n')
  .replaceAll(/\/\/.*$/gm, '')

test.each([
  ['EtwRecord', RECORD],
  ['EtwItem', ITEM],
  ['SensorProcess', SENSOR_PROCESS],
  ['SensorLoss', SENSOR_LOSS],
])('%s lies where its reader looks for it', (struct, { SIZE, ...fields }) => {
  const offsets = Object.keys(fields).map((field) => `offsetof(${struct}, ${field})`)
  expect(valuesOf([...offsets, `sizeof(${struct})`])).toEqual([...Object.values(fields), SIZE])
})

test.each([
  ['EtwRecord', RECORD],
  ['EtwItem', ITEM],
  ['SensorProcess', SENSOR_PROCESS],
  ['SensorLoss', SENSOR_LOSS],
])('%s has nothing that its reader does not know', (struct, layout) => {
  const known = [...Object.keys(layout), 'reserved']
  expect(membersOf(struct, /(\w+)(?:\[\w+\])?;/g).filter((field) => !known.includes(field))).toEqual([])
})

test.each([
  ['EtwProvider', 'ETW_', { ...PROVIDER, PROVIDERS }],
  ['EtwFlag', 'ETW_', FLAG],
  ['EtwItemType', 'ETW_ITEM_', ITEM_TYPE],
  ['SensorOpcode', 'SENSOR_', SENSOR_OPCODE],
  ['SensorProcessFlag', 'SENSOR_', SENSOR_FLAG],
  ['SensorLossReason', 'SENSOR_', SENSOR_LOSS_REASON],
])('%s has the same numbers, and no more', (list, prefix, numbers) => {
  const names = Object.keys(numbers).map((name) => prefix + name)
  expect(valuesOf(names)).toEqual(Object.values(numbers))
  expect(membersOf(list, /(\w+) =/g)).toEqual(names)
})

/** The names that `pattern` finds between the braces of a struct or an enum. */
function membersOf(name: string, pattern: RegExp): string[] {
  const body = new RegExp(`^(?:struct|enum) ${name}\\b[^{]*\\{(.*?)^\\};`, 'ms').exec(HEADER)![1]!
  return [...body.matchAll(pattern)].map((match) => match[1]!)
}

/** What the C++ compiler makes of the expressions. */
function valuesOf(expressions: readonly string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-layout-'))
  try {
    const prints = expressions.map((expression) => `printf("%lld\\n", static_cast<long long>(${expression}));`)
    const headers = [
      '#include <cstddef>',
      '#include <cstdio>',
      '#include "windows/sensor_record.h"',
      'using namespace kernelwire;',
    ]
    writeFileSync(join(folder, 'layout.cc'), [...headers, 'int main() {', ...prints, '}'].join('\n'))
    const program = join(folder, 'layout')
    execFileSync(process.env.CXX ?? 'c++', ['-std=c++17', '-I', NATIVE, join(folder, 'layout.cc'), '-o', program])
    return execFileSync(program, { encoding: 'utf8' }).trimEnd().split('\n').map(Number)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
