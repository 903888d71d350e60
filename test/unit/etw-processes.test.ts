import { Errors } from 'typebox/schema'
import { expect, test } from 'vitest'
import { FLAG, PROVIDER } from '../../lib/decode/etw/layout.js'
import { schemaOf } from '../../lib/events/schemas.js'
import { join, narrow, sid, tokenUser, u32, u64, wide } from './etw-bytes.js'
import {
  at,
  BEGIN,
  end,
  found,
  kernelLoad,
  kernelStart,
  kernelStop,
  load,
  run,
  SOMEBODY,
  SYSTEM,
  start,
  volume,
} from './etw-run.js'
import { expectCausalOrder, expectEachOnce, expectIdentity } from './invariants.js'

const EXE = '\\Device\\HarddiskVolume2\\Windows\\System32\\notepad.exe'

test('a start takes its path from its main module, by the volumes of the recording', () => {
  const { events, stream } = run([
    volume('\\Device\\HarddiskVolume2\\', 'C:\\'),
    found({
      pid: 900,
      parent: 0,
      name: 'explorer.exe',
      commandLine: 'C:\\Windows\\Explorer.EXE',
      user: SOMEBODY,
      ms: 1,
    }),
    start({
      pid: 5_000,
      parent: 900,
      name: 'notepad.exe',
      commandLine: '"notepad.exe" a.txt',
      user: SYSTEM,
      ms: 5_000,
    }),
    load({ pid: 5_000, path: EXE, ms: 5_004 }),
  ])
  expect(events.map(({ routing }) => routing.event_type)).toEqual(['EXISTING_PROCESS', 'NEW_PROCESS', 'MODULE_LOAD'])
  const [explorer, notepad, module] = events
  expect(notepad).toMatchObject({
    routing: { event_time: BEGIN + 5_000, parent: explorer!.routing.this },
    event: {
      PROCESS_ID: 5_000,
      PARENT_PROCESS_ID: 900,
      FILE_PATH: 'C:\\Windows\\System32\\notepad.exe',
      COMMAND_LINE: '"notepad.exe" a.txt',
      BASE_ADDRESS: 0x7ff6_0000_0000,
      USER_NAME: 'NT AUTHORITY\\SYSTEM',
      TIMESTAMP: BEGIN + 5_000,
      PARENT: { PROCESS_ID: 900, FILE_PATH: 'explorer.exe', THIS_ATOM: explorer!.routing.this },
    },
  })
  expect(module).toMatchObject({
    routing: { parent: notepad!.routing.this },
    event: { FILE_PATH: 'C:\\Windows\\System32\\notepad.exe', MODULE_NAME: 'notepad.exe', MEMORY_SIZE: 0x1000 },
  })
  expectIdentity(stream.accounts, 4)
})

test('every event is valid, in causal order, and none comes twice', () => {
  const { events, stream } = run(
    [
      found({ pid: 0, parent: 0, name: 'Idle' }),
      found({ pid: 4, parent: 0, name: 'System' }),
      start({ pid: 10, parent: 4, ms: 3_000 }),
      start({ pid: 11, parent: 10, ms: 3_001 }),
      start({ pid: 12, parent: 11, ms: 3_002 }),
      load({ pid: 12, path: 'C:\\p12.exe', ms: 3_003 }),
      end({ pid: 11, parent: 10, ms: 3_004, status: 7 }),
      end({ pid: 99, parent: 4, name: 'unseen.exe', ms: 3_005 }),
      found({ pid: 12, parent: 11, ms: 9_000 }, 4),
    ],
    { extended: true },
  )
  for (const event of events) expect(Errors(schemaOf(event.routing.event_type), event)[1]).toEqual([])
  expectCausalOrder(events)
  expectEachOnce(events)
  expectIdentity(stream.accounts, 9)
  expect(events.find(({ routing }) => routing.event_type === 'TERMINATE_PROCESS')?.event).toMatchObject({
    PROCESS_ID: 11,
    PARENT_PROCESS_ID: 10,
    EXIT_CODE: 7,
  })
})

test('both providers tell of one process: one event, with what each of them knows', () => {
  const created = 4_999.5
  for (const order of [0, 1]) {
    const both = [
      start({ pid: 5_000, parent: 4, name: 'notepad.exe', commandLine: 'notepad', ms: 5_000 }),
      kernelStart({ pid: 5_000, parent: 4, name: EXE, ms: 5_000, created }),
    ]
    const { events, stream } = run([
      ...(order === 0 ? both : both.toReversed()),
      load({ pid: 5_000, path: EXE, ms: 5_003 }),
      kernelLoad({ pid: 5_000, path: EXE, ms: 5_003 }),
      kernelStop({ pid: 5_000, ms: 6_000 }),
      end({ pid: 5_000, parent: 4, ms: 6_000 }),
    ])
    expect(events.map(({ routing }) => routing.event_type)).toEqual(['NEW_PROCESS', 'MODULE_LOAD', 'TERMINATE_PROCESS'])
    expect(events[0]!.event).toMatchObject({
      FILE_PATH: EXE,
      COMMAND_LINE: 'notepad',
      USER_NAME: 'NT AUTHORITY\\SYSTEM',
    })
    expectIdentity(stream.accounts, 6)
  }
})

