import { expect, test } from 'vitest'
import { run, type Snapshot } from '../../lib/cli/ps.js'
import type { EventOf } from '../../lib/events/index.js'
import { widthOf } from '../../lib/output/width.js'
import { newProcess, routing } from './records.js'
import { FakeTerminal } from './terminal.js'

function existing(pid: number, parent: number, path: string): EventOf<'EXISTING_PROCESS'> {
  const { event } = newProcess({ PROCESS_ID: pid, PARENT_PROCESS_ID: parent, FILE_PATH: path, COMMAND_LINE: path })
  return { routing: routing('EXISTING_PROCESS'), event: { ...event, CREATION_TIME: event.TIMESTAMP - 1_000 + pid } }
}

const records = [existing(1, 0, '/sbin/init'), existing(20, 1, '/usr/sbin/sshd'), existing(30, 1, '/opt/日本\x1b[2J')]

async function ps(args: string[], terminal = new FakeTerminal()) {
  const asked: Parameters<Snapshot>[0][] = []
  const status = await run(args, terminal, async (options) => {
    asked.push(options)
    return records
  })
  return { status, lines: terminal.output.trimEnd().split('\n'), asked: asked[0] }
}

test('a table has a line for each process', async () => {
  const { status, lines } = await ps([])
  expect(status).toBe(0)
  expect(lines).toHaveLength(4)
  expect(lines[0]).toMatch(/^ +PID +PARENT +AGE +MEMORY +THR USER +PROCESS$/)
  expect(lines[2]).toMatch(/^ +20 +1 .* root +\/usr\/sbin\/sshd$/)
  expect(lines[3]).toContain('/opt/日本\\x1b[2J')
})

test('on a terminal no line is wider than it', async () => {
  const terminal = new FakeTerminal()
  Object.assign(terminal, { isTerminal: true, columns: 50, environment: { NO_COLOR: '1' } })
  const { lines } = await ps([], terminal)
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(50)
})

test('--tree puts each process below its parent, --color colours it', async () => {
  expect((await ps(['--tree'])).lines.map((line) => line.slice(21))).toEqual([
    'PROCESS',
    'init',
    '├─sshd',
    '└─日本\\x1b[2J',
  ])
  expect((await ps(['--tree', '--color', 'always'])).lines[1]).toContain('\x1b[1minit\x1b[0m')
})

test('--json gives the events themselves, --extended with more fields', async () => {
  const { lines, asked } = await ps(['--json'])
  expect(lines.map((line) => JSON.parse(line))).toEqual(records)
  expect(asked).toEqual({ events: ['EXISTING_PROCESS'], extended: false })
  expect((await ps(['--json', '--extended'])).asked).toMatchObject({ extended: true })
})

test.each([[['x']], [['--json', '--tree']], [['--color', 'blue']]])('%j is refused', async (args) => {
  await expect(ps(args)).rejects.toMatchObject({ code: 'ERR_OPTION' })
})
