import { Errors } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { EtlPlayback, type EtlPlaybackOptions } from '../../lib/etl/playback.js'
import { type EventOf, type EventRecord, isEvent } from '../../lib/events/index.js'
import { schemaOf } from '../../lib/events/schemas.js'
import { corpusFolder } from './corpus.js'
import { withUnpacked } from './etl-records.js'
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

function play(file: string, entry: string, options: EtlPlaybackOptions = {}) {
  return withUnpacked(FOLDER!, file, entry, async (path) => {
    const playback = await EtlPlayback.open(path, options)
    const events: EventRecord[] = []
    for (let batch = await playback.next(); batch !== undefined; batch = await playback.next()) events.push(...batch)
    playback.close()
    return { events, playback }
  })
}

function countsOf(events: readonly EventRecord[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { routing } of events) counts[routing.event_type] = (counts[routing.event_type] ?? 0) + 1
  return counts
}
