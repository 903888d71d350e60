/** kernelwire replay FILE.kwr: a recording that is made here, chosen and shown. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../lib/cli/replay.js'
import { lineEncoder } from '../../lib/output/encoder.js'
import { EPOCH } from './playback.js'
import { exec, exit, fork } from './record-bytes.js'
import { fileRecorder, INIT, RecordedSensor, temporaryFolder } from './recorded-sensor.js'
import { FakeTerminal } from './terminal.js'

const SHELL = { pid: 40, execId: 1, startMs: 1_000 }
const CHILD = { pid: 50, execId: 2, startMs: 2_000 }

async function recorded(name = 'run.kwr'): Promise<{ path: string; lines: string[] }> {
  const path = join(temporaryFolder(), name)
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(950)
  sensor.run(960)
  sensor.write(exec(SHELL, INIT, { path: '/bin/sh', uid: 1000 }))
  sensor.run(1_001)
  sensor.write(fork(CHILD, SHELL, { atMs: 2_000 }), exec(CHILD, SHELL, { atMs: 2_001, path: '/bin/ls' }))
  sensor.run(2_010)
  sensor.write(exit(CHILD, { atMs: 3_000 }))
  sensor.run(3_010)
  return { path, lines: (await sensor.close()).map(lineEncoder()).map((line) => `${line}\n`) }
}

async function replay(...args: string[]): Promise<FakeTerminal> {
  const terminal = new FakeTerminal()
  expect(await run(args, terminal)).toBe(0)
  return terminal
}

test('what the sensor delivered, to the byte, whatever the file is called; a summary with the rate on stderr', async () => {
  const { path, lines } = await recorded('any name')
  const terminal = await replay(path)
  expect(terminal.output).toBe(lines.join(''))
  expect(terminal.said).toEqual([expect.stringMatching(/, 4 events \(.*\), nothing lost, 4 records, \d+ a second$/)])
})

test('chosen by name, process, time and number', async () => {
  const { path, lines } = await recorded()
  expect((await replay(path, '--events', 'TERMINATE_PROCESS')).output).toBe(lines.at(-1))
  expect((await replay(path, '--events', 'all,-TERMINATE_PROCESS')).output).toBe(lines.slice(0, -1).join(''))
  expect((await replay(path, '--pid', '50')).output).toBe(lines.slice(-2).join(''))
  expect((await replay(path, '--since', String(EPOCH + 2_001))).output).toBe(lines.slice(2).join(''))
  expect((await replay(path, '--until', String(EPOCH + 2_001))).output).toBe(lines.slice(0, 2).join(''))
  expect((await replay(path, '--count', '3', '--speed', '1000x')).output).toBe(lines.slice(0, 3).join(''))
})

test('--follow goes on to the end of a recording that is closed', async () => {
  const { path, lines } = await recorded()
  expect((await replay(path, '--follow')).output).toBe(lines.join(''))
})

test('one that breaks off says so', async () => {
  const { path } = await recorded()
  writeFileSync(path, readFileSync(path).subarray(0, -8))
  expect((await replay(path)).said[0]).toContain('the recording breaks off')
})

test.each([
  [['--raw'], 'ERR_OPTION', '--raw is for recordings of Windows'],
  [['--extended'], 'ERR_OPTION', 'as it was recorded'],
  [['--ignore', '/bin/sh'], 'ERR_OPTION', 'as it was recorded'],
  [['--speed', 'fast'], 'ERR_OPTION', '--speed must be a number'],
  [['--speed', '0x'], 'ERR_OPTION', '--speed must be a number'],
  [['--events', 'MODULE_LOAD'], 'ERR_EVENT_UNSUPPORTED', 'the recording has no MODULE_LOAD'],
  [['--events', 'NEW_PROCES'], 'ERR_UNKNOWN_EVENT', 'NEW_PROCESS'],
])('%j is refused in one sentence', async (args, code, words) => {
  const { path } = await recorded()
  const refused = { code, message: expect.stringContaining(words) }
  await expect(run([path, ...args], new FakeTerminal())).rejects.toMatchObject(refused)
})

test.each([
  ['nothing', () => Buffer.alloc(0), 'ERR_RECORDING_FOREIGN'],
  ['another file', () => Buffer.from('{"routing":{}}'), 'ERR_RECORDING_FOREIGN'],
  ['the first bytes only', (whole: Buffer) => whole.subarray(0, 20), 'ERR_RECORDING_DAMAGED'],
  ['a header only', (whole: Buffer) => whole.subarray(0, 64), 'ERR_RECORDING_DAMAGED'],
  ['one of a newer version', (whole: Buffer) => changed(whole, 12, 9), 'ERR_RECORDING_VERSION'],
  ['one with another header', (whole: Buffer) => changed(whole, 20, 1), 'ERR_RECORDING_DAMAGED'],
  ['one without its first block', (whole: Buffer) => changed(whole, 120, 0xff), 'ERR_RECORDING_DAMAGED'],
])('%s is refused with a code', async (_what, make, code) => {
  const { path } = await recorded()
  writeFileSync(path, make(readFileSync(path)))
  await expect(run([path], new FakeTerminal())).rejects.toMatchObject({ code })
})

test('a file that is not there, and options that are for .kwr only', async () => {
  await expect(run(['/nowhere/run.kwr'], new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_FILE_READ' })
  await expect(run([], new FakeTerminal())).rejects.toMatchObject({ code: 'ERR_OPTION' })
  const refused = { code: 'ERR_OPTION', message: expect.stringContaining('--speed is for') }
  await expect(run(['trace.etl', '--speed', '1x'], new FakeTerminal())).rejects.toMatchObject(refused)
})

function changed(whole: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(whole)
  copy[at]! ^= byte
  return copy
}
