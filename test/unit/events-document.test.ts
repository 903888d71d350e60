import { readFileSync } from 'node:fs'
import { Compile } from 'typebox/schema'
import { expect, test } from 'vitest'
import { document, type EventExamples } from '../../lib/events/document.js'
import { EVENT_NAMES } from '../../lib/events/index.js'
import { schemaOf } from '../../lib/events/schemas.js'

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

const EXAMPLES = JSON.parse(read('event-examples.json')) as EventExamples

test('every event has an example, which its schema allows', () => {
  expect(Object.keys(EXAMPLES)).toEqual([...EVENT_NAMES])
  for (const [name, example] of Object.entries(EXAMPLES)) {
    expect([name, Compile(schemaOf(name as keyof EventExamples)).Check(example)]).toEqual([name, true])
  }
})

test('docs/events.md says what the definitions say (else: npm run docs)', () => {
  expect(read('events.md')).toBe(document(EXAMPLES))
})

test('an extension is documented with its type, its unit and when it is absent', () => {
  const row = document(EXAMPLES)
    .split('\n')
    .find((line) => line.startsWith('| `LOGIN_USER_ID`'))
  expect(row?.split(' | ').slice(1, 4)).toEqual(['int', 'user id', 'Linux'])
  expect(row).toContain('when the process descends from no login')
})
