/** Recordings of a live sensor on Windows say, wherever they are replayed, what it said. */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { FLAG, PROVIDER } from '../../lib/decode/etw/layout.js'
import { type EventName, type EventRecord, SUPPORTED_ON_WINDOWS } from '../../lib/events/index.js'
import { lineEncoder } from '../../lib/output/encoder.js'
import { partPath } from '../../lib/recording/file.js'
import type { FlightRecorder } from '../../lib/recording/flight-recorder.js'
import { openRecording } from '../../lib/recording.js'
import type { EtwEvent } from './etw-bytes.js'
import { at, BEGIN, end, fileCreate, found, kernelStart, load, opened, start, thread, volume } from './etw-run.js'
import { outcomesOfChanged } from './hostile-recordings.js'
import { only } from './playback.js'
import { eventsIn, fileRecorder, flightRecorder, temporaryFolder } from './recorded-sensor.js'
import { RecordedWindows } from './recorded-windows.js'

const ALL: readonly EventName[] = SUPPORTED_ON_WINDOWS
const TOOL = 'C:\\Tools\\tool.exe'
const SNAPSHOT_END: EtwEvent = {
  provider: PROVIDER.SENSOR,
  opcode: 4,
  flags: FLAG.NO_THREAD,
  payload: new Uint8Array(0),
  time: at(0),
}

function lines(events: readonly EventRecord[]): string[] {
  const line = lineEncoder()
  return events.map((record) => line(record))
}

function life(pid: number, ms: number): EtwEvent[] {
  const of = { pid, parent: 500, commandLine: `tool --number ${pid}`, ms }
  return [
    start({ ...of, name: 'tool.exe' }),
    kernelStart({ ...of, name: TOOL }),
    load({ pid, path: TOOL, ms, built: 7 }),
    end({ pid, parent: 500, ms: ms + 50 }),
  ]
}

/** Of everything something, in several drains. */
async function recorded(path: string): Promise<RecordedWindows> {
  const sensor = await RecordedWindows.open(fileRecorder(path), { events: ALL, extended: true })
  sensor.write(volume('\\Device\\HarddiskVolume2\\', 'C:\\'), found({ pid: 500, name: 'shell.exe' }), SNAPSHOT_END)
  sensor.run(BEGIN + 5)
  sensor.write(...life(600, 10), opened({ pid: 500, by: 604, access: 0x2a, ms: 20 }))
  sensor.run(BEGIN + 70.25)
  const signature = { isSigned: true, isVerified: false, chainStatus: 122, issuer: 'CN=a', subject: 'CN=b' }
  const facts = { hash: 'ab'.repeat(32), sizeBytes: 7, attributes: 0x20, fileVersion: '1.2.3.4', signature }
  for (const { id } of sensor.requests.splice(0)) sensor.drain.accept({ id, error: 0, ...facts })
  sensor.run(BEGIN + 300)
  sensor.write(
    ...life(608, 400),
    opened({ pid: 500, by: 500 + 4, access: 0x2a, ms: 410 }),
    thread({ pid: 500, by: 608, ms: 420 }),
    fileCreate({ by: 500, path: '\\Device\\NamedPipe\\one', disposition: 2, ms: 430 }),
  )
  sensor.run(BEGIN + 900)
  await sensor.close()
  return sensor
}

test('a replay says the same, to the byte', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const { delivered } = await recorded(path)
  const names = new Set(delivered.map(({ routing }) => routing.event_type))
  expect([...names]).toEqual(
    expect.arrayContaining(['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS', 'CODE_IDENTITY', 'NEW_NAMED_PIPE']),
  )
  const { events, recording } = await eventsIn(path)
  expect(lines(events)).toEqual(lines(delivered))
  expect(recording.damage).toEqual({ blocks: 0, bytes: 0, entries: 0, isCut: false })
  expect(recording.info).toMatchObject({ format: 'kwr', extended: true, events: expect.arrayContaining([...ALL]) })
  expect(recording.stats().windows?.providers.PROCESS).toMatchObject({ read: 5, bad: 0 })
})

test('what a filter had left out, a replay leaves out', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const filter = { accounts: ['s-1-5-18'], excludePaths: ['c:\\tools\\'], isWindows: true }
  const sensor = await RecordedWindows.open(fileRecorder(path), { events: ALL, filter })
  sensor.write(...life(600, 10), start({ pid: 700, ms: 20 }), kernelStart({ pid: 700, ms: 20 }))
  sensor.run(BEGIN + 4_000)
  const delivered = await sensor.close()
  expect(only('NEW_PROCESS', delivered).map(({ event }) => event.PROCESS_ID)).toEqual([700])
  expect(lines((await eventsIn(path)).events)).toEqual(lines(delivered))
})

test('files of a row: all together say the same; a later one stands alone, its processes are listed at its beginning', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedWindows.open(fileRecorder(path, { maxBytes: 2 ** 20 }), { events: ALL })
  for (let round = 0; round < 8; round++) {
    const pids = Array.from({ length: 500 }, (_, i) => 1_000 + 4 * (500 * round + i))
    sensor.write(...pids.flatMap((pid) => life(pid, 100 * round + 10)))
    sensor.run(BEGIN + 100 * round + 90)
  }
  const delivered = await sensor.close()
  const parts = readdirSync(dirname(path)).map((name) => join(dirname(path), name))
  // How much a drain takes in its time, and so where a file ends, is the machine's.
  expect(parts.length).toBeGreaterThan(2)
  expect(sensor.snapshots).toBe(parts.length - 1)
  expect(lines((await eventsIn(parts)).events)).toEqual(lines(delivered))
  const alone = only('NEW_PROCESS', (await eventsIn(partPath(path, 1))).events)
  const commands = new Set(only('NEW_PROCESS', delivered).map(({ event }) => event.COMMAND_LINE))
  expect(alone.length).toBeGreaterThan(100)
  expect(commands).toContain(alone.at(-1)?.event.COMMAND_LINE)
})

test('a flight recorder keeps the past and writes it', async () => {
  const path = join(temporaryFolder(), 'dump.kwr')
  const sensor = await RecordedWindows.open(flightRecorder({ lastMs: 60_000, maxBytes: 2 ** 24 }), { events: ALL })
  sensor.write(...life(600, 10))
  sensor.run(BEGIN + 90)
  await (sensor.recorder as FlightRecorder).dump(path, false)
  const told = lines(sensor.delivered)
  await sensor.close()
  expect(lines((await eventsIn(path)).events)).toEqual(told)
})

test('bytes that are changed under right checksums', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  await recorded(path)
  const outcomes = await outcomesOfChanged(path, 1)
  expect([...outcomes].sort()).toEqual(['ERR_RECORDING_DAMAGED', 'played'])
})

test('the raw view is of Linux', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  await recorded(path)
  await expect(openRecording(path, { onRecord: () => {} })).rejects.toMatchObject({ code: 'ERR_OPTION' })
})
