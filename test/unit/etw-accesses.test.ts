import { Errors } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { PROVIDER } from '../../lib/decode/etw/layout.js'
import { schemaOf } from '../../lib/events/schemas.js'
import { join, u32, u64, wide } from './etw-bytes.js'
import { at, end, fileCreate, found, kernelThread, load, opened, run, start, thread, volume } from './etw-run.js'
import { expectIdentity } from './invariants.js'

const LSASS = 700
const MALWARE = 4_000
const NOTEPAD = 5_000
const CSRSS = 600

/** A machine that was there, with the main modules of its processes. */
const MACHINE = [
  volume('\\Device\\HarddiskVolume2\\', 'C:\\'),
  volume('\\SystemRoot\\', 'C:\\Windows\\'),
  ...[
    [LSASS, 'lsass.exe', 'Windows\\System32\\lsass.exe'],
    [CSRSS, 'csrss.exe', 'Windows\\System32\\csrss.exe'],
    [MALWARE, 'voice_mail.exe', 'Users\\me\\voice_mail.exe'],
    [NOTEPAD, 'notepad.exe', 'Windows\\System32\\notepad.exe'],
  ].flatMap(([pid, name, path]) => [
    found({ pid: pid as number, parent: 4, name: name as string }),
    load({ pid: pid as number, path: `\\Device\\HarddiskVolume2\\${path}` }, 3),
  ]),
]

describe('opened processes', () => {
  test('a handle that reaches into a process is told, with both processes', () => {
    const { of, events, stream } = run([...MACHINE, opened({ by: MALWARE, pid: NOTEPAD, access: 0x1410, ms: 5 })])
    const [handle] = of('REMOTE_PROCESS_HANDLE')
    const existing = of('EXISTING_PROCESS')
    const atomOf = (pid: number) => existing.find(({ event }) => event.PROCESS_ID === pid)!.routing.this
    expect(handle).toMatchObject({
      routing: { parent: atomOf(MALWARE), target: atomOf(NOTEPAD) },
      event: {
        ACCESS_FLAGS: 0x1410,
        PARENT_PROCESS_ID: MALWARE,
        PROCESS_ID: NOTEPAD,
        SOURCE: { FILE_PATH: 'C:\\Users\\me\\voice_mail.exe', THIS_ATOM: atomOf(MALWARE) },
        TARGET: { FILE_PATH: 'C:\\Windows\\System32\\notepad.exe', THIS_ATOM: atomOf(NOTEPAD) },
      },
    })
    expect(Object.keys(handle!.event)).toEqual(['ACCESS_FLAGS', 'PARENT_PROCESS_ID', 'PROCESS_ID', 'SOURCE', 'TARGET'])
    for (const event of events) expect(Errors(schemaOf(event.routing.event_type), event)[1]).toEqual([])
    expectIdentity(stream.accounts, MACHINE.length + 1)
  })

  test('no handle: to itself, with too little access, refused, or to a process with no number', () => {
    const { of } = run([
      ...MACHINE,
      opened({ by: MALWARE, pid: MALWARE, access: 0x1fffff }),
      opened({ by: MALWARE, pid: NOTEPAD, access: 0x1000 }),
      opened({ by: MALWARE, pid: LSASS, access: 0x1fffff, status: 0xc0000022 }),
      opened({ by: MALWARE, pid: 0xffffffff, access: 0x1fffff, status: 0xc000000b }),
    ])
    expect(of('REMOTE_PROCESS_HANDLE')).toEqual([])
    expect(of('SENSITIVE_PROCESS_ACCESS')).toEqual([])
  })

  test('a refused one is told with extended, and never leads to anything', () => {
    const { of } = run([...MACHINE, opened({ by: MALWARE, pid: LSASS, access: 0x1410, status: 0xc0000022 })], {
      extended: true,
    })
    expect(of('REMOTE_PROCESS_HANDLE')).toMatchObject([{ event: { DENIED: 1 } }])
    expect(of('SENSITIVE_PROCESS_ACCESS')).toEqual([])
  })

  test('a process that was never announced is no SOURCE and no TARGET', () => {
    const { of } = run([opened({ by: 1, pid: 2, access: 0x10 })])
    expect(of('REMOTE_PROCESS_HANDLE')[0]!.event).toEqual({ ACCESS_FLAGS: 0x10, PARENT_PROCESS_ID: 1, PROCESS_ID: 2 })
    expect(of('REMOTE_PROCESS_HANDLE')[0]!.routing).not.toHaveProperty('parent')
    expect(of('REMOTE_PROCESS_HANDLE')[0]!.routing).not.toHaveProperty('target')
  })

  test('one that reads lsass.exe is told with its start, also where only that was asked for', () => {
    const { events } = run([...MACHINE, opened({ by: MALWARE, pid: LSASS, access: 0x1010, ms: 5 })], {
      names: ['SENSITIVE_PROCESS_ACCESS'],
    })
    expect(events).toMatchObject([
      {
        routing: { event_type: 'SENSITIVE_PROCESS_ACCESS' },
        event: {
          EVENTS: [
            { routing: { event_type: 'EXISTING_PROCESS' }, event: { FILE_PATH: 'C:\\Windows\\System32\\lsass.exe' } },
            { routing: { event_type: 'REMOTE_PROCESS_HANDLE' }, event: { ACCESS_FLAGS: 0x1010 } },
          ],
        },
      },
    ])
    expect(Errors(schemaOf('SENSITIVE_PROCESS_ACCESS'), events[0])[1]).toEqual([])
  })
})