test('Kernel-Process alone: a path, no command line, no user; a rundown knows the time of creation', () => {
  const { events } = run([
    kernelStart({ pid: 800, parent: 700, name: EXE, ms: 10, created: -60_000 }, true),
    kernelStart({ pid: 801, parent: 800, name: EXE, ms: 20 }),
  ])
  expect(events).toMatchObject([
    { routing: { event_type: 'EXISTING_PROCESS' }, event: { CREATION_TIME: BEGIN - 60_000, TIMESTAMP: BEGIN + 10 } },
    { routing: { event_type: 'NEW_PROCESS' }, event: { FILE_PATH: EXE, PARENT: { PROCESS_ID: 800 } } },
  ])
  for (const { event } of events) {
    for (const absent of ['COMMAND_LINE', 'USER_NAME', 'USER_ID', 'THREADS', 'MEMORY_USAGE', 'BASE_ADDRESS']) {
      expect(event).not.toHaveProperty(absent)
    }
  }
  expect(events[0]!.event).not.toHaveProperty('PARENT')
  expect(events[1]!.event).not.toHaveProperty('CREATION_TIME')
})

test('an atom ends with the seconds of the creation, and is the same in another recording of the boot', () => {
  const seconds = (ms: number) => Math.floor((BEGIN + ms) / 1_000).toString(16)
  const one = run([kernelStart({ pid: 800, name: EXE, ms: 10, created: -60_000 }, true)])
  const other = run([kernelStart({ pid: 800, name: EXE, ms: 90_000, created: -60_000 }, true)])
  expect(one.events[0]!.routing.this).toBe(other.events[0]!.routing.this)
  expect(one.events[0]!.routing.this.slice(24)).toBe(seconds(-60_000))
  const [first, second] = run([
    start({ pid: 5, ms: 1, key: 1n }),
    end({ pid: 5, ms: 2 }),
    start({ pid: 5, ms: 3, key: 2n }),
  ]).of('NEW_PROCESS')
  expect(first!.routing.this).not.toBe(second!.routing.this)
})

test('a number that is given again without an end is another process', () => {
  const { of, stream } = run([
    start({ pid: 5, name: 'one.exe', key: 1n, ms: 0 }),
    start({ pid: 5, name: 'two.exe', key: 2n, ms: 5_000 }),
    start({ pid: 6, parent: 5, ms: 6_000 }),
  ])
  expect(of('NEW_PROCESS').map(({ event }) => [event.FILE_PATH, event.PARENT?.FILE_PATH])).toEqual([
    ['one.exe', undefined],
    ['two.exe', undefined],
    ['p6.exe', 'two.exe'],
  ])
  expectIdentity(stream.accounts, 3)
})

test('a parent that is listed later in the rundown is another process with the number of the real one', () => {
  const { of } = run([
    found({ pid: 100, parent: 200, name: 'child.exe', ms: 1 }),
    found({ pid: 200, parent: 4, name: 'younger.exe', ms: 1 }),
    found({ pid: 300, parent: 200, name: 'own.exe', ms: 1 }),
  ])
  expect(of('EXISTING_PROCESS').map(({ event }) => event.PARENT?.PROCESS_ID)).toEqual([undefined, undefined, 200])
})

test('what is only found at the end of the recording was there: it is no child of what started meanwhile', () => {
  const { of } = run([
    start({ pid: 200, name: 'new.exe', ms: 1 }),
    found({ pid: 100, parent: 200, name: 'old.exe', ms: 9_000 }, 4),
    found({ pid: 200, name: 'new.exe', ms: 9_000, key: 200n << 12n }, 4),
  ])
  const existing = of('EXISTING_PROCESS')
  expect(existing.map(({ event }) => event.PROCESS_ID)).toEqual([100])
  expect(existing[0]!.event).not.toHaveProperty('PARENT')
})

