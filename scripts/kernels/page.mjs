/** docs/kernels.md: for people, and in a comment for the next run. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const PAGE = path.join(fileURLToPath(new URL('../..', import.meta.url)), 'docs/kernels.md')

/** What the page holds from the last time. @returns {Record<string, import('./cells.mjs').Column>} */
export function known() {
  const text = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''
  const [, json = '{}'] = /^<!-- (\{.*\}) -->$/m.exec(text) ?? []
  return JSON.parse(json)
}

/** @param {Record<string, import('./cells.mjs').Column>} columns by the titles of their machines */
export function pageOf(columns) {
  const titles = Object.keys(columns)
  const table = (head, rows, cell) => [
    `| ${[head, ...titles].join(' | ')} |`,
    `|---|${titles.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${[row, ...titles.map((title) => cell(columns[title], row))].join(' | ')} |`),
  ]
  const rowsOf = (part) => [...new Set(titles.flatMap((title) => Object.keys(columns[title][part])))]
  return `<!-- Made by scripts/kernels.mjs. -->
<!-- ${JSON.stringify(columns)} -->

# Kernels

Debian's kernels, in virtual machines with two processors, and the development machine's own. On each of them every event was
provoked, and came where \`kernelwire doctor\` says that it works and nowhere else: a test
(test/live/every-event.test.ts). "degraded" means that a lesser hook is used than there could be, or one of several is
missing: doctor says there what that one does not see. Where all are "impossible", to open a sensor fails with a sentence that
says why. After the state stand the kinds of hooks in use.

${table('event', rowsOf('events'), ({ events }, name) => eventCell(events[name])).join('\n')}

Live tests that were run there, by file of test/live; storms are scaled to the machine's speed. What the tier in use does not
see by its own account is what they expect of it.

${table('file', rowsOf('files').sort(), ({ files }, name) => fileCell(files[name])).join('\n')}

| | release |
|---|---|
${titles.map((title) => `| ${title} | ${columns[title].release} |`).join('\n')}
`
}

function eventCell(cell) {
  if (cell === undefined) return ''
  const state = cell.live === 'passed' ? cell.state : `**not ${cell.state}, as doctor says**`
  return cell.rungs.length === 0 ? state : `${state}: ${cell.rungs.join(', ')}`
}

function fileCell(cell) {
  if (cell === undefined) return ''
  const parts = Object.entries(cell).filter(([, count]) => count > 0)
  return parts.map(([name, count]) => (name === 'failed' ? `**${count} failed**` : `${count} ${name}`)).join(', ')
}
