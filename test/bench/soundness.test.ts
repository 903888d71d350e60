import { expect, test } from 'vitest'
import type { Report } from '../../lib/bench/report.js'
import { Bench } from './run.js'

test('a consumer that leaves out one event of a thousand fails its suite', async (ctx) => {
  const { status, stdout, stderr } = await new Bench('test/bench/programs/broken_bench.mjs', []).outcome()
  const { skips, failures, checks } = JSON.parse(stdout) as Report
  if (skips.length > 0) ctx.skip(skips[0]!.reason)

  expect(failures).toEqual([])
  expect(checks).toHaveLength(1)
  const { produced, received } = checks[0]!
  const missing = produced - received
  expect(missing).toBeGreaterThan(produced / 2_000)
  expect(missing).toBeLessThan(produced / 500)
  expect(stderr).toMatch(/stall: kernelwire, round 1: .*: FAILED: [\d,]+ were produced, [\d,]+ received/)
  expect(status).toBe(1)
})
