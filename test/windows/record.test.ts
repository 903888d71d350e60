/** A live sensor that is recorded: replayed here, and on Linux by scripts/test-windows.mjs, it says the same. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type EventName, type EventRecord, isEvent, SUPPORTED_ON_WINDOWS } from '../../lib/events/index.js'
import { openRecording } from '../../lib/recording.js'
import { openSensor } from '../../lib/sensor.js'
import { recordings } from '../unit/etl-files.js'
import { memoryOf } from '../unit/etw-bytes.js'
import { BEGIN, load, start } from '../unit/etw-run.js'
import { framesOf, liveEvents } from './frames.js'
import { keepHash, ndjson, replayOf } from './replays.js'
import { fileTime, frameOf, isOfKernel, standIn } from './stand-in.js'

const trace = standIn()
/** Where Linux looks for what was recorded. */
const folder = process.env.KERNELWIRE_RECORDED ?? mkdtempSync(path.join(tmpdir(), 'kernelwire-'))
const EVENTS: EventName[] = [...SUPPORTED_ON_WINDOWS]
/** Files of another machine are not here. */
const OF_RECORDS = EVENTS.filter((name) => !name.endsWith('_IDENTITY'))
const FILES = recordings()

beforeEach(() => trace.reset())
afterEach(() => expect(trace.running()).toEqual([]))

describe.skipIf(FILES.length === 0)('records of Windows', () => {
  test.for(FILES)('$name', async ({ name, path: file }, { skip }) => {
    const frames = await framesOf(file)
    if (frames.count === 0) skip('it has no event of a provider that a live sensor asks for')
    const record = path.join(folder, `${path.basename(name)}.kwr`)
    const { events } = await liveEvents(trace, frames, { events: OF_RECORDS, extended: true, record })
    const said = ndjson(events)
    keepHash(record, said)
    expect(await replayOf(record)).toBe(said)
  })
})

test('processes that run, their environments, and what their files are', async () => {
  trace.setNow(fileTime(Date.now()), true)
  const record = path.join(folder, 'running.kwr')
  const sensor = await openSensor({ events: EVENTS, extended: true, record })
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' })
  const events: EventRecord[] = []
  const reading = (async () => {
    for await (const batch of sensor) events.push(...batch)
  })()
  await sleep(300)
  const of = { pid: child.pid!, parent: process.pid, name: 'node.exe', ms: Date.now() - BEGIN }
  const { records, offsets } = memoryOf([start(of), load({ ...of, path: process.execPath, built: 7 })])
  for (const at of offsets) trace.feed(isOfKernel(records, at)!, frameOf(records, at))
  while (
    !['CODE_IDENTITY', 'PROCESS_ENVIRONMENT'].every((name) => events.some((one) => one.routing.event_type === name))
  )
    await sleep(5)
  child.kill()
  await sensor.close()
  await reading
  const said = ndjson(events)
  keepHash(record, said)
  expect(await replayOf(record)).toBe(said)
  const recording = await openRecording(record)
  expect(recording.info.system).toMatchObject({ platform: 'win32', arch: 'x64' })
  await recording.close()
})

test('a flight recorder writes the past when it is asked to', async () => {
  trace.setNow(fileTime(BEGIN + 3_600_000), true)
  trace.listProcesses(false)
  const sensor = await openSensor({ events: ['NEW_PROCESS'], record: { lastMs: 60_000 } })
  const { records, offsets } = memoryOf([start({ pid: 8, ms: 1 }), load({ pid: 8, path: 'C:\\p8.exe', ms: 2 })])
  for (const at of offsets) trace.feed(isOfKernel(records, at)!, frameOf(records, at))
  const { value: batch } = await sensor[Symbol.asyncIterator]().next()
  const file = path.join(folder, 'dump.kwr')
  await sensor.dump(file)
  await sensor.close()
  keepHash(file, ndjson(batch!))
  expect(await replayOf(file)).toBe(ndjson(batch!))
  expect(batch!.some((record: EventRecord) => isEvent(record, 'NEW_PROCESS'))).toBe(true)
})

test('where the file cannot be made there is no sensor, and no session is left', async () => {
  trace.listProcesses(false)
  const taken = path.join(folder, 'taken')
  writeFileSync(taken, '')
  await expect(openSensor({ record: taken })).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' })
  expect(existsSync(taken)).toBe(true)
})
