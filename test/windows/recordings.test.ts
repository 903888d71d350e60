/** Real recordings through the live path: what Windows logged then, given once more by the stand-in. */
import { describe, expect, test } from 'vitest'
import { Acts } from '../../lib/acts.js'
import { EtwAtoms } from '../../lib/decode/etw/atoms.js'
import { EtwDecoder } from '../../lib/decode/etw/decoder.js'
import type { Envelope } from '../../lib/envelope.js'
import { type EventName, type EventRecord, SUPPORTED_ON_WINDOWS } from '../../lib/events/index.js'
import { EventIds } from '../../lib/process/event-ids.js'
import { seedOf } from '../../lib/process/mixer.js'
import { EventStream } from '../../lib/stream.js'
import { recordings } from '../unit/etl-files.js'
import { routing } from '../unit/records.js'
import { framesOf, liveEvents } from './frames.js'
import { standIn } from './stand-in.js'

const trace = standIn()
/** Files of another machine are not here. */
const EVENTS = new Set<EventName>(SUPPORTED_ON_WINDOWS.filter((name) => !name.endsWith('_IDENTITY')))
const { event_type, event_time, event_id, this: atom, ...envelope } = routing('NEW_PROCESS')
const FILES = recordings()

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
  const frames = await framesOf(path, (records, at) => decoder.record(records, at))
  decoder.finish()
  return { frames, events: stream.takeBatch() }
}

/** All but what differs from run to run: ids, and atoms, which are made of other seeds. */
function essence({ routing, event }: EventRecord): string {
  const isOwn = (key: string) => /_ATOM$|^SEQUENCE$/.test(key)
  const body = JSON.stringify(event, (key, value) => (isOwn(key) ? undefined : value))
  return `${routing.event_type} ${routing.event_time} ${body}`
}

describe.skipIf(FILES.length === 0)('a recording', () => {
  test.for(FILES)('$name becomes the same events live as in a replay', async ({ path }, { skip }) => {
    const { frames, events } = await recorded(path)
    if (frames.count === 0) skip('it has no event of a provider that a live sensor asks for')
    const { sensor, events: live } = await liveEvents(trace, frames, { events: [...EVENTS], extended: true })
    expect(live.map(essence)).toEqual(events.map(essence))
    expect(sensor.stats().windows?.sessions.map(({ restarts }) => restarts)).toEqual([0, 0])
  })
})

test('the recordings have events for a live sensor', async ({ skip }) => {
  if (FILES.length === 0) skip('there is no shared/corpus/etl beside or above this clone')
  let total = 0
  for (const { path } of FILES) if (total <= 1_000) total += (await framesOf(path)).count
  expect(total).toBeGreaterThan(1_000)
})
