import { expect, test } from 'vitest'
import { PidTable } from '../../lib/process/pid-table.js'
import { Random } from './random.js'

test('it is a Map by number, whatever comes and goes', () => {
  const random = new Random(9)
  const table = new PidTable<object>()
  const map = new Map<number, object>()
  const numbers = [0, 1, 255, 256, 257, 511, 4_194_303, 2 ** 31, 2 ** 32 - 1]
  for (let n = 0; n < 20_000; n++) {
    const pid = random.chance(0.5) ? random.pick(numbers) : 1_000 + random.below(600)
    if (random.chance(0.5)) {
      const item = {}
      table.set(pid, item)
      map.set(pid, item)
    } else {
      table.delete(pid)
      map.delete(pid)
    }
    expect(table.size).toBe(map.size)
    expect(table.get(pid)).toBe(map.get(pid))
    for (const other of numbers) expect(table.get(other)).toBe(map.get(other))
    if (n % 500 === 0) expect(new Set(table.values())).toEqual(new Set(map.values()))
  }
})

test('numbers that go up for ever leave nothing behind', () => {
  const table = new PidTable<object>()
  for (let pid = 0; pid < 100_000; pid++) {
    table.set(pid, {})
    if (pid >= 3) table.delete(pid - 3)
  }
  expect(table.size).toBe(3)
  expect([...table.values()]).toHaveLength(3)
})
