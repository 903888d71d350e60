/** The block of docs/testing.md, executed. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compiled, ROOT } from './compiled.js'

test('a test of docs/testing.md', () => {
  const source = readFileSync(join(ROOT, 'docs/testing.md'), 'utf8').match(/^```ts\n(.*?)^```$/ms)![1]!
  const block = compiled('testing', source)
  const { stdout, stderr } = spawnSync(process.execPath, [block], { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: 'passed\n', stderr: '' })
})
