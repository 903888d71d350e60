/** What is replayed is what was delivered, to the byte. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventRecord } from '../../lib/events/index.js'
import { lineEncoder } from '../../lib/output/encoder.js'
import { partPath } from '../../lib/recording/file.js'
import { openRecording } from '../../lib/recording.js'
import { EPOCH } from './playback.js'
import { Random } from './random.js'
import { exec, exit, fork } from './record-bytes.js'
import { live } from './recorded-life.js'
import {
  eventsIn,
  fileRecorder,
  flightRecorder,
  INIT,
  OLD_MEMORY,
  RecordedSensor,
  temporaryFolder,
} from './recorded-sensor.js'

const lines = (events: readonly EventRecord[]) => events.map(lineEncoder())

test.each([1, 2, 3, 4, 5, 6])('a replay says what the sensor said, byte for byte (seed %i)', async (seed) => {
  const path = join(temporaryFolder(), 'run.kwr')
  const random = new Random(seed)
  const options = { extended: random.chance(0.5), forkWindowMs: random.pick([0, 100, 1_000]) }
  const sensor = await RecordedSensor.open(fileRecorder(path), options)
  live(sensor, random, 300)
  const delivered = lines(await sensor.close())
  expect(delivered.length).toBeGreaterThan(300)

  const { events, recording } = await eventsIn(path)
  expect(lines(events)).toEqual(delivered)
  expect(recording.damage).toEqual({ blocks: 0, bytes: 0, entries: 0, isCut: false })
  expect(recording.stats().events).toEqual(sensor.stream.delivered)
  expect(recording.processes()).toHaveLength(sensor.stream.processes.size)
})

test.each([true, false])('a replay knows whether a snapshot may have lacked processes (%s)', async (listsPart) => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  const shell = { pid: 40, execId: 2, startMs: 1_000 }
  sensor.takeSnapshot(950)
  sensor.write(exec(shell, INIT, { atMs: 1_010 }))
  sensor.run(1_020)
  sensor.listsPart = listsPart
  sensor.takeSnapshot(2_000)
  sensor.run(2_100)
  sensor.write(exec({ pid: 41, execId: 2, startMs: 3_000 }, shell, { atMs: 3_010 }))
  sensor.run(3_020)
  const delivered = await sensor.close()
  expect('PARENT' in delivered.at(-1)!.event).toBe(listsPart)
  expect(lines((await eventsIn(path)).events)).toEqual(lines(delivered))
})

function partsOf(path: string): string[] {
  const { length } = readdirSync(dirname(path))
  return Array.from({ length }, (_, part) => partPath(path, part))
}

test('parts replay as one, and each of them alone knows who was there', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path, { maxBytes: 2 ** 20 }))
  const random = new Random(7)
  live(sensor, random, 1_500)
  const delivered = lines(await sensor.close())
  const parts = partsOf(path)
  expect(parts.length).toBeGreaterThan(2)
  expect(lines((await eventsIn(parts.toReversed())).events)).toEqual(delivered)

  const { events } = await eventsIn(parts[2]!)
  const known = new Map((await eventsIn(parts)).events.map((record) => [record.routing.this, record]))
  const starts = events.filter(({ routing }) => /^(NEW|EXISTING)_PROCESS$/.test(routing.event_type))
  expect(starts.length).toBeGreaterThan(100)
  expect(starts.filter(({ routing }) => !known.has(routing.this))).toEqual([])
  await expect(eventsIn([parts[0]!, parts[2]!])).rejects.toMatchObject({ code: 'ERR_OPTION' })
})

test('only the latest files are kept', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path, { maxBytes: 2 ** 20, maxFiles: 1 }))
  live(sensor, new Random(8), 1_500)
  await sensor.close()
  expect(() => statSync(path)).toThrow('ENOENT')
  expect(() => statSync(partPath(path, 1))).toThrow('ENOENT')
  expect(readdirSync(dirname(path))).toHaveLength(1)
})

test('a flight recorder keeps the latest, and no more than it may', async () => {
  const path = join(temporaryFolder(), 'dump.kwr')
  const sensor = await RecordedSensor.open(flightRecorder({ lastMs: 20_000, maxBytes: 2 * 2 ** 20 }))
  const recorder = sensor.recorder as Parameters<typeof Object>[0]
  live(sensor, new Random(9), 2_000, false)
  expect(recorder.bytes).toBeLessThan(3 * 2 ** 20)
  await recorder.dump(path, false)
  const { events, recording } = await eventsIn(path)
  const all = new Map(sensor.delivered.map((record) => [record.routing.this, record]))
  expect(recording.damage).toMatchObject({ blocks: 0, entries: 0, isCut: false })
  // As far back as it was told to.
  const endMs = sensor.delivered.at(-1)!.routing.event_time
  const recent = sensor.delivered.filter(({ routing }) => {
    return routing.event_type === 'NEW_PROCESS' && routing.event_time > endMs - 1_000
  })
  const atoms = new Set(events.map(({ routing }) => routing.this))
  expect(recent.filter(({ routing }) => !atoms.has(routing.this))).toEqual([])
  expect(events.filter(({ routing: r }) => r.event_type === 'NEW_PROCESS' && !all.has(r.this))).toEqual([])
  await sensor.close()
})

test('what breaks off is read to its last whole block, and says so', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  live(sensor, new Random(10), 3_000)
  const delivered = lines(await sensor.close())
  const whole = readFileSync(path)
  const cut = join(folder, 'cut.kwr')
  for (const part of [0.3, 0.7, 0.999]) {
    writeFileSync(cut, whole.subarray(0, Math.floor(whole.length * part)))
    const { events, recording } = await eventsIn(cut)
    expect(lines(events)).toEqual(delivered.slice(0, events.length))
    expect(events.length).toBeGreaterThan(delivered.length * part * 0.5)
    expect(recording.damage.isCut).toBe(true)
  }
})

test('a block that is damaged is left out, and a loss stands in its place', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  live(sensor, new Random(11), 3_000)
  const delivered = lines(await sensor.close())
  const bytes = readFileSync(path)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  writeFileSync(path, bytes)
  const { events, recording } = await eventsIn(path)
  expect(recording.damage).toMatchObject({ blocks: 1, isCut: false })
  expect(events.filter(({ event }) => 'REASON' in event && event.REASON === 'DAMAGED')).toHaveLength(1)
  expect(events.length).toBeLessThan(delivered.length)
  expect(events.length).toBeGreaterThan(delivered.length / 3)
})

test('nothing of the ring but its records gets into the file', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  live(sensor, new Random(12), 500)
  await sensor.close()
  expect(readFileSync(path).includes(OLD_MEMORY.subarray(0, 3))).toBe(false)
})

test('only its owner can read a recording, and none takes the place of another file', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  writeFileSync(path, 'mine', { mode: 0o644 })
  await expect(RecordedSensor.open(fileRecorder(path))).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' })
  expect(readFileSync(path, 'utf8')).toBe('mine')
  const sensor = await RecordedSensor.open(fileRecorder(path, { force: true }))
  await sensor.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

const SHELL = { pid: 40, execId: 1, startMs: 1_000 }
const CHILD = { pid: 50, execId: 2, startMs: 2_000 }

async function smallRecording(): Promise<string> {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(950)
  sensor.run(960)
  sensor.write(exec(SHELL, INIT, { path: '/bin/sh', uid: 1000 }))
  sensor.run(1_001)
  sensor.write(fork(CHILD, SHELL, { atMs: 2_000 }), exec(CHILD, SHELL, { atMs: 2_001, path: '/bin/ls' }))
  sensor.run(2_010)
  sensor.write(exit(CHILD, { atMs: 3_000 }))
  sensor.run(3_010)
  await sensor.close()
  return path
}

test('events are chosen after they were made: each keeps its id', async () => {
  const path = await smallRecording()
  const all = (await eventsIn(path)).events
  expect((await eventsIn(path, { events: ['TERMINATE_PROCESS'] })).events).toEqual(all.slice(-1))
  expect((await eventsIn(path, { pid: 50 })).events).toEqual(all.slice(-2))
  expect((await eventsIn(path, { pid: 40 })).events).toEqual(all.slice(1, 3))
  expect((await eventsIn(path, { sinceMs: EPOCH + 2_001 })).events).toEqual(all.slice(2))
  expect((await eventsIn(path, { untilMs: EPOCH + 2_001 })).events).toEqual(all.slice(0, 2))
  await expect(eventsIn(path, { events: ['MODULE_LOAD'] })).rejects.toMatchObject({ code: 'ERR_EVENT_UNSUPPORTED' })
})

test('it is consumed as a sensor is', async () => {
  const path = await smallRecording()
  const all = (await eventsIn(path)).events

  const single: EventRecord[] = []
  await using recording = await openRecording(path)
  for await (const record of recording.events()) single.push(record)
  expect(single).toEqual(all)
  expect(() => recording[Symbol.asyncIterator]()).toThrow('one consumer')

  const ended: number[] = []
  const raw: (string | undefined)[] = []
  let kept: { pid: number } | undefined
  await using handled = await openRecording(path, {
    on: { TERMINATE_PROCESS: ({ event }) => ended.push(event.PROCESS_ID) },
    onRecord: (record) => {
      raw.push(record.name)
      kept = record
    },
  })
  await expect.poll(() => ended).toEqual([50])
  expect(raw).toEqual(['EXEC', 'FORK', 'EXEC', 'EXIT'])
  expect(() => kept!.pid).toThrow('until onRecord returns')
  expect(handled.info).toMatchObject({ format: 'kwr', version: '0.0.0', system: { release: '6.1.0' } })
})

test('who a process is and whom it descends from is known when it has ended', async () => {
  const recording = await openRecording(await smallRecording())
  for await (const _ of recording);
  const child = recording.process(50)!
  expect(child).toMatchObject({ PROCESS_ID: 50, FILE_PATH: '/bin/ls' })
  expect(recording.process(child.THIS_ATOM!)).toBe(child)
  expect(recording.ancestors(child.THIS_ATOM!).map(({ PROCESS_ID }) => PROCESS_ID)).toEqual([40, 1])
  expect(recording.process(51)).toBeUndefined()
  expect(recording.ancestors('no such atom')).toEqual([])
})

test('a file that is still written is followed to its end', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(950)
  sensor.run(960)
  sensor.recorder.journal.seal()
  const recording = await openRecording(path, { follow: true })
  const followed: EventRecord[] = []
  const loop = (async () => {
    for await (const batch of recording) followed.push(...batch)
  })()
  await expect.poll(() => followed.length).toBe(1)
  sensor.write(exec(SHELL, INIT))
  sensor.run(1_001)
  sensor.recorder.journal.seal()
  await expect.poll(() => followed.length).toBe(2)
  const delivered = await sensor.close()
  await loop
  expect(lines(followed)).toEqual(lines(delivered))
})

test('speed 1 takes as long as it took', async () => {
  const path = await smallRecording()
  const began = performance.now()
  await eventsIn(path, { speed: 10 })
  expect(performance.now() - began).toBeGreaterThan(150)
})