test('only the end was recorded: the process existed; where not even its parent is told, neither is it here', () => {
  const { events, stream } = run([
    end({ pid: 70, parent: 60, name: 'gone.exe', commandLine: 'gone -x', ms: 1 }),
    kernelStop({ pid: 71, name: 'SearchProtocol', ms: 2 }),
  ])
  expect(events).toMatchObject([
    { routing: { event_type: 'EXISTING_PROCESS' }, event: { FILE_PATH: 'gone.exe', COMMAND_LINE: 'gone -x' } },
    { routing: { event_type: 'TERMINATE_PROCESS' }, event: { PROCESS_ID: 70, PARENT_PROCESS_ID: 60 } },
    { routing: { event_type: 'TERMINATE_PROCESS' }, event: { TIMESTAMP: BEGIN + 2, PROCESS_ID: 71 } },
  ])
  expect(events).toHaveLength(3)
  expect(events[2]!.routing).not.toHaveProperty('parent')
  expect(events[2]!.event).not.toHaveProperty('PARENT_PROCESS_ID')
  expect(stream.accounts.delivered[PROVIDER.KERNEL_PROCESS]).toBe(1)
  expectIdentity(stream.accounts, 2)
})

test('with extended, the SID tells users whom only their own machine could name', () => {
  const { of } = run([start({ pid: 5, user: SOMEBODY })], { extended: true })
  expect(of('NEW_PROCESS')[0]!.event).toMatchObject({ USER_SID: SOMEBODY })
  expect(of('NEW_PROCESS')[0]!.event).not.toHaveProperty('USER_NAME')
  expect(run([start({ pid: 5, user: SOMEBODY })]).of('NEW_PROCESS')[0]!.event).not.toHaveProperty('USER_SID')
})

const CLASSIC = [
  ['0', 0, join(u64(5, 4), tokenUser(SYSTEM), narrow('a.exe')), {}],
  ['1', 1, join(u64(0x1000), u32(5, 4, 1, 259), tokenUser(SYSTEM), narrow('a.exe')), {}],
  [
    '2',
    2,
    join(u64(0x2000), u32(5, 4, 1, 259), tokenUser(SYSTEM), narrow('a.exe'), wide('a -b')),
    { COMMAND_LINE: 'a -b' },
  ],
  [
    '3, without a user',
    3,
    join(u64(0x2000), u32(5, 4, 1, 259), u64(0x1aa000), u32(0), narrow('a.exe'), wide('a -b')),
    { COMMAND_LINE: 'a -b' },
  ],
  [
    '9, newer than any known',
    9,
    join(
      u64(1),
      u32(5, 4, 1, 259),
      u64(2),
      u32(0),
      tokenUser(SYSTEM),
      narrow('a.exe'),
      wide('a'),
      wide(''),
      wide(''),
      u64(1, 2),
    ),
    { COMMAND_LINE: 'a' },
  ],
] as const

test.each(CLASSIC)('a classic start of version %s', (name, version, payload, expected) => {
  const { of, decoder } = run([
    { provider: PROVIDER.PROCESS, opcode: 1, version, payload, pid: 4, tid: 1, time: at(0) },
  ])
  expect(decoder.ledger.faults()).toEqual({})
  const user = name.includes('without') ? {} : { USER_NAME: 'NT AUTHORITY\\SYSTEM' }
  const body = { PROCESS_ID: 5, PARENT_PROCESS_ID: 4, FILE_PATH: 'a.exe', ...user, ...expected, TIMESTAMP: BEGIN }
  expect(of('NEW_PROCESS').map(({ event }) => event)).toEqual([body])
})

const LABEL = sid('S-1-16-8192')
const KERNEL = [
  [0, 1, join(u32(5), u64(at(0)), u32(4, 1), wide('\\a.exe'))],
  [1, 1, join(u32(5), u64(at(0)), u32(4, 1, 0), wide('\\a.exe'))],
  [2, 1, join(u32(5), u64(at(0)), u32(4, 1, 0), wide('\\a.exe'), u32(1, 2), wide('p'), wide('q'))],
  [
    3,
    1,
    join(
      u32(5),
      u64(50, at(0)),
      u32(4),
      u64(40),
      u32(1, 0, 1, 0),
      LABEL,
      wide('\\a.exe'),
      u32(1, 2),
      wide(''),
      wide(''),
    ),
  ],
  [
    5,
    1,
    join(
      u32(5),
      u64(50, at(0)),
      u32(4),
      u64(40),
      u32(1, 0, 1, 0),
      LABEL,
      wide('\\a.exe'),
      u32(1, 2),
      wide(''),
      wide(''),
      u32(9, 0),
      new Uint8Array(2),
    ),
  ],
  [0, 15, join(u32(5), u64(at(0)), u32(4, 1, 0), wide('\\a.exe'), u32(1, 2), wide(''), wide(''))],
  [
    1,
    15,
    join(
      u32(5),
      u64(50, at(0)),
      u32(4),
      u64(40),
      u32(1, 0, 1, 0),
      LABEL,
      wide('\\a.exe'),
      u32(1, 2),
      wide(''),
      wide(''),
    ),
  ],
] as const