describe('threads in other processes', () => {
  test('one is told; after a handle that allows it, it is an injection', () => {
    const { events } = run(
      [
        ...MACHINE,
        opened({ by: MALWARE, pid: NOTEPAD, access: 0x1fffff, ms: 10 }),
        thread({ by: MALWARE, pid: NOTEPAD, tid: 840, ms: 260 }),
      ],
      { names: ['NEW_REMOTE_THREAD', 'THREAD_INJECTION'] },
    )
    expect(events.map(({ routing }) => routing.event_type)).toEqual(['NEW_REMOTE_THREAD', 'THREAD_INJECTION'])
    expect(events[0]!.event).toMatchObject({ THREAD_ID: 840, PARENT_PROCESS_ID: MALWARE, PROCESS_ID: NOTEPAD })
    expect(events[1]).toMatchObject({
      routing: { parent: events[0]!.routing.parent },
      event: { EVENTS: [{ routing: { event_type: 'REMOTE_PROCESS_HANDLE' } }, { event: { THREAD_ID: 840 } }] },
    })
    for (const event of events) expect(Errors(schemaOf(event.routing.event_type), event)[1]).toEqual([])
  })

  test('the first thread of a process is made by its parent, whichever provider tells', () => {
    const { of } = run([
      ...MACHINE,
      start({ pid: 9_000, parent: MALWARE, ms: 10 }),
      thread({ by: MALWARE, pid: 9_000, tid: 9_004, ms: 10 }),
      kernelThread({ by: MALWARE, pid: 9_000, tid: 9_004, ms: 10 }),
      thread({ by: 9_000, pid: 9_000, tid: 9_008, ms: 20 }),
      thread({ by: MALWARE, pid: 9_000, tid: 9_012, ms: 30 }),
      kernelThread({ by: MALWARE, pid: 9_000, tid: 9_012, ms: 30 }),
    ])
    expect(of('NEW_REMOTE_THREAD').map(({ event }) => event.THREAD_ID)).toEqual([9_012])
  })

  test('threads of the kernel are made in the context of whoever runs', () => {
    const { of } = run([
      ...MACHINE,
      found({ pid: 4, parent: 0, name: 'System' }),
      thread({ by: MALWARE, pid: 4, ms: 5 }),
      thread({ by: MALWARE, pid: NOTEPAD, teb: 0, ms: 6 }),
    ])
    expect(of('NEW_REMOTE_THREAD')).toEqual([])
  })

  test('a thread of a process that nobody told of may be its first', () => {
    const { of, stream } = run([thread({ by: MALWARE, pid: 12_345, ms: 5 })])
    expect(of('NEW_REMOTE_THREAD')).toEqual([])
    expect(stream.accounts.dropped[PROVIDER.THREAD]).toBe(1)
  })

  test('but one of a process that did something before is not', () => {
    const UNKNOWN = 12_345
    const { of } = run([
      kernelThread({ by: UNKNOWN, pid: UNKNOWN, tid: 12_346, ms: 5 }),
      kernelThread({ by: MALWARE, pid: UNKNOWN, tid: 12_350, ms: 6 }),
    ])
    const [thread, ...others] = of('NEW_REMOTE_THREAD')
    expect(others).toEqual([])
    expect(thread!.event).toMatchObject({ THREAD_ID: 12_350, PROCESS_ID: UNKNOWN, PARENT_PROCESS_ID: MALWARE })
    expect(thread!.event).not.toHaveProperty('TARGET')
  })

  test('nor does it count when a thread of it ended since: it may have been the last, and the number another process', () => {
    const { of } = run([
      kernelThread({ by: 12_345, pid: 12_345, tid: 12_346, ms: 5 }),
      thread({ by: 12_345, pid: 12_345, tid: 12_346, ms: 6 }, 2),
      kernelThread({ by: MALWARE, pid: 12_345, tid: 12_350, ms: 7 }),
    ])
    expect(of('NEW_REMOTE_THREAD')).toEqual([])
  })

  const NTDLL = 0x7ffb_0000_0000
  const WORKER = NTDLL + 0x2_0000
  const LEARNED = [
    ...MACHINE,
    load({ pid: NOTEPAD, path: '\\SystemRoot\\System32\\ntdll.dll', base: NTDLL, size: 0x20_0000 }, 3),
    thread({ by: NOTEPAD, pid: NOTEPAD, tid: 1, address: WORKER }, 3),
    thread({ by: NOTEPAD, pid: NOTEPAD, tid: 2, address: WORKER }, 3),
    thread({ by: NOTEPAD, pid: NOTEPAD, tid: 3, address: NTDLL + 0x500 }, 3),
  ]

  test('a worker of the thread pool is made by whoever gives it work; another address in ntdll is not one', () => {
    const { of } = run([
      ...LEARNED,
      thread({ by: MALWARE, pid: NOTEPAD, tid: 50, address: WORKER, ms: 5 }),
      thread({ by: MALWARE, pid: NOTEPAD, tid: 51, address: NTDLL + 0x9_0000, ms: 6 }),
    ])
    expect(of('NEW_REMOTE_THREAD').map(({ event }) => event.THREAD_ID)).toEqual([51])
  })

  describe('without image events', () => {
    const SHARED = 0x7ffc_5ff6_d000
    const THUNK = 0x7ffb_a164_d000
    const programs = [...'abcdefgh'].map((name, index) => ({ pid: 10_000 + 4 * index, name: `${name}.exe` }))
    const [TARGET] = programs
    const own = (pid: number, address: number) => thread({ by: pid, pid, tid: pid + 1, address }, 3)
    const BARE = [
      found({ pid: 4, parent: 0, name: 'System' }),
      found({ pid: CSRSS, name: 'csrss.exe' }),
      found({ pid: MALWARE, name: 'voice_mail.exe', user: 'S-1-5-21-1-2-3-1001' }),
      ...programs.flatMap((program) => [found(program), own(program.pid, SHARED)]),
      ...programs.slice(0, 5).map(({ pid }) => own(pid, THUNK)),
    ]
    const tidsOf = (...threads: ReturnType<typeof thread>[]) =>
      run([...BARE, ...threads])
        .of('NEW_REMOTE_THREAD')
        .map(({ event }) => event.THREAD_ID)
    const { pid } = TARGET!

    test('a worker is known by the address at which most programs start threads of their own, whoever starts it', () => {
      expect(
        tidsOf(
          thread({ by: 4, pid, tid: 1, address: SHARED, ms: 5 }),
          thread({ by: MALWARE, pid, tid: 2, address: SHARED, ms: 6 }),
          thread({ by: MALWARE, pid, tid: 3, address: 0x206_0000, ms: 7 }),
        ),
      ).toEqual([3])
    })

    test('what fewer programs share may run any function: only the kernel starts it for them', () => {
      expect(
        tidsOf(
          thread({ by: 4, pid, tid: 1, address: THUNK, ms: 5 }),
          thread({ by: MALWARE, pid, tid: 2, address: THUNK, ms: 6 }),
          thread({ by: 4, pid, tid: 3, address: 0x206_0000, ms: 7 }),
        ),
      ).toEqual([2, 3])
    })

    test('many processes of one program, each with threads at its own code, make no worker of it', () => {
      const copies = Array.from({ length: 50 }, (_, i) => 20_000 + 4 * i)
      const events = copies.flatMap((copy) => [found({ pid: copy, name: 'copy.exe' }), own(copy, 0x206_0000)])
      const { of } = run([...BARE, ...events, thread({ by: MALWARE, pid, tid: 9, address: 0x206_0000, ms: 5 })])
      expect(of('NEW_REMOTE_THREAD').map(({ event }) => event.THREAD_ID)).toEqual([9])
    })

    test('where no program has code, the secure kernel starts threads', () => {
      expect(tidsOf(thread({ by: 4, pid, tid: 1, address: 0x1000_0001_4000_0000, ms: 5 }))).toEqual([])
    })

    test('csrss.exe is known by its name and its user; another user, or image events without a path, are not enough', () => {
      const by = thread({ by: CSRSS, pid, tid: 1, ms: 5 })
      expect(tidsOf(by)).toEqual([])
      const other = [found({ pid: 604, name: 'csrss.exe', user: 'S-1-5-21-1-2-3-1001' }), ...BARE, { ...by, pid: 604 }]
      expect(run(other).of('NEW_REMOTE_THREAD')).toHaveLength(1)
      const withImages = [load({ pid: MALWARE, path: '\\Windows\\System32\\kernel32.dll' }), ...BARE, by]
      expect(run(withImages).of('NEW_REMOTE_THREAD')).toHaveLength(1)
    })

    test('an injection is one: opened with all rights, then a thread at memory of its own', () => {
      const { of } = run([
        ...BARE,
        opened({ by: MALWARE, pid, access: 0x1fffff, ms: 10 }),
        thread({ by: MALWARE, pid, tid: 840, ms: 260 }),
      ])
      expect(of('THREAD_INJECTION')).toHaveLength(1)
    })
  })

  test('more than one address in ntdll can be that of workers', () => {
    const second = NTDLL + 0x3_0000
    const { of } = run([
      ...LEARNED,
      ...[LSASS, MALWARE].map((pid) => thread({ by: pid, pid, tid: pid + 1, address: second }, 3)),
      thread({ by: CSRSS, pid: NOTEPAD, tid: 50, address: second, ms: 5 }),
      thread({ by: MALWARE, pid: NOTEPAD, tid: 51, address: second, ms: 5 }),
      thread({ by: MALWARE, pid: NOTEPAD, tid: 52, address: NTDLL + 0x500, ms: 6 }),
    ])
    expect(of('NEW_REMOTE_THREAD').map(({ event }) => event.THREAD_ID)).toEqual([52])
  })

  test('csrss.exe makes threads everywhere, as its job: but nothing is benign in lsass.exe', () => {
    const { of } = run([
      ...LEARNED,
      thread({ by: CSRSS, pid: NOTEPAD, tid: 60, ms: 5 }),
      thread({ by: CSRSS, pid: LSASS, tid: 61, ms: 6 }),
      thread({ by: MALWARE, pid: LSASS, tid: 62, address: WORKER, ms: 7 }),
    ])
    expect(of('NEW_REMOTE_THREAD').map(({ event }) => event.THREAD_ID)).toEqual([61, 62])
    expect(of('SENSITIVE_PROCESS_ACCESS')).toHaveLength(2)
  })

  test('the layout before version 3, and with the two numbers swapped in version 0', () => {
    const old = (version: number, payload: Uint8Array) => ({
      provider: PROVIDER.THREAD,
      opcode: 1,
      version,
      payload,
      pid: MALWARE,
      tid: 1,
      time: at(5),
    })
    const { of, decoder } = run([
      ...MACHINE,
      old(0, u32(70, NOTEPAD)),
      old(1, join(u32(NOTEPAD, 71), u64(1, 1, 2, 2, 3, 4), new Uint8Array(4))),
      old(2, join(u32(NOTEPAD, 72), u64(1, 1, 2, 2, 3, 4, 5), u32(0))),
      old(4, join(u32(NOTEPAD, 73), u64(1, 1, 2, 2, 3, 4, 5), u32(0, 0), wide('a name'))),
    ])
    expect(decoder.ledger.faults()).toEqual({})
    // What knows nothing of the thread but its number cannot be told from one of the kernel's.
    expect(of('NEW_REMOTE_THREAD').map(({ event }) => event.THREAD_ID)).toEqual([71, 72, 73])
  })
})

