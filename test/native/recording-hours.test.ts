/**
 * Two hours of a busy machine, replayed as fast as it goes, in memory that does not depend on how long it was.
 * KERNELWIRE_ALL=1: of a machine that starts five times as many programs.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { exec, exit, fork } from '../unit/record-bytes.js'
import { fileRecorder, INIT, RecordedSensor } from '../unit/recorded-sensor.js'

const isLong = process.env.KERNELWIRE_ALL === '1'
const MIB = 2 ** 20
/** Node itself takes 60. */
const RSS_MAX = 200 * MIB
const HOURS = 2
const A_SECOND = isLong ? 100 : 20
const LIFE_MS = 30
const PIDS = 30_000
/** Of a step: what a drain finds. */
const STEP_MS = 500
const BEGAN_MS = 1_000

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-large-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** One program after the other; each ends. Returns how many. */
async function record(path: string): Promise<number> {
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(BEGAN_MS - 1)
  const programs = HOURS * 3_600 * A_SECOND
  const everyMs = 1_000 / A_SECOND
  const perStep = STEP_MS / everyMs
  for (let i = 0; i < programs; i++) {
    const atMs = BEGAN_MS + i * everyMs
    const image = { pid: 2 + (i % PIDS), execId: INIT.execId + 1, startMs: atMs }
    sensor.write(
      fork({ ...image, execId: INIT.execId }, INIT, { atMs }),
      exec(image, INIT, {
        atMs: atMs + 1,
        path: '/usr/bin/program',
        arguments: `program\0--number\0${i}\0`,
        threads: 1,
      }),
      exit(image, { atMs: atMs + LIFE_MS }),
    )
    if (i % perStep !== perStep - 1) continue
    sensor.run(atMs + STEP_MS)
    sensor.delivered.length = 0
    // Blocks are written meanwhile.
    await sensor.recorder.ready()
  }
  await sensor.close()
  return programs
}

test('two hours of records', { timeout: isLong ? 900_000 : 240_000 }, async () => {
  const path = join(folder, 'hours.kwr')
  const programs = await record(path)
  const script = new URL('recording-hours.mjs', import.meta.url).pathname
  const replayed = JSON.parse(execFileSync(process.execPath, [script, path], { encoding: 'utf8' }))
  expect(replayed).toMatchObject({
    events: { NEW_PROCESS: programs, TERMINATE_PROCESS: programs, EXISTING_PROCESS: 1, LOSS_ACCOUNTING: 0 },
    processes: 1,
    damage: { blocks: 0, bytes: 0, entries: 0, isCut: false },
  })
  expect(replayed.rssBytes).toBeLessThan(RSS_MAX)

  const [size, rss] = [statSync(path).size, replayed.rssBytes].map((bytes) => Math.round(bytes / MIB))
  const rate = Math.round((3 * programs) / replayed.seconds)
  console.info(`${HOURS} hours, ${3 * programs} records, ${size} MiB: ${rate} records a second in ${rss} MiB`)
})
