import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { document } from '../../lib/events/document.js'

test('docs/events.md says what the definitions say (else: npm run build && node scripts/docs.mjs)', () => {
  expect(readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')).toBe(document())
})

test('an extension is documented with its type, its unit and when it is absent', () => {
  const row = document()
    .split('\n')
    .find((line) => line.startsWith('| `LOGIN_USER_ID`'))
  expect(row?.split(' | ').slice(1, 4)).toEqual(['int', 'user id', 'Linux'])
  expect(row).toContain('when the process descends from no login')
})
