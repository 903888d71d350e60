import fc from 'fast-check'
import { Check } from 'typebox/schema'
import { expect, test } from 'vitest'
import { PROVIDER } from '../../lib/decode/etw/layout.js'
import { EVENT_NAMES, type EventName, type EventRecord } from '../../lib/events/index.js'
import { schemaOf } from '../../lib/events/schemas.js'
import type { EtwEvent } from './etw-bytes.js'
import {
  at,
  end,
  fileCreate,
  found,
  kernelLoad,
  kernelStart,
  kernelStop,
  kernelThread,
  load,
  opened,
  type Run,
  run,
  start,
  thread,
  volume,
} from './etw-run.js'
import { expectCausalOrder, expectEachOnce, expectIdentity } from './invariants.js'

const RUNS = Number(process.env.KERNELWIRE_FUZZ_RUNS ?? 300)
const schemas = Object.fromEntries(EVENT_NAMES.map((name) => [name, schemaOf(name)])) as Record<EventName, object>

/** Few numbers, so that events are about the same processes. */
const pid = fc.constantFrom(4, 8, 12, 16, 20, 24)
/** Of the kernel's objects: no two are the same. */
let keys = 0n
const key = fc.constant(undefined).map(() => ++keys << 12n)
const ms = fc.integer({ min: 0, max: 5_000 })
const text = fc.string({ unit: 'binary', maxLength: 12 }).map((value) => value.replaceAll('\0', ''))
const path = fc.oneof(
  text,
  text.map((name) => `\\Device\\HarddiskVolume1\\${name}`),
  pid.map((of) => `\\x\\p${of}.exe`),
)

const sensible: fc.Arbitrary<EtwEvent> = fc.oneof(
  fc.record({ pid, parent: pid, key, commandLine: text, ms }).map(start),
  fc.record({ pid, parent: pid, key, ms }).map(end),
  fc.record({ pid, parent: pid, key, ms }).map((of) => found(of)),
  fc.record({ pid, parent: pid, key, ms }).map((of) => found(of, 4)),
  fc.record({ pid, parent: pid, ms }).map((of) => kernelStart(of)),
  fc.record({ pid, parent: pid, ms }).map((of) => kernelStart(of, true)),
  fc.record({ pid, ms }).map(kernelStop),
  fc.record({ pid, path, ms }).map((of) => load(of)),
  fc.record({ pid, path, ms }).map(kernelLoad),
  fc.record({ pid, by: pid, tid: fc.integer({ min: 1, max: 50 }), ms }).map((of) => thread(of)),
  fc.record({ pid, by: pid, tid: fc.integer({ min: 1, max: 50 }), ms }).map(kernelThread),
  fc
    .record({ pid, by: pid, access: fc.constantFrom(0x10, 0x1000, 0x1fffff), status: fc.constantFrom(0, 5), ms })
    .map(opened),
  fc
    .record({ by: pid, disposition: fc.integer({ min: 0, max: 5 }), ms, name: text })
    .map(({ name, ...of }) => fileCreate({ ...of, path: `\\Device\\NamedPipe\\${name}` })),
  path.map((kernel) => volume(`${kernel}\\`, 'C:\\')),
)

/** A sensible event of which some bytes are others, or the end is missing. */
const mutated: fc.Arbitrary<EtwEvent> = fc
  .tuple(sensible, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.option(fc.nat()))
  .map(([event, bytes, cut]) => {
    const payload = Uint8Array.from(event.payload)
    for (const [where, value] of bytes) if (payload.length > 0) payload[where % payload.length] = value
    return { ...event, payload: cut === null ? payload : payload.subarray(0, cut % (payload.length + 1)) }
  })

const random: fc.Arbitrary<EtwEvent> = fc.record({
  provider: fc.integer({ min: 0, max: 20 }),
  id: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.nat(0xffff)),
  opcode: fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 10, 32, 33, 34, 35, 36, 38, 39, 48, 64), fc.nat(255)),
  version: fc.oneof(fc.nat(6), fc.nat(255)),
  pointerSize: fc.constantFrom(4, 8, 0, 255),
  flags: fc.nat(0xffff),
  pid: fc.oneof(pid, fc.nat(0xffffffff)),
  tid: fc.nat(0xffffffff),
  time: fc.oneof(ms.map(at), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  payload: fc.uint8Array({ maxLength: 200 }),
})

const streams = fc.array(fc.oneof({ weight: 3, arbitrary: sensible }, mutated, random), { maxLength: 40 })

test('whatever the payloads are: nothing is thrown, each record is counted once, each event is valid', () => {
  fc.assert(
    fc.property(streams, fc.boolean(), (events, extended) => {
      const result = run(events, { extended })
      expectWellFormed(result)
      expect(readBy(result) + result.decoder.ledger.skipped).toBe(events.length)
    }),
    { numRuns: RUNS },
  )
})

test('what makes sense is in causal order, and nothing starts or ends twice', () => {
  fc.assert(
    fc.property(fc.array(sensible, { maxLength: 60 }), (events) => {
      const { events: delivered, decoder } = run(inOrder(events))
      expect(decoder.ledger.faults()).toEqual({})
      expectCausalOrder(delivered)
      expectEachOnce(delivered)
    }),
    { numRuns: RUNS },
  )
})

test('a payload that is cut within its fields is bad, and counted', () => {
  fc.assert(
    fc.property(sensible, fc.nat(), (event, cut) => {
      const payload = event.payload.subarray(0, cut % event.payload.length)
      const result = run([{ ...event, payload }])
      expectWellFormed(result)
      const bad = result.stream.accounts.bad.reduce((sum, count) => sum + count, 0)
      // The last byte of a layout may be padding.
      if (payload.length < event.payload.length - 3) expect(bad).toBe(1)
    }),
    { numRuns: RUNS },
  )
})

test('the bytes around a record are not read: with others there, the events are the same', () => {
  fc.assert(
    fc.property(streams, fc.nat(255), fc.nat(255), (events, one, other) => {
      const [first, second] = [run(events, { filler: one }), run(events, { filler: other })]
      expect(second.events).toEqual(first.events)
      expect(second.decoder.ledger.faults()).toEqual(first.decoder.ledger.faults())
    }),
    { numRuns: RUNS },
  )
})

test('a record that claims a longer payload than it has is bad', () => {
  for (const provider of Object.values(PROVIDER)) {
    if (provider === PROVIDER.OTHER || provider === PROVIDER.LOST) continue
    for (const kind of [0, 1, 5, 10, 12, 32, 35, 64]) {
      const event = { provider, id: kind, opcode: kind, payload: new Uint8Array(400), claims: 0x7fff_ffff }
      const result = run([event])
      expect(result.events).toEqual([])
      const bad = result.stream.accounts.bad[provider]!
      expect(bad + result.decoder.ledger.skipped).toBe(1)
    }
  }
})

function expectWellFormed({ events, stream }: Run): void {
  for (const event of events) if (!isValid(event)) expect.fail(`not valid: ${JSON.stringify(event)}`)
  expectIdentity(
    stream.accounts,
    stream.accounts.read.reduce((sum, count) => sum + count, 0),
  )
}

function readBy({ stream }: Run): number {
  return stream.accounts.read.reduce((sum, count) => sum + count, 0)
}

function isValid(event: EventRecord): boolean {
  return Check(schemas[event.routing.event_type], event)
}

function inOrder(events: readonly EtwEvent[]): EtwEvent[] {
  return [...events].sort((a, b) => Number((a.time ?? 0n) - (b.time ?? 0n)))
}
