import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const scripts = new URL('../../scripts/kernels/', import.meta.url).href
const { columnOf, failures, worse } = await import(`${scripts}cells.mjs`)
const { pageOf } = await import(`${scripts}page.mjs`)

const DOCTOR = { release: '6.1.0-50', state: 'works', rungs: ['trampoline'] }

function columnOfResults(testResults: object[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kernelwire-kernels-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(path.join(folder, 'report'), JSON.stringify({ testResults }))
  return columnOf(path.join(folder, 'report'))
}

const column = (state: string, skipped: number) => ({
  release: '6.1.0-50',
  events: { NEW_PROCESS: { state, rungs: ['trampoline'], live: 'passed' } },
  files: { storm: { passed: 2, failed: 0, skipped } },
})

test('a column has what doctor said of each event, and how many tests of each file passed', () => {
  const column = columnOfResults([
    {
      name: '/x/test/live/every-event.test.ts',
      assertionResults: [
        { title: 'NEW_PROCESS comes where doctor says so', status: 'passed', meta: { doctor: DOCTOR } },
        { title: 'events look as in docs/events.md', status: 'failed', meta: {} },
        { title: 'another', status: 'pending', meta: { skipped: 'a reason' } },
      ],
    },
  ])
  expect(column).toEqual({
    release: '6.1.0-50',
    events: { NEW_PROCESS: { state: 'works', rungs: ['trampoline'], live: 'passed' } },
    files: { 'every-event': { passed: 1, failed: 1, skipped: 1 } },
  })
  expect(failures('6.1', column)).toEqual(['every-event on 6.1: 1 failed'])
})

test('a lesser state or more skipped tests are worse, and nothing else is', () => {
  expect(worse('6.1', column('works', 0), column('degraded', 1))).toEqual([
    'NEW_PROCESS on 6.1: works before, degraded now',
    'storm on 6.1: 0 skipped before, 1 now',
  ])
  expect(worse('6.1', column('degraded', 1), column('works', 0))).toEqual([])
  expect(worse('6.1', undefined, column('impossible', 3))).toEqual([])
})

test('the page has a column for each kernel, and cells of what was not run are empty', () => {
  const page = pageOf({ '6.1': column('works', 1), '7.2': { ...column('works', 0), files: {} } })
  expect(page).toContain('| NEW_PROCESS | works: trampoline | works: trampoline |')
  expect(page).toContain('| storm | 2 passed, 1 skipped |  |')
})

test('what machines came to is told together, each failure with where it was', async () => {
  const { onlyHere, results, together } = await import(new URL('../../scripts/test/results.mjs', import.meta.url).href)
  const parts = [
    onlyHere('5.10', results('vm', { passed: 3, failed: 1, failures: ['a test'] }), []),
    onlyHere('7.2', results('vm', { passed: 2, skipped: [{ test: 'another', reason: 'so' }] }), ['worse than before']),
  ]
  expect(together('vm', parts)).toEqual({
    name: 'vm',
    passed: 5,
    failed: 2,
    failures: ['5.10: a test', 'worse than before'],
    skipped: [{ test: '7.2: another', reason: 'so' }],
  })
})
