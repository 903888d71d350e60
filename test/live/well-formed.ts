/** What is true of every stream, whatever happened: checked of each that the live tests see. */
import { Compile, Errors } from 'typebox/schema'
import { expect } from 'vitest'
import type { EventName, EventRecord } from '../../lib/events/index.js'
import { schemaOf, schemas } from '../../lib/events/schemas.js'
import { namedTooEarly } from './causality.js'

interface Fields {
  properties: { event: { properties: Record<string, { 'x-extension'?: true }> } }
}

export function expectWellFormed(
  events: readonly EventRecord[],
  names: readonly EventName[],
  extended: boolean,
  isFiltered = false,
): void {
  expectValid(events)
  expectUniqueIds(events)
  // Where everything was asked for that an atom can belong to.
  const isComplete = !isFiltered && names.includes('NEW_PROCESS') && names.includes('EXISTING_PROCESS')
  if (isComplete) expect(namedTooEarly(events)).toEqual([])
  for (const { routing, event } of events) if ('TIMESTAMP' in event) expect(event.TIMESTAMP).toBe(routing.event_time)
  if (extended) expect(events.map(({ event }) => event.SEQUENCE)).toEqual(events.map((_, i) => i + 1))
  else expect(events.flatMap(extensionsOf)).toEqual([])
}

function expectValid(events: readonly EventRecord[]): void {
  const names = new Set(events.map(({ routing }) => routing.event_type))
  for (const name of names) {
    const validator = Compile(schemaOf(name))
    const invalid = events.find((record) => record.routing.event_type === name && !validator.Check(record))
    if (invalid !== undefined) expect({ invalid, why: Errors(schemaOf(name), invalid)[1] }).toBeUndefined()
  }
}

function expectUniqueIds(events: readonly EventRecord[]): void {
  expect(new Set(events.map(({ routing }) => routing.event_id)).size).toBe(events.length)
  expect(new Set(events.map(({ routing }) => routing.this)).size).toBe(events.length)
}

function extensionsOf(record: EventRecord): string[] {
  const { properties } = (schemas[record.routing.event_type] as unknown as Fields).properties.event
  return Object.keys(record.event).filter((field) => properties[field]?.['x-extension'] === true)
}
