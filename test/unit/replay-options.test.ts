/** Every option of kernelwire replay is obeyed by each kind of reading, or refused: none is passed over. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeWorkload } from '../../lib/bench/live/etl/workload.js'
import { face, run } from '../../lib/cli/replay.js'
import { type Mode, OBEYED } from '../../lib/cli/replay-modes.js'
import { FakeTerminal } from './terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-options-'))
const file = join(folder, 'recording.etl')
beforeAll(() => {
  writeWorkload(file, 2 ** 18, false)
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)))
})
afterAll(() => rmSync(folder, { recursive: true }))

const MODES = { events: [], raw: ['--raw'], stats: ['--stats'] } as const

/** With a value that makes a difference to the recording above. */
const GIVEN: Record<string, readonly string[]> = {
  events: ['--events', 'MODULE_LOAD'],
  pid: ['--pid', '4096'],
  since: ['--since', '2026-01-01T00:00:00.010Z'],
  until: ['--until', '2026-01-01T00:00:00.010Z'],
  count: ['--count', '3'],
  speed: ['--speed', '2x'],
  follow: ['--follow'],
  sensitive: ['--sensitive', '*\\lsass.exe'],
  ignore: ['--ignore', '*\\lsass.exe'],
  'injection-window': ['--injection-window', '1s'],
  extended: ['--extended'],
  raw: ['--raw'],
  stats: ['--stats'],
  provider: ['--provider', 'Image'],
  id: ['--id', '10'],
  format: ['--format', 'csv'],
  json: ['--json'],
  lines: ['--lines'],
  color: ['--color', 'always', '--lines'],
}
/** What each says is in another test, or in what is done when something fails. */
const ELSEWHERE: Record<string, string> = {
  help: 'cli-dispatch.test.ts',
  verbose: 'cli-dispatch.test.ts',
  sensitive: 'the recording has no access to processes: correlation-options.test.ts, etl-playback.test.ts',
  ignore: 'likewise',
  'injection-window': 'likewise',
  raw: 'it is the mode',
  stats: 'it is the mode',
  json: 'it is the default where nobody reads: cli-replay-events.test.ts',
}

async function output(args: readonly string[]): Promise<string> {
  const terminal = new FakeTerminal()
  expect(await run([file, ...args], terminal)).toBe(0)
  return terminal.output
}

test('each option of the table has a value here', () => {
  const known = new Set([...Object.keys(GIVEN), 'help', 'verbose'])
  expect(Object.keys(face.options).filter((name) => !known.has(name))).toEqual([])
  for (const [mode, names] of Object.entries(OBEYED)) {
    expect(
      names.filter((name) => !(name in face.options)),
      mode,
    ).toEqual([])
  }
})

describe.each(Object.keys(MODES) as (keyof typeof MODES)[])('%s', (mode) => {
  const rest = Object.keys(face.options).filter((name) => name !== 'help' && name !== 'verbose' && name !== mode)

  test.each(rest.filter((name) => !OBEYED[mode as Mode].includes(name)))('--%s is refused', async (name) => {
    // --raw and --stats are modes of their own.
    if (mode === 'events' && (name === 'raw' || name === 'stats')) return
    const failure = run([file, ...MODES[mode], ...GIVEN[name]!], new FakeTerminal())
    await expect(failure).rejects.toMatchObject({ code: 'ERR_OPTION' })
  })

  test.each(rest.filter((name) => OBEYED[mode as Mode].includes(name) && !(name in ELSEWHERE)))(
    '--%s makes a difference',
    async (name) => {
      const without = await output([...MODES[mode], ...(name === 'color' ? ['--lines'] : [])])
      expect(await output([...MODES[mode], ...GIVEN[name]!])).not.toBe(without)
    },
  )
})

describe('--raw lists only', () => {
  const listed = async (...args: string[]) =>
    (await output(['--raw', ...args]))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

  test('what a process logged', async () => {
    const events = await listed('--pid', '4096')
    expect(new Set(events.map(({ pid }) => pid))).toEqual(new Set([4_096]))
  })

  test('a time, from the one on and before the other', async () => {
    const all = await listed()
    const time = '2026-01-01T00:00:00.010Z'
    const [before, after] = [await listed('--until', time), await listed('--since', time)]
    expect([...before, ...after]).toEqual(all)
    expect(before.every((event) => event.time < '2026-01-01T00:00:00.0100000Z')).toBe(true)
    expect(after.every((event) => event.time >= '2026-01-01T00:00:00.0100000Z')).toBe(true)
  })

  test('so many', async () => expect(await listed('--count', '7')).toHaveLength(7))

  test('providers by name or GUID, however written, and ids', async () => {
    const images = await listed('--provider', 'image,Process', '--id', '10')
    expect(new Set(images.map(({ provider, opcode }) => `${provider} ${opcode}`))).toEqual(new Set(['Image 10']))
    expect(await listed('--provider', '{2CB15D1D-5FC1-11D2-ABE1-00A0C911F518}', '--id', '10')).toEqual(images)
  })
})

test.each([
  [['--format', 'xml'], 'json or csv'],
  [['--format', 'csv', '--json'], 'exclude each other'],
  [['--format', 'json', '--lines'], 'exclude each other'],
  [['--color', 'always'], '--lines'],
  [['--raw', '--id', '70000'], '65535'],
  [['--raw', '--provider', 'a,,b'], 'commas'],
])('%j is refused in one sentence', async (args, words) => {
  await expect(run([file, ...args], new FakeTerminal())).rejects.toMatchObject({
    code: 'ERR_OPTION',
    message: expect.stringContaining(words),
  })
})
