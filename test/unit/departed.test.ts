import { expect, test } from 'vitest'
import { DepartedImages } from '../../lib/process/departed.js'
import { ProcessImage } from '../../lib/process/image.js'

const OF_ONE_DRAIN = 4_096
const KEPT = 128

function end(departed: DepartedImages, first: number, count: number): void {
  for (let pid = first; pid < first + count; pid++) departed.add(new ProcessImage(pid, 0, 0, 0, 0, 1))
}

function pids(departed: DepartedImages): number[] {
  return Array.from(departed, ({ pid }) => pid)
}

test('all that one drain ended are there until the next, the latest first', () => {
  const departed = new DepartedImages()
  expect(pids(departed)).toEqual([])
  end(departed, 1, OF_ONE_DRAIN)
  expect(pids(departed)).toEqual(Array.from({ length: OF_ONE_DRAIN }, (_, i) => OF_ONE_DRAIN - i))
})

test('of former drains the latest stay, however many there were', () => {
  const departed = new DepartedImages()
  let next = 1
  for (const count of [10, 600, 0, 3_000, OF_ONE_DRAIN, 1]) {
    end(departed, next, count)
    next += count
    departed.forget()
    const kept = Math.min(KEPT, next - 1)
    expect(pids(departed)).toEqual(Array.from({ length: kept }, (_, i) => next - 1 - i))
  }
})
