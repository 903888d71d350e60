/** Real recordings through the live path: what Windows logged then, given once more by the stand-in. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Acts } from '../../lib/acts.js'
import { EtwAtoms } from '../../lib/decode/etw/atoms.js'
import { EtwDecoder } from '../../lib/decode/etw/decoder.js'
import { RECORD } from '../../lib/decode/etw/layout.js'
import type { Envelope } from '../../lib/envelope.js'
import { EtlFile } from '../../lib/etl/file.js'
import { type EventName, type EventRecord, SUPPORTED_ON_WINDOWS } from '../../lib/events/index.js'
import { EventIds } from '../../lib/process/event-ids.js'
import { seedOf } from '../../lib/process/mixer.js'
import { openSensor } from '../../lib/sensor.js'
import { EventStream } from '../../lib/stream.js'
import { recordings } from '../unit/etl-files.js'
import { routing } from '../unit/records.js'
import { frameOf, isOfKernel, standIn } from './stand-in.js'

const trace = standIn()
/** Files of another machine are not here. */
const EVENTS = new Set<EventName>(SUPPORTED_ON_WINDOWS.filter((name) => !name.endsWith('_IDENTITY')))
const { event_type, event_time, event_id, this: atom, ...envelope } = routing('NEW_PROCESS')
const FILES = recordings()
const HOUR = 36_000_000_000n

/** The records that sessions of a live sensor would have brought, in their order, and what a decoder makes of them. */
async function recorded(path: string) {
  const streamOptions = {
    events: EVENTS,
    extended: true,
    envelope: envelope as Envelope,
    ids: new EventIds(seedOf('test')),
    atoms: { of: () => expect.fail('ETW names its own images') },
  }
  const stream = new EventStream(streamOptions)
  const decoder = new EtwDecoder(stream, new Acts(stream, streamOptions), new EtwAtoms(seedOf('test')), 2_000)
  const frames: { isKernel: boolean; frame: Buffer }[] = []
  let latest = 0n
  const file = await EtlFile.open(path)
  for (let count = await file.step(); count !== undefined; count = await file.step()) {
    const { records, offsets } = file
    for (let i = 0; i < count; i++) {
      const at = offsets[i]!
      const isKernel = isOfKernel(records, at)
      if (isKernel === undefined) continue
      frames.push({ isKernel, frame: frameOf(records, at) })
      decoder.record(records, at)
      latest =
        BigInt(records.u32[(at + RECORD.time) >>> 2]!) + (BigInt(records.u32[(at + RECORD.time + 4) >>> 2]!) << 32n)
    }
  }
  file.close()
  decoder.finish()
  return { frames, latest, events: stream.takeBatch() }
}

/** All but what differs from run to run: ids, and atoms, which are made of other seeds. */
function essence({ routing, event }: EventRecord): string {
  const isOwn = (key: string) => /_ATOM$|^SEQUENCE$/.test(key)
  const body = JSON.stringify(event, (key, value) => (isOwn(key) ? undefined : value))
  return `${routing.event_type} ${routing.event_time} ${body}`
}

describe.skipIf(FILES.length === 0)('a recording', () => {
  test.for(FILES)('$name becomes the same events live as in a replay', async ({ path }, { skip }) => {
    const { frames, latest, events } = await recorded(path)
    if (frames.length === 0) skip('it has no event of a provider that a live sensor asks for')
    trace.reset()
    trace.listProcesses(false)
    // The clock stands still while the sensor compares it with the counter: else times differ by what that takes.
    trace.setNow(latest + HOUR, false)
    const sensor = await openSensor({ events: [...EVENTS], extended: true, ringBytes: 64 * 2 ** 20 })
    trace.setNow(latest + HOUR, true)
    for (const isKernel of [true, false]) {
      trace.feed(isKernel, Buffer.concat(frames.filter((each) => each.isKernel === isKernel).map(({ frame }) => frame)))
    }
    // So that both sessions' records are there before the first are merged.
    while (trace.left() > 0) await sleep(5)
    const live: EventRecord[] = []
    const reading = (async () => {
      for await (const batch of sensor) live.push(...batch)
    })()
    await sensor.close()
    await reading
    expect(live.map(essence)).toEqual(events.map(essence))
    expect(sensor.stats().windows?.sessions.map(({ restarts }) => restarts)).toEqual([0, 0])
  })
})

test('the recordings have events for a live sensor', async ({ skip }) => {
  if (FILES.length === 0) skip('there is no shared/corpus/etl beside or above this clone')
  let total = 0
  for (const { path } of FILES.slice(-4)) total += (await recorded(path)).frames.length
  expect(total).toBeGreaterThan(1_000)
})