describe('named pipes (experimental)', () => {
  const PIPE = '\\Device\\NamedPipe\\msagent_12'

  test('one that is created, one that is opened', () => {
    const { of, events, stream } = run([
      ...MACHINE,
      fileCreate({ by: MALWARE, path: PIPE, disposition: 2, ms: 5 }),
      fileCreate({ by: MALWARE, path: PIPE, disposition: 3, ms: 6 }),
      fileCreate({ by: NOTEPAD, path: PIPE, disposition: 1, ms: 7 }),
    ])
    expect(of('NEW_NAMED_PIPE').map(({ event }) => event)).toEqual([
      { FILE_PATH: PIPE, PROCESS_ID: MALWARE },
      { FILE_PATH: PIPE, PROCESS_ID: MALWARE },
    ])
    expect(of('OPEN_NAMED_PIPE').map(({ event }) => event)).toEqual([{ FILE_PATH: PIPE, PROCESS_ID: NOTEPAD }])
    for (const event of events) expect(Errors(schemaOf(event.routing.event_type), event)[1]).toEqual([])
    expectIdentity(stream.accounts, MACHINE.length + 3)
  })

  test('files, the folder of the pipes itself, and names that only look alike are none', () => {
    const { of } = run(
      ['\\Device\\HarddiskVolume2\\a', '\\Device\\NamedPipe\\', '\\Device\\NamedPipe', '\\Device\\NamedPipes\\x'].map(
        (path) => fileCreate({ by: MALWARE, path, disposition: 1 }),
      ),
    )
    expect(of('OPEN_NAMED_PIPE')).toEqual([])
  })

  test('an old event knows only the thread: its process is that of the thread', () => {
    const payload = join(u64(1, 77, 3), u32(2 ** 24, 0x80, 3), wide(PIPE))
    const open = { provider: PROVIDER.FILE_IO, opcode: 64, version: 2, payload, time: at(5) }
    const { of, stream } = run([
      ...MACHINE,
      open,
      thread({ by: MALWARE, pid: MALWARE, tid: 77, ms: 6 }),
      { ...open, time: at(7) },
      thread({ by: MALWARE, pid: MALWARE, tid: 77, ms: 8 }, 2),
      { ...open, time: at(9) },
    ])
    expect(of('OPEN_NAMED_PIPE').map(({ event }) => event.PROCESS_ID)).toEqual([MALWARE])
    expect(stream.accounts.dropped[PROVIDER.FILE_IO]).toBe(2)
  })
})

