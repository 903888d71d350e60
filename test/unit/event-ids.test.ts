import { expect, test } from 'vitest'
import { EventIds } from '../../lib/process/event-ids.js'
import { seedOf } from '../../lib/process/mixer.js'

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const ATOM = /^[0-9a-f]{32}$/
const TIME = 1_700_000_000_999

function take(ids: EventIds, count: number): { id: string; atom: string }[] {
  return Array.from({ length: count }, () => {
    ids.next()
    return { id: ids.eventId(), atom: ids.atom(TIME) }
  })
}

test('event ids have the form of a random UUID, and no two of 100,000 are the same', () => {
  const taken = take(new EventIds(seedOf('run')), 100_000)
  for (const { id } of taken) if (!UUID_4.test(id)) expect.fail(id)
  expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length)
})

test('atoms of events end with their second, and no two of 100,000 are the same', () => {
  const taken = take(new EventIds(seedOf('run')), 100_000)
  for (const { atom } of taken) if (!ATOM.test(atom) || !atom.endsWith('6553f100')) expect.fail(atom)
  expect(new Set(taken.map(({ atom }) => atom)).size).toBe(taken.length)
})

test('every digit of an id that may vary does, from run to run', () => {
  const taken = Array.from({ length: 1_000 }, (_, run) => {
    const ids = new EventIds(seedOf(`run ${run}`))
    return take(ids, 1)[0]!
  })
  for (const [at, digits] of [
    ...Array.from({ length: 36 }, (_, at) => [at, at === 14 ? 1 : at === 19 ? 4 : 16] as const),
  ].filter(([at]) => at < 24 && ![8, 13, 18, 23].includes(at))) {
    expect(new Set(taken.map(({ id }) => id[at])).size, `digit ${at}`).toBe(digits)
  }
})

test("ids and atoms end in the event's number, also behind a jump", () => {
  const ids = new EventIds(seedOf('run'))
  const numbers = [
    ...Array.from({ length: 5_000 }, (_, i) => i),
    65_535,
    65_536,
    1_048_577,
    2 ** 32 - 1,
    2 ** 32 + 70,
    2 ** 40,
  ]
  for (const number of numbers) {
    ids.sequence = number
    expect(ids.eventId().slice(-12)).toBe(number.toString(16).padStart(12, '0'))
    expect(ids.atom(TIME).slice(16, 24)).toBe((number % 2 ** 32).toString(16).padStart(8, '0'))
  }
})

test('the same seed gives the same ids in the same order', () => {
  expect(take(new EventIds(seedOf('run')), 500)).toEqual(take(new EventIds(seedOf('run')), 500))
})

test('two runs have nothing in common', () => {
  const [a, b] = ['run', 'another run'].map((run) => take(new EventIds(seedOf(run)), 500))
  expect(new Set([...a!, ...b!].flatMap(({ id, atom }) => [id, atom])).size).toBe(2_000)
})

test('an event has one id and one atom, however often they are asked for, and a number from 1', () => {
  const ids = new EventIds(seedOf('run'))
  expect(ids.sequence).toBe(0)
  for (let n = 1; n <= 200; n++) {
    ids.next()
    expect(ids.sequence).toBe(n)
    expect(ids.eventId()).toBe(ids.eventId())
    expect(ids.atom(TIME)).toBe(ids.atom(TIME))
  }
})

test('an event whose time goes back has the seconds of its own time', () => {
  const ids = new EventIds(seedOf('run'))
  ids.next()
  expect([5_000, 1_000, 5_999].map((time) => ids.atom(time).slice(-8))).toEqual(['00000005', '00000001', '00000005'])
})
