/** openRecording() of Windows events, of files that are made here. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EtlFormat, guidBytes, manifest, system } from '../../lib/bench/live/etl/format.js'
import { type Workload, writeWorkload } from '../../lib/bench/live/etl/workload.js'
import { type EventRecord, isEvent } from '../../lib/events/index.js'
import { openRecording, type RecordingOptions } from '../../lib/recording.js'
import { narrow, tokenUser, u32, u64, wide } from './etw-bytes.js'

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-recording-'))
const file = join(folder, 'recording.etl')
let workload: Workload

beforeAll(() => {
  workload = writeWorkload(file, 2 ** 20, false)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function allOf(path: string, options: RecordingOptions = {}): Promise<EventRecord[]> {
  const events: EventRecord[] = []
  await using recording = await openRecording(path, options)
  for await (const batch of recording) events.push(...(batch as EventRecord[]))
  return events
}

test('it is consumed as a sensor is, and knows its processes', async () => {
  const recording = await openRecording(file)
  expect(recording.info).toMatchObject({
    format: 'etl',
    system: { platform: 'win32', release: '10.0.26100', arch: 'x64' },
    beganMs: Date.UTC(2026, 0, 1),
    extended: false,
  })
  let ends = 0
  let parents = 0
  for await (const record of recording.events()) {
    if (isEvent(record, 'TERMINATE_PROCESS')) {
      ends++
      const ended = recording.process(record.routing.parent!)
      expect(ended?.PROCESS_ID).toBe(record.event.PROCESS_ID)
      parents += recording.ancestors(record.routing.parent!).length
    }
  }
  expect(ends).toBeGreaterThan(100)
  expect(parents).toBe(ends)
  const { events, lost } = recording.stats()
  expect(events).toMatchObject({ NEW_PROCESS: workload.processes, MODULE_LOAD: workload.modules })
  expect(lost).toBe(0)
  expect(recording.damage).toEqual({ blocks: 0, bytes: 0, entries: 0, isCut: false })
})

test('events are chosen by name, process and time', async () => {
  const all = await allOf(file)
  const starts = await allOf(file, { events: ['NEW_PROCESS'], untilMs: all.at(-1)!.routing.event_time })
  expect(starts.every((record) => isEvent(record, 'NEW_PROCESS'))).toBe(true)
  const one = starts[0]!.event as { PROCESS_ID: number }
  const about = await allOf(file, { pid: one.PROCESS_ID })
  expect(about.length).toBeGreaterThan(8)
  expect(about.length).toBeLessThan(20)
})

test('what the recording does not know of its machine can be said', async () => {
  const [record] = await allOf(file, { envelope: { hostname: 'desk', tags: ['lab'] }, extended: true })
  expect(record!.routing).toMatchObject({ hostname: 'desk', tags: ['lab'], plat: 0x10000000 })
  expect(record!.event).toHaveProperty('SEQUENCE')
})

test('through a pipe it gives the same', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', 'exec cat "$0" > "$1"', file, pipe])
  expect(await allOf(pipe)).toEqual(await allOf(file))
  writer.kill()
})

test('one that breaks off says so', async () => {
  const cut = join(folder, 'cut.etl')
  writeWorkload(cut, 2 ** 18, false)
  truncateSync(cut, 2 ** 17 + 100)
  const recording = await openRecording(cut)
  for await (const _ of recording);
  expect(recording.damage.isCut).toBe(true)
})

describe('correlation', () => {
  const AUDIT = guidBytes('e02a841c-75a3-4fa7-afc8-ae09cf9b7f23')
  const attack = join(folder, 'attack.etl')
  const started = (pid: number, name: string) =>
    system(
      { hook: 0x0303, version: 4, timestamp: 1n },
      Buffer.concat([
        ...[u64(pid), u32(pid, 4, 1, 259), u64(1), u32(0), tokenUser('S-1-5-18')],
        ...[narrow(name), wide(name), wide(''), wide('')],
      ]),
    )

  beforeAll(() => {
    const format = new EtlFormat({ bufferBytes: 0x1000 })
    const threadPayload = Buffer.concat([u32(700, 77), u64(1, 1, 2, 2, 0xff, 0x2060000, 0x7000), u32(0, 0)])
    const events = [
      started(700, 'vault.exe'),
      started(800, 'tool.exe'),
      manifest({ guid: AUDIT, id: 5, timestamp: 20_000n, pid: 800, tid: 1 }, u32(700, 0x1fffff, 0)),
      system({ hook: 0x0501, version: 3, timestamp: 200_000n, pid: 800, tid: 1 }, threadPayload),
    ]
    writeFileSync(attack, Buffer.concat([format.header(), format.buffer(Buffer.concat(events))]))
  })

  const namesOf = (records: EventRecord[]) => records.map(({ routing }) => routing.event_type)

  test('a handle and a thread are an injection, within the window', async () => {
    expect(namesOf(await allOf(attack))).toEqual([
      'EXISTING_PROCESS',
      'EXISTING_PROCESS',
      'REMOTE_PROCESS_HANDLE',
      'NEW_REMOTE_THREAD',
      'THREAD_INJECTION',
    ])
    const narrowed = await allOf(attack, { correlation: { injectionWindowMs: 5 }, events: ['THREAD_INJECTION'] })
    expect(narrowed).toEqual([])
  })

  test('a rule for a path holds for the name, where the recording has no path', async () => {
    const events = ['SENSITIVE_PROCESS_ACCESS'] as const
    expect(await allOf(attack, { events })).toEqual([])
    const sensitive = [{ path: '*\\Vault\\vault.exe' }]
    const [access] = await allOf(attack, { events, correlation: { sensitive } })
    expect(access).toMatchObject({ routing: { event_type: 'SENSITIVE_PROCESS_ACCESS' } })
    const ignore = [{ path: 'C:\\Tools\\tool.exe' }]
    expect(await allOf(attack, { events, correlation: { sensitive, ignore } })).toEqual([])
  })
})

test.each([
  [{ follow: true }, 'follow'],
  [{ onRecord: () => undefined }, 'onRecord'],
  [{ extended: 1 as never }, 'extended'],
  [{ correlation: { sensitive: [{}] } }, 'sensitive'],
  [{ envelope: { sid: 'x' } }, 'sid'],
])('%j is refused in one sentence', async (options, word) => {
  const opened = openRecording(file, options as RecordingOptions)
  await expect(opened).rejects.toMatchObject({ code: 'ERR_OPTION', message: expect.stringContaining(word) })
})

test('two files are one recording of Windows, by time', async () => {
  await using one = await openRecording(file)
  await using both = await openRecording([file, file])
  const timesOf = async (recording: typeof one) => {
    const times: number[] = []
    for await (const batch of recording) for (const { routing } of batch) times.push(routing.event_time)
    return times
  }
  const times = await timesOf(both)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(times.length).toBeGreaterThanOrEqual((await timesOf(one)).length)
})

test('closed while a pipe is waited for, it ends', async () => {
  const pipe = join(folder, 'slow')
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', 'exec > "$1"; head -c 300000 "$0"; sleep 60', file, pipe])
  const recording = await openRecording(pipe)
  const read = (async () => {
    for await (const _ of recording);
  })()
  setTimeout(() => void recording.close(), 200)
  await read
  expect(recording.damage.blocks).toBe(0)
  writer.kill()
})
