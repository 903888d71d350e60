import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Timeline } from '../../lib/etl/timeline.js'
import type { EventRecord } from '../../lib/events/index.js'

function event(event_type: string, event_time: number, own: string, parent?: string): EventRecord {
  return { routing: { event_type, event_time, this: own, ...(parent && { parent }) }, event: {} } as EventRecord
}
const start = (time: number, atom: string, parent?: string) => event('NEW_PROCESS', time, atom, parent)
const load = (time: number, parent?: string) => event('MODULE_LOAD', time, `load ${time}`, parent)

test('what happened while a start waited comes behind it', () => {
  const timeline = new Timeline()
  const [early, meanwhile, late] = [load(5), load(20), start(10, 'a')]
  expect(timeline.take([early, meanwhile], 9)).toEqual([early])
  expect(timeline.take([late], 30)).toEqual([late, meanwhile])
})

test('at one time, as they came', () => {
  const events = [load(5), start(5, 'a'), load(5, 'a'), start(5, 'b', 'a')]
  expect(new Timeline().take(events, 5)).toEqual(events)
})

test('an event that was logged late does not overtake the start that it names', () => {
  const timeline = new Timeline()
  const [parent, child, module] = [start(50, 'a'), start(40, 'b', 'a'), load(30, 'b')]
  expect(timeline.take([load(60), parent, child, module], 10)).toEqual([])
  expect(timeline.take([], 60)).toEqual([parent, child, module, load(60)])
})

test('all that comes goes, in causal order, and bounded is what is held', () => {
  const arrays = fc.array(fc.tuple(fc.nat(100), fc.nat(5), fc.boolean()), { maxLength: 60 })
  fc.assert(
    fc.property(fc.array(fc.tuple(arrays, fc.nat(120)), { maxLength: 8 }), (batches) => {
      const timeline = new Timeline()
      const known: string[] = []
      const given: EventRecord[] = []
      const taken: EventRecord[] = []
      for (const [batch, settledMs] of batches) {
        const records = batch.map(([time, of, isStart]) => {
          const parent = known[of % (known.length + 1)]
          if (!isStart) return load(time, parent)
          known.push(`p${known.length}`)
          return start(time, known.at(-1)!, parent)
        })
        given.push(...records)
        taken.push(...timeline.take(records, settledMs))
      }
      taken.push(...timeline.take([], Number.POSITIVE_INFINITY))
      expect(new Set(taken)).toEqual(new Set(given))
      expect(taken).toHaveLength(given.length)
      const seen = new Set<string>()
      for (const { routing } of taken) {
        if (routing.parent !== undefined) expect(seen).toContain(routing.parent)
        seen.add(routing.this)
      }
    }),
  )
})

test('however long a start waits, not everything behind it is held', () => {
  const timeline = new Timeline()
  let taken = 0
  for (let i = 0; i < 100; i++)
    taken += timeline.take(
      Array.from({ length: 1_000 }, () => load(i)),
      -1,
    ).length
  expect(taken).toBeGreaterThan(30_000)
})
