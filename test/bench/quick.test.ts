import { expect, test } from 'vitest'
import type { Report } from '../../lib/bench/report.js'
import { Bench } from './run.js'

test('a quick run measures every suite, finds every count right and tells its ratios', async (ctx) => {
  const { status, stdout, stderr } = await new Bench('dist/bench/live/main.js', ['--quick', '--json']).outcome()
  const report = JSON.parse(stdout) as Report

  const unable = report.skips.find(({ name }) => name === 'the suite')
  if (unable !== undefined) ctx.skip(`${unable.suite}: ${unable.reason}`)

  expect(report.failures).toEqual([])
  expect(report.checks.filter(({ passed }) => !passed)).toEqual([])
  expect(status, stderr).toBe(0)
  expect(new Set(report.checks.map(({ suite }) => suite))).toEqual(
    new Set(['decode', 'etl', 'ring', 'storm', 'stall', 'hashing']),
  )
  const ratios = Object.entries(report.ratios)
  expect(ratios.length).toBeGreaterThan(20)
  expect(ratios.filter(([, ratio]) => !(Number.isFinite(ratio) && ratio > 0))).toEqual([])
  const allocated = report.figures.filter(({ name }) => name.endsWith('events in batches: allocated'))
  // No event has fewer fields than fit into so much.
  for (const { name, median } of allocated) expect(median, name).toBeGreaterThan(200)

  // A rival that is missing is said to be, with a reason.
  for (const { reason } of report.skips) expect(reason).not.toBe('')
})
