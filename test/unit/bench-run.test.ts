/** The benchmarks' own bookkeeping: what makes a run sound, and what it says of itself. */
import { expect, test } from 'vitest'
import { bytesAllocatedBy } from '../../lib/bench/allocation.js'
import { compare } from '../../lib/bench/compare.js'
import { atLeast, atMost, check, figure } from '../../lib/bench/figure.js'
import { pageOf } from '../../lib/bench/page.js'
import { svgOf } from '../../lib/bench/plot.js'
import { runSuites } from '../../lib/bench/run.js'
import { ratios, summary } from '../../lib/bench/statistics.js'
import { type Suite, type SuiteResult, Unable } from '../../lib/bench/suite.js'
import { FakeTerminal } from './terminal.js'

const PLOT = { title: 'a suite', unit: 'ns', bars: [] }

function suite(name: string, run: () => Partial<SuiteResult>): Suite {
  return { name, about: 'About it.', run: async () => ({ figures: [], skips: [], checks: [], plot: PLOT, ...run() }) }
}

async function outcomeOf(suites: readonly Suite[], options: { json?: boolean; isRequired?: boolean } = {}) {
  const terminal = new FakeTerminal()
  const outcome = await runSuites(suites, { quick: true, json: false, isRequired: false, ...options }, terminal)
  return { terminal, ...outcome }
}

function ratioRun(values: readonly number[]) {
  const one = suite('storm', () => ({
    figures: [figure('storm', 'rival: CPU', 's', values, { ratio: { name: 'ours', values } })],
  }))
  return outcomeOf([one])
}

test('the median of an even number of values is the mean of the two in the middle', () => {
  expect(summary([4, 1, 3, 10])).toEqual({ median: 3.5, spread: [1, 10], samples: 4 })
  expect(summary([3, 1, 2])).toEqual({ median: 2, spread: [1, 3], samples: 3 })
  expect(() => summary([])).toThrow('nothing was measured')
})

test('a ratio is made of the two of a pair', () => {
  expect(ratios([2, 9], [1, 3])).toEqual([2, 3])
})

test('a target is met by the median, or by the median of the ratios', () => {
  const values = [1, 2, 30]
  const ratio = { name: 'the other', values: [0.5, 1.5, 1.6] }
  expect(figure('s', 'n', 'ns', values, { target: atMost(2) }).met).toBe(true)
  expect(figure('s', 'n', 'ns', values, { target: atLeast(2.1) }).met).toBe(false)
  expect(figure('s', 'n', 'ns', values, { ratio, target: atMost(1.4, 'ratio') }).met).toBe(false)
  expect(figure('s', 'n', 'ns', values, { ratio, target: atLeast(1.4, 'ratio') }).met).toBe(true)
  expect(figure('s', 'n', 'ns', values).met).toBeNull()
})

test('a run in which fewer arrived than were made has failed', async () => {
  const { isSound, terminal } = await outcomeOf([
    suite('ring', () => ({ checks: [check('ring', 'pair 1', 1_000, 999)] })),
  ])
  expect(isSound).toBe(false)
  expect(terminal.said).toEqual(['kernelwire bench: ring: pair 1: FAILED: 1,000 were produced, 999 received'])
})

test('a missed target is shown and is no failure', async () => {
  const missed = figure('decode', 'an event', 'ns', [900], { target: atMost(450) })
  const { isSound, report, finished, terminal } = await outcomeOf([suite('decode', () => ({ figures: [missed] }))])
  expect(isSound).toBe(true)
  expect(terminal.output).toMatch(/an event +900 ns +900 .* <= 450 ns +missed/)
  expect(pageOf(report, finished)).toContain('| decode: an event | &lt;= 450 ns | 900 ns | 900 | missed |')
})

