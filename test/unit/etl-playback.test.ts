import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Errors } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { EtlFormat, NEW_YEAR, system } from '../../lib/bench/live/etl/format.js'
import { PROVIDER, RECORD } from '../../lib/decode/etw/layout.js'
import { EtlPlayback, type EtlPlaybackOptions } from '../../lib/etl/playback.js'
import { type EventOf, type EventRecord, isEvent } from '../../lib/events/index.js'
import { schemaOf } from '../../lib/events/schemas.js'
import { corpusFolder } from './corpus.js'
import { eachRecord, withUnpacked } from './etl-records.js'
import { type EtwEvent, memoryOf } from './etw-bytes.js'
import { BEGIN, end, found, load, opened, run, SOMEBODY, start, thread } from './etw-run.js'
import { expectCausalOrder, expectEachOnce, expectIdentity } from './invariants.js'

const FOLDER = corpusFolder('etl')

const RECORDINGS = [
  ['tx-win7-kernel-process.etl', '', { NEW_PROCESS: 4, TERMINATE_PROCESS: 4, MODULE_LOAD: 1_115 }],
  [
    'pv-win10-diaghub.zip',
    'diaghub.kernel.1.etl',
    { EXISTING_PROCESS: 223, NEW_PROCESS: 18, TERMINATE_PROCESS: 3, MODULE_LOAD: 87 },
  ],
  [
    'pv-win8-net452-x64.etl.zip',
    '.etl',
    { EXISTING_PROCESS: 32, NEW_PROCESS: 1, TERMINATE_PROCESS: 1, MODULE_LOAD: 35 },
  ],
  ['s4-win11-windowsupdate-lost.etl', '', { LOSS_ACCOUNTING: 1 }],
] as const

describe.skipIf(FOLDER === undefined)('real recordings of Windows (skipped where they are not at hand)', () => {
  test.each(RECORDINGS)('%s %s: documented shapes, in causal order, nothing twice', async (file, entry, counts) => {
    for (const extended of [false, true]) {
      const { events, playback } = await play(file, entry, { extended })
      expect(countsOf(events)).toEqual(counts)
      for (const event of events) expect(Errors(schemaOf(event.routing.event_type), event)[1]).toEqual([])
      expectCausalOrder(events)
      expectEachOnce(events)
      const times = events.map(({ routing }) => routing.event_time)
      expect(times).toEqual([...times].sort((one, other) => one - other))
      expect(playback.decoder.ledger.faults()).toEqual({})
      const { accounts } = playback.stream
      expectIdentity(
        accounts,
        accounts.read.reduce((sum, count) => sum + count, 0),
      )
    }
  })

  test('dp-win11-gc-process-thread.etl.zip: no program starts a thread in another one, and none is accused', async () => {
    const { events, playback } = await play('dp-win11-gc-process-thread.etl.zip', 'vs-gconly.etl')
    expect(countsOf(events)).toEqual({ EXISTING_PROCESS: 396, NEW_PROCESS: 124, TERMINATE_PROCESS: 118 })
    expect(playback.decoder.hasImages).toBe(false)
  })

  test.each([
    ['dp-win11-gc-process-thread.etl.zip', 'vs-gconly.etl'],
    ['pv-win8-net452-x64.etl.zip', '.etl'],
  ])('%s without image events: a real injection among its threads is found, and nothing else', async (file, entry) => {
    const { events } = await injected(file, entry)
    expect(events.map(({ routing }) => routing.event_type)).toEqual(['NEW_REMOTE_THREAD', 'THREAD_INJECTION'])
    expect(events[0]!.event).toMatchObject({
      THREAD_ID: 840,
      SOURCE: { FILE_PATH: 'm.exe' },
      TARGET: { FILE_PATH: 'victim.exe' },
    })
  })

  test('a replay gives the same bytes again', async () => {
    const [one, two] = [await play('tx-win7-kernel-process.etl', ''), await play('tx-win7-kernel-process.etl', '')]
    expect(JSON.stringify(two.events)).toBe(JSON.stringify(one.events))
  })

  test('children are joined to their parents: git.exe of devenv.exe, and what it started', async () => {
    const { events } = await play('pv-win10-diaghub.zip', 'diaghub.kernel.1.etl')
    const started = events.filter((event): event is EventOf<'NEW_PROCESS'> => isEvent(event, 'NEW_PROCESS'))
    const git = started.find(({ event }) => event.PROCESS_ID === 2_044)!
    expect(git.event).toMatchObject({ FILE_PATH: 'git.exe', PARENT: { PROCESS_ID: 13_160, FILE_PATH: 'devenv.exe' } })
    const children = started.filter(({ routing }) => routing.parent === git.routing.this)
    expect(children.map(({ event }) => event.COMMAND_LINE)).toEqual([
      '\\??\\C:\\WINDOWS\\system32\\conhost.exe 0xffffffff -ForceV1',
      'git.exe config --get remote.origin.url',
    ])
    const project = started.find(({ event }) => event.PROCESS_ID === 2_140)!
    expect(project.event).toMatchObject({ BASE_ADDRESS: 140_701_603_397_632 })
    expect(project.event.FILE_PATH).toMatch(/^\\Device\\HarddiskVolume1\\Users\\.*\\locProject\.exe$/)
  })

  test('where both providers were recorded, a process has the path of one and the command line of the other', async () => {
    const { events } = await play('pv-win8-net452-x64.etl.zip', '.etl')
    expect(events.find((event) => isEvent(event, 'NEW_PROCESS'))?.event).toMatchObject({
      PROCESS_ID: 3_676,
      COMMAND_LINE: 'Test.x64.exe',
      FILE_PATH: expect.stringMatching(/^\\\\clrmain\\public\\.*\\Test\.x64\.exe$/),
      PARENT: { PROCESS_ID: 3_508, FILE_PATH: 'C:\\Windows\\System32\\cmd.exe' },
    })
  })
})

