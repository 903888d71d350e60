/** Events as a table (RFC 4180): a column for each field that they can have; what has fields of its own is JSON. */
import type { EventName, EventRecord } from '../events/index.js'
import { schemas } from '../events/schemas.js'
import { csvField } from './csv-field.js'

const ROUTING = ['event_type', 'event_time', 'event_id', 'this', 'parent', 'target'] as const

export class CsvLines {
  readonly header: string
  readonly #columns: readonly string[]

  constructor(events: readonly EventName[]) {
    const fields = events.flatMap((name) => Object.keys(fieldsOf(name)))
    this.#columns = [...new Set(fields)]
    this.header = [...ROUTING, ...this.#columns].map(csvField).join(',')
  }

  /** Without the end of the line. */
  format({ routing, event }: EventRecord): string {
    const cells = [
      ...ROUTING.map((name) => (routing as Record<string, unknown>)[name]),
      ...this.#columns.map((name) => (event as Record<string, unknown>)[name]),
    ]
    return cells.map((value) => csvField(textOf(value))).join(',')
  }
}

function fieldsOf(name: EventName): object {
  const { event } = (schemas[name] as unknown as { properties: { event: { properties: object } } }).properties
  return event.properties
}

function textOf(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
