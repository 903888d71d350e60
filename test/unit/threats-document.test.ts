/** docs/threats.md promises a test for each line: its file and its title, or the title of its group. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const at = (path: string) => new URL(`../../${path}`, import.meta.url)

interface Line {
  attempt: string
  outcome: string
  tests: { file: string; title: string }[]
}

const lines: Line[] = readFileSync(at('docs/threats.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| attempt |'))
  .map((line) => {
    const [attempt = '', outcome = '', shownBy = ''] = line.slice(2, -2).split(' | ')
    return { attempt, outcome, tests: shownBy.split('<br>').map(testOf) }
  })

function testOf(text: string): { file: string; title: string } {
  const [, file = '', title = ''] = /^`([\w./-]+\.test\.ts)` (.+)$/.exec(text) ?? []
  return { file, title }
}

/** As the title stands in the source: between quotes of any kind. */
function hasTitle(source: string, title: string): boolean {
  const written = source.replaceAll(/\\(['"`])/g, '$1')
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => written.includes(quoted))
}

test('there are lines, and each says what is tried and what happens', () => {
  expect(lines.length).toBeGreaterThan(20)
  for (const { attempt, outcome } of lines) {
    expect(attempt).toMatch(/\w{3}/)
    expect(outcome, attempt).toMatch(/\w{3}/)
  }
})

test.each(lines)('$attempt', ({ tests }) => {
  for (const { file, title } of tests) {
    expect(existsSync(at(`test/${file}`)), `test/${file}`).toBe(true)
    expect(hasTitle(readFileSync(at(`test/${file}`), 'utf8'), title), `"${title}" in test/${file}`).toBe(true)
  }
})