/** The events of a file, as the kernel logs them: group << 8 | opcode, of the process and the image. */
function kernelFile(events: readonly EtwEvent[]): Buffer {
  const format = new EtlFormat({ startTime: NEW_YEAR })
  const hooks: Record<number, (opcode: number) => number> = {
    [PROVIDER.PROCESS]: (opcode) => 0x300 | opcode,
    [PROVIDER.IMAGE]: (opcode) => (opcode === 10 ? 0x030a : 0x1400 | opcode),
  }
  const logged = events.map(({ provider, opcode = 0, version, payload, pid, time = NEW_YEAR }) =>
    system(
      { hook: hooks[provider!]!(opcode), version: version!, timestamp: time - NEW_YEAR, pid: pid ?? 4, tid: 1 },
      payload!,
    ),
  )
  return Buffer.concat([format.header(), format.buffer(Buffer.concat(logged))])
}

test('what a file lists at its end only, and what ended meanwhile, was there from the beginning on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-wpr-'))
  const path = join(folder, 'wpr.etl')
  const [SHELL, LOGIN, CHILD] = [500, 400, 600]
  writeFileSync(
    path,
    kernelFile([
      load({ pid: SHELL, path: '\\Windows\\System32\\late.dll', base: 0x7ffa_0000_0000, ms: 5 }),
      start({ pid: CHILD, parent: SHELL, name: 'child.exe', ms: 10 }),
      end({ pid: SHELL, parent: LOGIN, name: 'shell.exe', ms: 20 }),
      // Its number is used again.
      start({ pid: SHELL, parent: CHILD, name: 'other.exe', ms: 30 }),
      found({ pid: LOGIN, parent: 4, name: 'login.exe', ms: 100 }, 4),
      load({ pid: LOGIN, path: '\\Windows\\login.exe', ms: 100 }, 4),
      found({ pid: SHELL, parent: CHILD, name: 'other.exe', ms: 100 }, 4),
    ]),
  )
  const playback = await EtlPlayback.open(path)
  const events: EventRecord[] = []
  for (let batch = await playback.next(); batch !== undefined; batch = await playback.next()) events.push(...batch)
  playback.close()
  rmSync(folder, { recursive: true })
  expect(
    events.map(({ routing, event }) => [routing.event_type, (event as { PROCESS_ID: number }).PROCESS_ID]),
  ).toEqual([
    ['EXISTING_PROCESS', LOGIN],
    ['EXISTING_PROCESS', SHELL],
    ['MODULE_LOAD', SHELL],
    ['NEW_PROCESS', CHILD],
    ['TERMINATE_PROCESS', SHELL],
    ['NEW_PROCESS', SHELL],
  ])
  expect(events[0]).toMatchObject({ routing: { event_time: BEGIN }, event: { FILE_PATH: '\\Windows\\login.exe' } })
  expect(events[1]!.event).toMatchObject({ FILE_PATH: 'shell.exe', PARENT: { PROCESS_ID: LOGIN } })
  expect(events[2]!.routing.parent).toBe(events[1]!.routing.this)
  expect(events[3]!.event).toMatchObject({ PARENT: { FILE_PATH: 'shell.exe' } })
  expect(events[5]!.event).toMatchObject({ FILE_PATH: 'other.exe', PARENT: { PROCESS_ID: CHILD } })
  expectCausalOrder(events)
})

