/** kernelwire replay FILE.etl --raw and --stats, on real recordings. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../lib/cli/replay.js'
import type { findingsOf } from '../../lib/etl/findings.js'
import { ETL_FOLDER } from './etl-files.js'
import { FakeTerminal } from './terminal.js'

const MISSING = ETL_FOLDER === undefined

test.skipIf(MISSING)('--raw lists every event of every provider, a line each', async () => {
  const terminal = new FakeTerminal()
  expect(await run([join(ETL_FOLDER!, 'tx-win7-kernel-process.etl'), '--raw'], terminal)).toBe(0)
  const lines = terminal.output.trimEnd().split('\n')
  expect(lines).toHaveLength(10_344)
  const events = lines.map((line) => JSON.parse(line))
  expect(Object.keys(events[0])).toEqual(['time', 'cpu', 'pid', 'tid', 'provider', 'opcode', 'version', 'size'])
  expect(events[0]).toMatchObject({ provider: 'EventTrace', opcode: 0, version: 2 })
  const starts = events.filter(({ provider, id }) => provider === 'Microsoft-Windows-Kernel-Process' && id === 1)
  expect(starts).toHaveLength(4)
  expect(events.map(({ time }) => time)).toEqual(events.map(({ time }) => time).sort())
})

test.skipIf(MISSING)('--stats says what is not in the file, and why', async () => {
  const terminal = new FakeTerminal()
  expect(await run([join(ETL_FOLDER!, 'tx-win7-kernel-process.etl'), '--stats'], terminal)).toBe(0)
  const { findings, kinds, totals } = JSON.parse(terminal.output)
  expect(totals.events).toBe(10_344)
  expect(kinds.reduce((sum: number, { events }: { events: number }) => sum + events, 0)).toBe(10_344)
  const commandLines = findings.find(({ what }: { what: string }) => what === 'command lines')
  expect(commandLines.isThere).toBe(false)
  expect(commandLines.why).toContain('Kernel-Process never has them')
})

test.skipIf(MISSING)('--stats names each provider, where only the file knows its name too', async () => {
  const terminal = new FakeTerminal()
  await run([join(ETL_FOLDER!, 'sonde-win-insider-29559.etl'), '--stats'], terminal)
  const { providers } = JSON.parse(terminal.output)
  expect(providers).toContainEqual({
    provider: 'sonde-gateway',
    guid: '559e1292-fdb4-551e-6ee3-4e8c6d9da223',
    events: 9,
    bytes: 2_508,
  })
  const lines = new FakeTerminal()
  await run([join(ETL_FOLDER!, 'sonde-win-insider-29559.etl'), '--stats', '--lines'], lines)
  expect(lines.output).toMatch(/\n {9}9 {2}sonde-gateway, 2508 bytes\n {9}9 {4}id 0 version 0, 2508 bytes\n/)
})

test.skipIf(MISSING)('lost events are told', async () => {
  const terminal = new FakeTerminal()
  await run([join(ETL_FOLDER!, 's4-win11-windowsupdate-lost.etl'), '--stats'], terminal)
  const { findings } = JSON.parse(terminal.output) as { findings: ReturnType<typeof findingsOf> }
  expect(findings.find(({ what }) => what === 'all that the session saw')).toMatchObject({
    isThere: false,
    why: '41 events and 0 buffers were lost',
  })
})

test('what is no recording is refused in one sentence', async () => {
  const path = join(process.cwd(), 'package.json')
  await expect(run([path, '--stats'], new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_RECORDING_FOREIGN' })
  await expect(run(['/no/such.etl', '--raw'], new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_FILE_READ' })
  await expect(run(['x.etl'], new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_FILE_READ' })
  await expect(run(['x.etl', '--raw', '--stats'], new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_OPTION' })
})
