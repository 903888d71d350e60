/** What npm test makes of tests that were skipped. */
import { expect, test } from 'vitest'
import { EXPLAINED, requireAll, results } from '../../scripts/test/results.mjs'

const SKIPPED = [
  { test: 'a', reason: `${EXPLAINED}it executes no 32-bit programs (ENOEXEC)` },
  { test: 'b', reason: 'no reason given' },
  { test: 'c', reason: `there is no gdb, which is not ${EXPLAINED}` },
]

test('where all must run, what was skipped has failed, but for what the machine itself explains', () => {
  const suite = results('live', { passed: 7, failed: 1, failures: ['d'], skipped: SKIPPED })
  expect(requireAll(suite)).toEqual({
    name: 'live',
    passed: 7,
    failed: 3,
    failures: ['d', 'b: skipped (no reason given), but required', expect.stringMatching(/^c: .*, but required$/)],
    skipped: [SKIPPED[0]],
  })
})
