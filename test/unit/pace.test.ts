import { expect, test } from 'vitest'
import { Pace } from '../../lib/pace.js'

/** How often a sensor wakes up in a second of that many records, evenly spaced, which begins after a quiet one. */
function wakeUpsOf(recordsPerSecond: number): { wakeUps: number; pauses: number } {
  const pace = new Pace()
  const comeMs = Array.from({ length: recordsPerSecond }, (_, n) => 1_000 + (n * 1_000) / recordsPerSecond)
  let [wakeUps, pauses, taken, nowMs] = [0, 0, 0, 0]
  while (taken < recordsPerSecond) {
    nowMs = Math.max(nowMs, comeMs[taken]!)
    const there = comeMs.filter((ms) => ms <= nowMs).length
    const pauseMs = pace.pauseMs(there - taken, nowMs)
    taken = there
    nowMs += pauseMs
    wakeUps++
    if (pauseMs > 0) pauses++
  }
  return { wakeUps, pauses }
}

test('where few records come, each of them wakes the sensor', () => {
  expect(wakeUpsOf(10)).toEqual({ wakeUps: 10, pauses: 0 })
  expect(wakeUpsOf(200)).toEqual({ wakeUps: 200, pauses: 0 })
})

test('many records that come one by one cost pauses, and the wake-ups that are granted beside them', () => {
  for (const recordsPerSecond of [1_000, 2_000, 3_000]) {
    const { wakeUps, pauses } = wakeUpsOf(recordsPerSecond)
    expect(pauses).toBeGreaterThan(100)
    expect(wakeUps - pauses).toBeLessThanOrEqual(64 + 200)
  }
})

test('a storm is taken in batches, each behind a pause', () => {
  const { wakeUps, pauses } = wakeUpsOf(50_000)
  expect(wakeUps).toBeLessThan(330)
  expect(pauses).toBeGreaterThan(240)
})

test('the start and the end of a program are each taken at once, also behind a storm', () => {
  const pace = new Pace()
  for (let nowMs = 0; nowMs < 1_000; nowMs += 4) expect(pace.pauseMs(500, nowMs)).toBeGreaterThan(0)
  const after = Array.from({ length: 10 }, (_, step) => pace.pauseMs(1, 1_000 + step))
  expect(after).toEqual(Array(10).fill(0))
})
