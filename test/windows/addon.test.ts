/** The shipped addon in Node for Windows. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { native } from '../../lib/native.js'
import { digests } from './digests.js'

test('this is Node for Windows', () => {
  expect(process.platform).toBe('win32')
})

test('the addon loads', () => {
  expect(native().etlRecordsMax).toBe(4_096)
})

test('recordings become the same events as on Linux, byte for byte', async ({ skip }) => {
  const there = process.env.KERNELWIRE_DIGESTS
  if (there === undefined) skip('nobody has told what Linux makes of them')
  const expected = JSON.parse(readFileSync(there!, 'utf8'))
  if (expected.length === 0) skip('there is no shared/corpus/etl beside or above this clone')
  const found = await digests()
  expect(found.map(({ recording }) => recording)).toEqual(
    expected.map(({ recording }: { recording: string }) => recording),
  )
  expect(found).toEqual(expected)
  expect(found.reduce((sum, { events }) => sum + events, 0)).toBeGreaterThan(1_000)
})
