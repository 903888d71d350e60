import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ErrorCode, exitStatus, KernelwireError } from '../../lib/errors.js'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('docs/errors.md has every code, with its exit status, a cause and a remedy', () => {
  const codes = [...read('lib/errors.ts').matchAll(/^ {2}\| '(ERR_\w+)'$/gm)].map(([, code]) => code as ErrorCode)
  const rows = read('docs/errors.md')
    .split('\n')
    .filter((line) => line.startsWith('| ERR_'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  expect(rows.map(([, code]) => code).sort()).toEqual([...codes].sort())
  for (const [, code, exit, cause, remedy] of rows) {
    expect(exitStatus(new KernelwireError(code as ErrorCode, '')), code).toBe(Number(exit))
    expect(cause, code).toMatch(/\w/)
    expect(remedy, code).toMatch(/\w/)
  }
})
