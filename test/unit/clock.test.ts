import { expect, test } from 'vitest'
import { EventClock } from '../../lib/clock.js'

test('times of events are whole milliseconds since 1970', () => {
  expect(new EventClock(1_700_000_000_000.5).epochMs(1_000.75)).toBe(1_700_000_001_001)
})

test('a step of the wall clock moves the events that follow, in either direction', () => {
  const clock = new EventClock(1_700_000_000_000)
  clock.adjust(1_700_000_005_000)
  expect(clock.epochMs(1)).toBe(1_700_000_005_001)
  clock.adjust(1_600_000_000_000)
  expect(clock.epochMs(1)).toBe(1_600_000_000_001)
})

test('readings that differ by a few milliseconds are the same clock', () => {
  const clock = new EventClock(1_700_000_000_000)
  for (const offset of [0.9, -4.9, 3]) {
    clock.adjust(1_700_000_000_000 + offset)
    expect(clock.epochMs(1)).toBe(1_700_000_000_001)
  }
})

test('many small corrections are followed once they add up', () => {
  const clock = new EventClock(1_700_000_000_000)
  for (let n = 1; n <= 100; n++) clock.adjust(1_700_000_000_000 + n)
  expect(clock.epochMs(0)).toBe(1_700_000_000_100)
})