test('handles of Object events are read and counted: they do not say with which access', () => {
  const object = (opcode: number, payload: Uint8Array) => ({ provider: PROVIDER.OBJECT, opcode, version: 2, payload })
  const { events, stream, decoder } = run([
    object(32, join(u64(1), u32(4), new Uint8Array(2))),
    object(33, join(u64(1), u32(4), new Uint8Array(2), wide('\\Device\\NamedPipe\\x'))),
    object(34, join(u64(1), u32(4, 8, 5), new Uint8Array(2), u32(6))),
    object(36, join(u32(7), wide('Process'))),
    object(38, join(u64(1), u32(5, 4), new Uint8Array(2), wide(''))),
    object(48, join(u64(1), new Uint8Array(2))),
    object(32, u32(1)),
  ])
  expect(events).toEqual([])
  expect(stream.accounts.folded[PROVIDER.OBJECT]).toBe(6)
  expect(decoder.ledger.faults()).toEqual({ 'shorter than its fields': 1 })
})

test('a load of version 0 does not say whose it is: of whoever logged it; kernel modules have no process', () => {
  const image = (pid: number, version: number, payload: Uint8Array) => ({
    provider: PROVIDER.IMAGE,
    opcode: 10,
    version,
    payload,
    pid,
    tid: 1,
    time: at(5),
  })
  const { of } = run([
    ...MACHINE,
    image(NOTEPAD, 0, join(u64(0x1000), u32(0x2000), wide('C:\\a.dll'))),
    image(4, 1, join(u64(0x1000, 0x2000), u32(0), wide('\\SystemRoot\\b.sys'))),
  ])
  expect(
    of('MODULE_LOAD').map(({ event, routing }) => [event.PROCESS_ID, event.FILE_PATH, routing.parent === undefined]),
  ).toEqual([
    [NOTEPAD, 'C:\\a.dll', false],
    [0, 'C:\\Windows\\b.sys', true],
  ])
})

test('what happens after the end of a process names none', () => {
  const { of } = run([
    ...MACHINE,
    end({ pid: NOTEPAD, parent: 4, ms: 3_000 }),
    opened({ by: MALWARE, pid: NOTEPAD, access: 0x10, ms: 3_001 }),
  ])
  expect(of('REMOTE_PROCESS_HANDLE')[0]!.event).not.toHaveProperty('TARGET')
})
