/** Two hours of a busy machine, replayed at full speed: what is held of it is bounded. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FileRecorder } from '../../lib/recording/file-recorder.js'
import { exec, exit, fork, framed, row } from '../unit/record-bytes.js'
import { INIT, recordedBy } from '../unit/recorded-sensor.js'

const HOURS = 2
const PROCESSES_A_SECOND = 100
const PIDS = 30_000
const SECONDS = HOURS * 3_600
const MIB = 2 ** 20
/** Node itself takes 60. */
const RSS_MAX = 300 * MIB

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-large-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Processes that live for a second each, no two of them the same. */
async function write(path: string): Promise<number> {
  const { journal, ready, close } = await opened(path)
  const rows = framed([row(INIT, INIT, { atMs: 950, path: '/sbin/init' })])
  journal.expectSnapshot()
  journal.snapshot({ ...rows, begunMs: 950, endedMs: 951 })
  let records = 0
  for (let second = 1; second <= SECONDS; second++) {
    const drained = Array.from({ length: PROCESSES_A_SECOND }, (_, i) => life(second * PROCESSES_A_SECOND + i)).flat()
    const { records: memory, offsets } = framed(drained)
    journal.records(memory, offsets, offsets.length)
    journal.drain(second * 1_000 + 1_000)
    records += offsets.length
    await ready()
  }
  journal.finish()
  await close()
  return records
}

async function opened(path: string) {
  const failed = (error: unknown) => {
    throw error
  }
  const options = { path, maxBytes: Infinity, maxFiles: Infinity, force: false }
  const recorder = await FileRecorder.open(
    options,
    recordedBy(() => undefined, {}),
    failed,
  )
  return { journal: recorder.journal, ready: async () => recorder.ready(), close: () => recorder.close() }
}

function life(number: number): Uint8Array[] {
  const startMs = 1_000 + (number * 1_000) / PROCESSES_A_SECOND
  const image = { pid: 2 + (number % PIDS), execId: 2, startMs }
  const program = { path: `/usr/bin/program-${number % 500}`, arguments: `program\0--number\0${number}\0` }
  return [
    fork({ ...image, execId: 1 }, INIT, { atMs: startMs }),
    exec(image, INIT, { atMs: startMs + 0.2, ...program }),
    exit(image, { atMs: startMs + 5 }),
  ]
}

test('two hours of a busy machine', { timeout: 300_000 }, async () => {
  const path = join(folder, 'hours.kwr')
  const records = await write(path)
  const script = new URL('recording-large.mjs', import.meta.url).pathname
  const found = JSON.parse(execFileSync(process.execPath, [script, path], { encoding: 'utf8' }))
  const { counts, seconds, rssBytes } = found
  const size = `${records} records, ${Math.round(statSync(path).size / MIB)} MiB`
  console.log(
    `${HOURS} h, ${size}: ${seconds.toFixed(1)} s, ${Math.round(records / seconds)} records a second, ` +
      `${Math.round(rssBytes / MIB)} MiB of memory`,
  )
  const lives = SECONDS * PROCESSES_A_SECOND
  expect(counts).toEqual({ EXISTING_PROCESS: 1, NEW_PROCESS: lives, TERMINATE_PROCESS: lives })
  expect(rssBytes).toBeLessThan(RSS_MAX)
})
