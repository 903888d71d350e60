/**
 * Recordings larger than what may be held of them, as files and through pipes. KERNELWIRE_ALL=1: larger
 * than the memory of the machine.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EtlFormat, system } from '../../lib/bench/live/etl/format.js'
import { type Workload, writeWorkload } from '../../lib/bench/live/etl/workload.js'
import { countEvents } from '../../lib/etl/counter.js'

const isLong = process.env.KERNELWIRE_ALL === '1'
const TIMEOUT = { timeout: isLong ? 1_800_000 : 120_000 }
const MIB = 2 ** 20
/** Node itself takes 60. */
const RSS_MAX = 300 * MIB
const PIPE_RSS_MAX = 500 * MIB
const PLAYED_BYTES = 256 * MIB
const BUFFER_BYTES = 0x1_0000
const LARGE_BYTES = isLong ? totalmem() + 1_024 * MIB : 2_048 * MIB

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-large-'))
const recording = join(folder, 'played.etl')
let workload: Workload

beforeAll(() => {
  workload = writeWorkload(recording, PLAYED_BYTES, false)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Found {
  events: number
  delivered: number
  unwrittenBytes: number
  bytesRead: number
  rssBytes: number
  defects: object
}

async function found(how: 'count' | 'play', path: string, feed?: (to: NodeJS.WritableStream) => Promise<void>) {
  const script = new URL('etl-large.mjs', import.meta.url).pathname
  const child = spawn(process.execPath, [script, how, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  await feed?.(child.stdin)
  child.stdin.end()
  await once(child, 'close')
  return JSON.parse(text) as Found
}

test('a file with a hole larger than what may be held: both ends are read', TIMEOUT, async () => {
  const path = join(folder, 'hole.etl')
  const format = new EtlFormat({ bufferBytes: 0x1_0000 })
  const event = (timestamp: number) =>
    format.buffer(system({ hook: 0x0f2a, timestamp: BigInt(timestamp) }, Buffer.alloc(8)))
  const file = openSync(path, 'w')
  const start = Buffer.concat([format.header(), event(1)])
  writeSync(file, start)
  ftruncateSync(file, LARGE_BYTES)
  writeSync(file, event(2), 0, 0x1_0000, LARGE_BYTES)
  closeSync(file)

  const counted = await found('count', path)
  expect(counted).toMatchObject({ events: 3, unwrittenBytes: LARGE_BYTES - start.length })
  expect(counted.defects).toEqual({ bufferZero: Math.floor((LARGE_BYTES - start.length) / BUFFER_BYTES) })
  expect(counted.bytesRead).toBe(statSync(path).size)
  expect(counted.rssBytes).toBeLessThan(RSS_MAX)
})

test('a file of which more is played than may be held', TIMEOUT, async () => {
  const played = await found('play', recording)
  expect(played).toMatchObject({ events: workload.events, defects: {} })
  expect(played.delivered).toBeGreaterThan(workload.processes + workload.modules)
  expect(played.rssBytes).toBeLessThan(RSS_MAX)
})

test('the standard input', TIMEOUT, async () => {
  const file = readFileSync(recording)
  const played = await found('play', '-', async (to) => {
    for (let at = 0; at < file.length; at += MIB) {
      if (!to.write(file.subarray(at, at + MIB))) await once(to, 'drain')
    }
  })
  expect(played).toMatchObject({ events: workload.events, defects: {} })
  expect(played.rssBytes).toBeLessThan(PIPE_RSS_MAX)
})

test('a named pipe into which the recording goes for hours', TIMEOUT, async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const times = isLong ? Math.ceil(LARGE_BYTES / PLAYED_BYTES) : 4
  const command = 'exec > "$0"; for i in $(seq "$2"); do cat "$1"; done'
  const writer = spawn('sh', ['-c', command, pipe, recording, String(times)], { stdio: 'ignore' })
  const counted = await found('count', pipe)
  writer.kill()
  // What comes again is the same recording: counted once, and nothing of it is kept.
  const repeated = (times - 1) * (statSync(recording).size / BUFFER_BYTES)
  expect(counted).toMatchObject({ events: workload.events, bytesRead: times * statSync(recording).size })
  expect(counted.defects).toEqual({ bufferRepeated: repeated })
  expect(counted.rssBytes).toBeLessThan(PIPE_RSS_MAX)
})

test('a .gz that grows beyond all measure is given up', TIMEOUT, async () => {
  const part = Buffer.alloc(256 * MIB)
  new EtlFormat().header().copy(part)
  const path = join(folder, 'bomb.etl.gz')
  writeFileSync(path, Buffer.concat(Array.from({ length: 5 }, () => gzipSync(part))))
  await expect(countEvents(path)).rejects.toMatchObject({
    code: 'ERR_FILE_READ',
    message: expect.stringContaining('beyond all measure'),
  })
})