test.each(KERNEL)('Kernel-Process version %i of event %i', (version, id, payload) => {
  const { events, decoder } = run([
    { provider: PROVIDER.KERNEL_PROCESS, id, version, payload, pid: 4, tid: 1, time: at(0) },
  ])
  expect(decoder.ledger.faults()).toEqual({})
  expect(events.map(({ event }) => event)).toMatchObject([
    { PROCESS_ID: 5, PARENT_PROCESS_ID: 4, FILE_PATH: '\\a.exe' },
  ])
})

test('the sequence number tells a parent from another process with its number', () => {
  const of = (pid: number, own: number, parent: number, parentSequence: number, ms: number) => ({
    provider: PROVIDER.KERNEL_PROCESS,
    id: 15,
    version: 1,
    payload: join(
      u32(pid),
      u64(own, at(0)),
      u32(parent),
      u64(parentSequence),
      u32(1, 0, 1, 0),
      LABEL,
      wide('\\a'),
      u32(1, 2),
      wide(''),
      wide(''),
    ),
    time: at(ms),
  })
  const { of: named } = run([of(10, 1, 4, 0, 0), of(11, 2, 10, 1, 1), of(12, 3, 10, 77, 2)])
  expect(named('EXISTING_PROCESS').map(({ event }) => event.PARENT?.PROCESS_ID)).toEqual([undefined, 10, undefined])
})

test('what makes no sense is counted with its reason', () => {
  const bad = (payload: Uint8Array, version = 4) => ({ provider: PROVIDER.PROCESS, opcode: 1, version, payload })
  const { events, decoder, stream } = run([
    bad(u32(1, 2)),
    bad(join(u64(1), u32(5, 4, 1, 259), u64(2), u32(0), tokenUser(SYSTEM), Buffer.from('endless'))),
    bad(join(u64(1), u32(5, 4, 1, 259), u64(2), u32(0), u64(0x1234_5678, 0), u64(9), narrow('a'))),
  ])
  expect(events).toEqual([])
  expect(decoder.ledger.faults()).toEqual({
    'shorter than its fields': 1,
    'text without an end': 1,
    'no SID where one must be': 1,
  })
  expectIdentity(stream.accounts, 3)
})

test('a recording says itself what it lacks', () => {
  const lost = (opcode: number, ms: number) => ({
    provider: PROVIDER.LOST,
    opcode,
    payload: new Uint8Array(0),
    time: at(ms),
  })
  const { of } = run([start({ pid: 5, ms: 10 }), lost(32, 500), lost(33, 700)])
  expect(of('LOSS_ACCOUNTING').map(({ event }) => event)).toEqual([
    { LOST: { EVENTS: 1 }, REASON: 'NOT_RECORDED', FROM: BEGIN + 10, TO: BEGIN + 500 },
    { LOST: { BUFFERS: 1 }, REASON: 'NOT_RECORDED', FROM: BEGIN + 500, TO: BEGIN + 700 },
  ])
})

test('a forged recording with very many processes fills no memory', () => {
  const events = Array.from({ length: 70_000 }, (_, i) => start({ pid: 8 * i + 8, parent: 8 * i, ms: 0 }))
  const { stream } = run(events, { names: ['TERMINATE_PROCESS'] })
  expect(stream.processes.size).toBeLessThanOrEqual(65_536)
  expectIdentity(stream.accounts, events.length)
})

test('a driver is loaded into no process, and where the kernel has it is not told', () => {
  const { of } = run([
    found({ pid: 0, parent: 0, name: 'Idle' }),
    load({ pid: 0, path: '\\SystemRoot\\System32\\drivers\\x.sys', base: 0xffff_f800_0000_0000, ms: 1 }),
  ])
  const [loaded] = of('MODULE_LOAD')
  expect(loaded!.event).toMatchObject({ PROCESS_ID: 0, MODULE_NAME: 'x.sys', MEMORY_SIZE: 0x1000 })
  expect(loaded!.event).not.toHaveProperty('BASE_ADDRESS')
  expect(loaded!.routing).not.toHaveProperty('parent')
})

test('behind a loss, of which the buffer tells but not how many, an event says where it was', () => {
  const behind = { ...start({ pid: 6, ms: 900 }), flags: FLAG.BEHIND_LOSS, cpu: 3 }
  const { of } = run([{ ...start({ pid: 5, ms: 100 }), cpu: 3 }, { ...start({ pid: 8, ms: 500 }), cpu: 1 }, behind])
  expect(of('LOSS_ACCOUNTING').map(({ event }) => event)).toMatchObject([
    { LOST: {}, REASON: 'NOT_RECORDED', FROM: BEGIN + 100, TO: BEGIN + 900 },
  ])
})
