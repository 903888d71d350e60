/** Recordings in archives, several as one. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EtlFormat, system } from '../../lib/bench/live/etl/format.js'
import { type Workload, writeWorkload } from '../../lib/bench/live/etl/workload.js'
import { run } from '../../lib/cli/replay.js'
import { expanded, isTooMuch } from '../../lib/etl/archive/expanded.js'
import type { Pieces } from '../../lib/etl/archive/inflate.js'
import { EtlFile, type EtlFileOptions } from '../../lib/etl/file.js'
import { openRecording } from '../../lib/recording.js'
import { FakeTerminal } from './terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-archives-'))
const at = (name: string) => join(folder, name)
const plain = at('recording.etl')
let workload: Workload

beforeAll(() => {
  workload = writeWorkload(plain, 2 ** 19, false)
  const bytes = readFileSync(plain)
  writeFileSync(at('recording.etl.gz'), gzipSync(bytes))
  writeFileSync(at('cut.etl.gz'), gzipSync(bytes).subarray(0, 14))
  const entries = {
    'notes.txt': strToU8('notes'),
    'a/RECORDING.ETL': bytes,
    '__MACOSX/a/._RECORDING.ETL': strToU8('mac'),
  }
  writeFileSync(at('recording.zip'), zipSync(entries))
  writeFileSync(at('stored.zip'), zipSync(entries, { level: 0 }))
  writeFileSync(at('two.zip'), zipSync({ 'one.etl': file(1n, 3n), 'two.etl': file(2n, 4n) }))
  writeFileSync(at('none.zip'), zipSync({ 'notes.txt': strToU8('notes') }))
  writeFileSync(at('one.etl'), file(1n, 3n))
  writeFileSync(at('two.etl'), file(2n, 4n))
  writeFileSync(at('recording.7z'), Buffer.from('377abcaf271c0004', 'hex'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** With an event at each of these times, whose thread has the same number. */
function file(...times: bigint[]): Buffer {
  const format = new EtlFormat({ bufferBytes: 0x1000, eventsLost: 2 })
  const events = times.map((timestamp) => system({ hook: 0x0f2a, timestamp, tid: Number(timestamp) }, Buffer.alloc(8)))
  return Buffer.concat([format.header(), format.buffer(Buffer.concat(events))])
}

async function outputOf(...args: string[]): Promise<string> {
  const terminal = new FakeTerminal()
  expect(await run(args, terminal)).toBe(0)
  return terminal.output
}

/** The archive comes through a named pipe, piece by piece. */
async function piped(name: string, ...args: string[]): Promise<string> {
  const pipe = at(`${name}.pipe`)
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', 'exec cat "$0" > "$1"', at(name), pipe])
  try {
    return await outputOf(pipe, ...args)
  } finally {
    writer.kill()
    rmSync(pipe)
  }
}

const ARCHIVES = ['recording.etl.gz', 'recording.zip', 'stored.zip']

test.each(ARCHIVES)('%s: the same as the file', async (name) => {
  for (const args of [['--raw'], []]) {
    const expected = await outputOf(plain, ...args)
    expect(expected.length).toBeGreaterThan(workload.processes * 100)
    expect(await outputOf(at(name), ...args)).toBe(expected)
  }
  const { totals } = JSON.parse(await outputOf(at(name), '--stats'))
  expect(totals.events).toBe(workload.events)
})

test.each(ARCHIVES)('through a pipe it gives the same: %s', async (name) => {
  for (const args of [['--raw'], []]) expect(await piped(name, ...args)).toBe(await outputOf(plain, ...args))
})

test('openRecording() takes them too', async () => {
  await using recording = await openRecording(at('recording.zip'), { events: ['NEW_PROCESS'] })
  let count = 0
  for await (const batch of recording) count += batch.length
  expect(count).toBe(workload.processes)
})

const tidsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).tid)

test.each([[['one.etl', 'two.etl']], [['two.etl', 'one.etl']], [['two.zip']]])(
  '%j: one recording, by time',
  async (names) => {
    const paths = names.map(at)
    expect(tidsOf(await outputOf(...paths, '--raw'))).toEqual([0, 0, 1, 2, 3, 4])
    const { totals, facts, kinds } = JSON.parse(await outputOf(...paths, '--stats'))
    expect({ events: totals.events, buffers: totals.buffers, lost: facts.eventsLost }).toEqual({
      events: 6,
      buffers: 4,
      lost: 4,
    })
    expect(kinds).toHaveLength(2)
    const losses = (await outputOf(...paths))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event.LOST)
    expect(losses).toEqual([{ EVENTS: 4 }])
  },
)

test.each([
  ['recording.7z', 'ERR_RECORDING_FOREIGN', '7z'],
  ['none.zip', 'ERR_RECORDING_FOREIGN', 'no .etl'],
  ['cut.etl.gz', 'ERR_RECORDING_DAMAGED', 'before the recording begins'],
])('%s is refused in one sentence', async (name, code, words) => {
  await expect(run([at(name), '--raw'], new FakeTerminal())).rejects.toMatchObject({
    code,
    message: expect.stringContaining(words),
  })
})

test('through a pipe several recordings are refused: there the second one cannot wait for the first', async () => {
  await expect(piped('two.zip', '--raw')).rejects.toMatchObject({
    code: 'ERR_FILE_READ',
    message: expect.stringContaining('several'),
  })
})

test('of what waits for earlier buffers, memory has as much as is allowed', async () => {
  const whole = await readBeforeFirst({})
  expect(whole).toBe(statSync(plain).size)
  expect(await readBeforeFirst({ heldBytes: 2 ** 16 })).toBeLessThan(whole / 2)
})

/** How many bytes of an archive are read until there are records. */
async function readBeforeFirst(options: EtlFileOptions): Promise<number> {
  let bytes = 0
  const packed = readFileSync(plain)
  async function* content(): Pieces {
    for (let at = 0; at < packed.length; at += 4_096) {
      const piece = packed.subarray(at, at + 4_096)
      bytes += piece.length
      yield piece
    }
    return undefined
  }
  const opened = await EtlFile.of(
    expanded({ content: content(), path: plain, packedBytes: () => bytes }),
    plain,
    options,
  )
  try {
    while ((await opened.step()) === 0);
    return bytes
  } finally {
    opened.close()
  }
}

test('what grows by more than 256 times, beyond a gigabyte, is given up', () => {
  expect(isTooMuch(2 ** 30, 1)).toBe(false)
  expect(isTooMuch(2 ** 30 + 1, 2 ** 22)).toBe(true)
  expect(isTooMuch(2 ** 34, 2 ** 26)).toBe(false)
})
