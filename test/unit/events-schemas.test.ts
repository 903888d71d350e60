import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Check, Errors } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { EVENT_NAMES, type EventName } from '../../lib/events/index.js'
import { schemaOf, schemaOfAll, schemas } from '../../lib/events/schemas.js'
import { loss, newProcess, routing, terminateProcess } from './records.js'

interface Keywords {
  [keyword: string]: unknown
  properties?: Record<string, Keywords>
  required?: string[]
}

const bodyOf = (name: EventName) => (schemas[name] as unknown as Keywords).properties!.event!

describe.each(EVENT_NAMES)('%s', (name) => {
  const body = bodyOf(name)
  const fields = Object.entries(body.properties!)

  test('tells of every field what it means and in which unit', () => {
    for (const [field, schema] of fields) {
      expect(schema.description, field).toMatch(/\S/)
      expect(schema['x-unit'], field).toMatch(/\S/)
    }
  })

  test('tells when a field is absent, if and only if it can be', () => {
    for (const [field, schema] of fields) {
      expect(schema['x-absent'] === undefined, field).toBe(body.required!.includes(field))
    }
  })

  test('has its extensions after everything that is documented, and none of them required', () => {
    const isExtension = fields.map(([, schema]) => schema['x-extension'] === true)
    expect(isExtension).toEqual([...isExtension].sort())
    for (const [field, schema] of fields) if (schema['x-extension']) expect(body.required).not.toContain(field)
  })

  test('carries an identifier and a version', () => {
    expect(schemas[name]).toMatchObject({ $id: `urn:kernelwire:event:${name}:1`, 'x-version': 1 })
    expect(schemaOf(name)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' })
  })
})

test('a record in the documented shape is valid, alone and among all', () => {
  for (const record of [newProcess(), terminateProcess(), loss({ EXEC: 2 })]) {
    expect(Errors(schemaOf(record.routing.event_type), record)[1]).toEqual([])
    expect(Check(schemaOfAll(), record)).toBe(true)
  }
})

test.each([
  ['a field that no one documented', { ...newProcess().event, EXIT_CODE: 0 }],
  ['a number as text', { ...newProcess().event, PROCESS_ID: '4711' }],
  ['null for what is not known', { ...newProcess().event, FILE_PATH: null }],
  ['a fraction', { ...newProcess().event, TIMESTAMP: 1.5 }],
  ['a parent within the parent', { ...newProcess().event, PARENT: { ...newProcess().event.PARENT, PARENT: {} } }],
  ['a flag that is a boolean', { ...newProcess().event, FILE_IS_SIGNED: true }],
])('%s is not valid', (_, event) => {
  expect(Check(schemaOf('NEW_PROCESS'), { ...newProcess(), event })).toBe(false)
  expect(Check(schemaOfAll(), { ...newProcess(), event })).toBe(false)
})

test('a record under the name of another event is not valid', () => {
  expect(Check(schemaOf('NEW_PROCESS'), { ...newProcess(), routing: routing('EXISTING_PROCESS') })).toBe(false)
})

test('only an event upon another process has a target', () => {
  const target = '00112233445566778899aabb69249300'
  expect(Check(schemaOf('NEW_PROCESS'), { ...newProcess(), routing: { ...newProcess().routing, target } })).toBe(false)
  const handle = { ACCESS_FLAGS: 0x1410, PARENT_PROCESS_ID: 1, PROCESS_ID: 2 }
  const record = { routing: { ...routing('REMOTE_PROCESS_HANDLE'), target }, event: handle }
  expect(Errors(schemaOf('REMOTE_PROCESS_HANDLE'), record)[1]).toEqual([])
})

test('the schema of a correlation stands alone: it brings the schemas of its evidence', () => {
  const handle = {
    routing: routing('REMOTE_PROCESS_HANDLE'),
    event: { ACCESS_FLAGS: 0x1410, PARENT_PROCESS_ID: 1, PROCESS_ID: 2 },
  }
  const injection = (EVENTS: object[]) => ({ routing: routing('THREAD_INJECTION'), event: { EVENTS } })
  const schema = JSON.parse(JSON.stringify(schemaOf('THREAD_INJECTION')))
  expect(Check(schema, injection([handle]))).toBe(true)
  expect(Check(schema, injection([newProcess()]))).toBe(false)
})

const SAMPLES = new URL('../../../shared/corpus/samples/', import.meta.url)

/** Sanitised and shortened samples lack fields; they never have any that the schema lacks. */
describe.skipIf(!existsSync(SAMPLES))(
  'public samples of the documented shapes (skipped where they are not at hand)',
  () => {
    const files = existsSync(SAMPLES) ? readdirSync(SAMPLES) : []

    test.each(files)('%s has no field or type that the schema does not have', (file) => {
      const record = recordOf(file)
      expect(Errors(withoutRequired(schemaOf(nameOf(file))), record)[1]).toEqual([])
    })

    function nameOf(file: string): EventName {
      return EVENT_NAMES.find((name) => file.includes(name))!
    }

    function recordOf(file: string): object {
      const sample = JSON.parse(readFileSync(new URL(file, SAMPLES), 'utf8'))
      return { routing: sample.routing ?? {}, event: sample.event ?? sample }
    }

    function withoutRequired(schema: object): object {
      return JSON.parse(JSON.stringify(schema, (key, value) => (key === 'required' ? undefined : value)))
    }
  },
)