test('a rival that is not there is a failure only where it is required, and only where it can be', async () => {
  const skip = (isRequirable: boolean) => [
    suite('storm', () => ({ skips: [{ suite: 'storm', name: 'rival', reason: 'not installed', isRequirable }] })),
  ]
  expect((await outcomeOf(skip(true))).isSound).toBe(true)
  expect((await outcomeOf(skip(false), { isRequired: true })).isSound).toBe(true)
  const { isSound, terminal } = await outcomeOf(skip(true), { isRequired: true })
  expect(isSound).toBe(false)
  expect(terminal.said).toEqual(['kernelwire bench: storm: rival: skipped: not installed, but required'])
})

test('a suite that cannot run here is skipped, one that breaks off has failed, and the others run', async () => {
  const suites = [
    suite('unable', () => {
      throw new Unable('needs root')
    }),
    suite('broken', () => {
      throw new Error('no answer')
    }),
    suite('last', () => ({ checks: [check('last', 'all', 1, 1)] })),
  ]
  const { report, finished, isSound } = await outcomeOf(suites)
  expect(report.skips).toEqual([{ suite: 'unable', name: 'the suite', reason: 'needs root', isRequirable: true }])
  expect(report.failures).toEqual([{ suite: 'broken', reason: 'no answer' }])
  expect(finished.map(({ suite }) => suite.name)).toEqual(['last'])
  expect(isSound).toBe(false)
  expect((await outcomeOf(suites.slice(0, 1))).isSound).toBe(true)
})

test('with json there is one object on stdout, with the ratios by name', async () => {
  const ratio = { name: 'the other', values: [1.5] }
  const one = suite('ring', () => ({ figures: [figure('ring', 'a record', 'ns', [3], { ratio })] }))
  const { terminal } = await outcomeOf([one], { json: true })
  expect(JSON.parse(terminal.output)).toMatchObject({ ratios: { 'ring: a record: x the other': 1.5 }, quick: true })
})

test('two runs agree where the spreads of their ratios have something in common', async () => {
  const [first, near, far] = await Promise.all([ratioRun([1, 2, 3]), ratioRun([2.9, 4, 5]), ratioRun([3.1, 4, 5])])
  expect(compare(first.report, near.report)).toMatchObject({ apart: [], missing: [] })
  expect(compare(first.report, far.report).apart).toEqual(['storm: rival: CPU: x ours'])
  const { report } = await outcomeOf([])
  expect(compare(first.report, report).missing).toEqual(['storm: rival: CPU: x ours'])
})

test('what is allocated is counted, whether it is kept, thrown away or collected meanwhile', () => {
  const kept: unknown[] = []
  const objects = (count: number) => () => {
    for (let i = 0; i < count; i++) kept[0] = [i, i, i, i, i, i, i, i]
  }
  bytesAllocatedBy(objects(10_000))
  const [few, many] = [bytesAllocatedBy(objects(50_000)) / 50_000, bytesAllocatedBy(objects(1_000_000)) / 1_000_000]
  // An array of eight numbers: its header of four words, its elements' of two, and they.
  expect(few).toBeGreaterThanOrEqual(80)
  expect(few).toBeLessThan(160)
  expect(many).toBeGreaterThanOrEqual(80)
  expect(many).toBeLessThan(160)
  expect(bytesAllocatedBy(() => void kept.push(Buffer.alloc(1e6)))).toBeGreaterThan(1e6)
})

test('a plot shows each bar with its label, also where a value is zero', () => {
  const bars = [
    { label: 'ours & <theirs>', median: 0, spread: [0, 0] as const, isOurs: true },
    { label: 'other', median: 20, spread: [10, 2_000] as const, isOurs: false },
  ]
  const svg = svgOf({ title: 'a plot', unit: 'ns', bars })
  expect(svg).toContain('>ours &#38; &#60;theirs&#62;</text>')
  expect(svg).toContain('>20</text>')
  expect(svg).not.toMatch(/NaN|Infinity/)
  expect(svgOf({ title: 'nothing', unit: '%', bars: [] })).not.toMatch(/NaN|Infinity/)
})
