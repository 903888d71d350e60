/** kernelwire replay FILE.etl: events, chosen and shown, of a recording that is made here. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Workload, writeWorkload } from '../../lib/bench/live/etl/workload.js'
import { run } from '../../lib/cli/replay.js'
import type { EventRecord } from '../../lib/events/index.js'
import { FakeTerminal } from './terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-replay-'))
const file = join(folder, 'recording.etl')
let workload: Workload

beforeAll(() => {
  workload = writeWorkload(file, 2 ** 20, false)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function replay(...args: string[]): Promise<EventRecord[]> {
  const terminal = new FakeTerminal()
  expect(await run([file, ...args], terminal)).toBe(0)
  const text = terminal.output.trimEnd()
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line))
}

const namesOf = (records: readonly EventRecord[]) => new Set(records.map(({ routing }) => routing.event_type))

test('all events that the recording leads to, with a summary on stderr', async () => {
  const terminal = new FakeTerminal()
  await run([file], terminal)
  const records = terminal.output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as EventRecord)
  const count = (name: string) => records.filter(({ routing }) => routing.event_type === name).length
  expect(count('NEW_PROCESS')).toBe(workload.processes)
  expect(count('MODULE_LOAD')).toBe(workload.modules)
  expect(count('EXISTING_PROCESS')).toBe(1)
  expect(terminal.said.at(-1)).toContain(`${workload.modules} MODULE_LOAD`)
})

describe('chosen', () => {
  test('by name', async () => {
    expect(namesOf(await replay('--events', 'TERMINATE_PROCESS'))).toEqual(new Set(['TERMINATE_PROCESS']))
    expect(namesOf(await replay('--events', 'all,-MODULE_LOAD'))).toEqual(
      new Set(['NEW_PROCESS', 'TERMINATE_PROCESS', 'EXISTING_PROCESS']),
    )
  })

  test('by process, also where it is the parent', async () => {
    const parents = await replay('--events', 'NEW_PROCESS', '--pid', '4096')
    expect(parents).toHaveLength(workload.processes)
    const [own] = parents
    const pid = (own!.event as { PROCESS_ID: number }).PROCESS_ID
    const about = await replay('--pid', String(pid))
    expect(new Set(about.map(({ event }) => (event as { PROCESS_ID: number }).PROCESS_ID))).toEqual(new Set([pid]))
    expect(namesOf(about)).toEqual(new Set(['NEW_PROCESS', 'MODULE_LOAD', 'TERMINATE_PROCESS']))
  })

  test('by time, from the one and before the other', async () => {
    const times = (await replay()).map(({ routing }) => routing.event_time)
    const [first, last] = [Math.min(...times), Math.max(...times)]
    const middle = Math.floor((first + last) / 2)
    const early = await replay('--until', String(middle))
    const late = await replay('--since', new Date(middle).toISOString())
    expect(early.length + late.length).toBe(times.length)
    expect(Math.max(...early.map(({ routing }) => routing.event_time))).toBeLessThan(middle)
    expect(Math.min(...late.map(({ routing }) => routing.event_time))).toBeGreaterThanOrEqual(middle)
    const zoneless = new Date(middle).toISOString().slice(0, -1)
    expect(await replay('--since', zoneless)).toHaveLength(late.length)
  })

  test('by number', async () => {
    expect(await replay('--count', '17')).toHaveLength(17)
  })
})

test('on a terminal, lines to read instead of JSON; progress never among them', async () => {
  const terminal = new FakeTerminal()
  terminal.isTerminal = true
  const progress: string[] = []
  await run([file, '--count', '5'], Object.assign(terminal, { progress: (line: string) => void progress.push(line) }))
  expect(terminal.output.trimEnd().split('\n')).toHaveLength(5)
  expect(terminal.output).not.toContain('{"routing"')
  expect(progress.filter((line) => line !== '')).toEqual([])
})

test.each([
  [['--events', 'CODE_IDENTITY'], 'ERR_EVENT_UNSUPPORTED', 'no recording of Windows leads to CODE_IDENTITY'],
  [['--events', 'NEW_PROCES'], 'ERR_UNKNOWN_EVENT', 'NEW_PROCESS'],
  [['--since', 'yesterday'], 'ERR_OPTION', '2026-01-31T12:00:00Z'],
  [['--pid', '-1'], 'ERR_OPTION', '--pid'],
  [['--json', '--lines'], 'ERR_OPTION', 'exclude each other'],
  [['--sensitive', 'lsass.exe'], 'ERR_OPTION', 'absolute'],
  [['--injection-window', 'soon'], 'ERR_OPTION', '--injection-window'],
])('%j is refused in one sentence', async (args, code, words) => {
  await expect(run([file, ...args], new FakeTerminal())).rejects.toMatchObject({
    code,
    message: expect.stringContaining(words),
  })
})
