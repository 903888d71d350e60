/** Events that users build for their tests are such as a sensor could deliver. */
import { Compile, Errors } from 'typebox/schema'
import { expect, test } from 'vitest'
import { EVENT_NAMES, type EventName, type EventRecord } from '../../lib/events/index.js'
import { schemaOf } from '../../lib/events/schemas.js'
import { lineEncoder } from '../../lib/output/encoder.js'
import { buildEvent } from '../../lib/testing/index.js'

function expectValid(record: EventRecord): void {
  const schema = schemaOf(record.routing.event_type)
  if (!Compile(schema).Check(record)) expect({ record, why: Errors(schema, record)[1] }).toBeUndefined()
}

test.each(EVENT_NAMES)('%s: what is not said satisfies the schema', (name: EventName) => {
  const record = buildEvent(name) as EventRecord
  expect(record.routing.event_type).toBe(name)
  expectValid(record)
  expect(JSON.parse(lineEncoder()(record))).toEqual(record)
})

test('what is said is there, what is given as undefined is not', () => {
  const record = buildEvent('NEW_PROCESS', { FILE_PATH: '/bin/sh', COMMAND_LINE: undefined, TIMESTAMP: 5_000 })
  expect(record.event).toMatchObject({ FILE_PATH: '/bin/sh', PROCESS_ID: 1_000 })
  expect(record.event).not.toHaveProperty('COMMAND_LINE')
  expect(record.routing.event_time).toBe(5_000)
  expect(buildEvent('NEW_PROCESS', {}, { event_time: 6_000 }).event.TIMESTAMP).toBe(6_000)
  expectValid(record)
})

test('each has ids of its own, and the same bodies in its kind', () => {
  const [one, other] = [buildEvent('TERMINATE_PROCESS'), buildEvent('TERMINATE_PROCESS')]
  expect(one.event).toEqual(other.event)
  expect(one.routing.event_id).not.toBe(other.routing.event_id)
  expect(one.routing.this).not.toBe(other.routing.this)
})

test('routing names the processes that the event holds', () => {
  const [source, target] = [buildEvent('NEW_PROCESS'), buildEvent('NEW_PROCESS', { PROCESS_ID: 7 })].map(
    ({ routing, event }) => ({ ...event, THIS_ATOM: routing.this }),
  )
  const handle = buildEvent('REMOTE_PROCESS_HANDLE', { SOURCE: source!, TARGET: target! })
  expect(handle.routing).toMatchObject({ parent: source!.THIS_ATOM, target: target!.THIS_ATOM })
  expectValid(handle)
  const injection = buildEvent('THREAD_INJECTION', { EVENTS: [handle] })
  expect(injection.routing).toMatchObject({ parent: source!.THIS_ATOM, target: target!.THIS_ATOM })
})
