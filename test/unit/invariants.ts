/** What holds for every stream, whatever the records were. */
import { expect } from 'vitest'
import type { Accounts } from '../../lib/accounts.js'
import type { EventRecord } from '../../lib/events/index.js'

/** Each record became something, and one thing only. For a stream that is finished: nothing waits. */
export function expectIdentity(accounts: Accounts, records: number): void {
  const { read, delivered, folded, filtered, bad, dropped } = accounts
  const settled = read.map(
    (_, type) => delivered[type]! + folded[type]! + filtered[type]! + bad[type]! + dropped[type]!,
  )
  expect([...settled]).toEqual([...read])
  expect(read.reduce((sum, count) => sum + count, 0)).toBe(records)
}

/** Whatever an event names was introduced before it. */
export function expectCausalOrder(events: readonly EventRecord[]): void {
  const introduced = new Set<string>()
  for (const { routing, event } of events) {
    const named = [routing.parent, (event as { PREVIOUS_ATOM?: string }).PREVIOUS_ATOM]
    if ('PARENT' in event) named.push(event.PARENT?.THIS_ATOM, event.PARENT?.PARENT_ATOM)
    const unknown = named.filter((atom) => atom !== undefined && !introduced.has(atom))
    if (unknown.length > 0) expect.fail(`${unknown} is named before it is introduced, by ${JSON.stringify(event)}`)
    introduced.add(routing.this)
  }
}

/** No image starts twice, and none ends twice. */
export function expectEachOnce(events: readonly EventRecord[]): void {
  const atoms = (names: RegExp, of: 'this' | 'parent') =>
    events
      .filter(({ routing }) => names.test(routing.event_type))
      .map(({ routing }) => routing[of])
      .filter((atom) => atom !== undefined)
  for (const all of [atoms(/^(NEW|EXISTING)_PROCESS$/, 'this'), atoms(/^TERMINATE_PROCESS$/, 'parent')]) {
    expect(new Set(all).size).toBe(all.length)
  }
}

/** Of counts by the type of the record: those that are not 0. */
export function counted(counts: Float64Array): Record<number, number> {
  return Object.fromEntries([...counts.entries()].filter(([, count]) => count !== 0))
}