test('where the clock is set back, what comes later is told later', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-clock-'))
  const path = join(folder, 'clock.etl')
  const format = new EtlFormat({ clock: 2, startTimestamp: NEW_YEAR })
  const logged = [
    start({ pid: 600, ms: 60_000 }),
    end({ pid: 600, ms: 60_010 }),
    start({ pid: 604, ms: 10 }),
    end({ pid: 604, ms: 20 }),
  ]
  const events = logged.map(({ opcode, payload, time }) =>
    system({ hook: 0x300 | opcode!, version: 4, timestamp: time!, pid: 4, tid: 1 }, payload!),
  )
  writeFileSync(path, Buffer.concat([format.header(), format.buffer(Buffer.concat(events))]))
  const playback = await EtlPlayback.open(path)
  const told: unknown[] = []
  for (let batch = await playback.next(); batch !== undefined; batch = await playback.next()) {
    told.push(...batch.map(({ routing, event }) => [routing.event_type, (event as { PROCESS_ID: number }).PROCESS_ID]))
  }
  playback.close()
  rmSync(folder, { recursive: true })
  expect(told).toEqual([
    ['NEW_PROCESS', 600],
    ['TERMINATE_PROCESS', 600],
    ['NEW_PROCESS', 604],
    ['TERMINATE_PROCESS', 604],
  ])
})

function play(file: string, entry: string, options: EtlPlaybackOptions = {}) {
  return withUnpacked(FOLDER!, file, entry, async (path) => {
    const playback = await EtlPlayback.open(path, options)
    const events: EventRecord[] = []
    for (let batch = await playback.next(); batch !== undefined; batch = await playback.next()) events.push(...batch)
    playback.close()
    return { events, playback }
  })
}

/** A recording without its image events, and with an attack as Sysmon saw it: attacks/06 of the corpus. */
async function injected(file: string, entry: string) {
  const attack: EtwEvent[] = [
    start({ pid: 93_772, parent: 4, name: 'm.exe', user: SOMEBODY }),
    start({ pid: 92_812, parent: 4, name: 'victim.exe', user: SOMEBODY }),
    ...[93_772, 92_812].map((pid) => thread({ by: 4, pid, tid: pid + 1 })),
    opened({ by: 93_772, pid: 92_812, access: 0x1fffff }),
    thread({ by: 93_772, pid: 92_812, tid: 840, address: 0x0206_0000 }),
  ]
  const names = ['NEW_REMOTE_THREAD', 'SENSITIVE_PROCESS_ACCESS', 'THREAD_INJECTION'] as const
  const { decoder, stream } = run([], { names })
  let threads = 0
  const feed = (events: readonly EtwEvent[], low: number, high: number) => {
    const time = BigInt(low) + (BigInt(high) << 32n)
    const { records, offsets } = memoryOf(events.map((event) => ({ ...event, time })))
    for (const at of offsets) decoder.record(records, at)
  }
  await eachRecord(FOLDER!, file, entry, (records, at) => {
    const provider = records.u16[at >>> 1]!
    if (
      provider === PROVIDER.IMAGE ||
      (provider === PROVIDER.KERNEL_PROCESS && records.u16[(at + RECORD.id) >>> 1] === 5)
    )
      return
    decoder.record(records, at)
    // In the midst of all that the machine does by itself.
    if (provider === PROVIDER.THREAD && ++threads === 1_000) {
      const time = (at + RECORD.time) >>> 2
      feed(attack, records.u32[time]!, records.u32[time + 1]!)
    }
  })
  decoder.finish()
  return { events: stream.takeBatch().filter(({ routing }) => routing.event_type !== 'LOSS_ACCOUNTING') }
}

function countsOf(events: readonly EventRecord[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { routing } of events) counts[routing.event_type] = (counts[routing.event_type] ?? 0) + 1
  return counts
}
