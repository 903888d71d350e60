import { expect, test } from 'vitest'
import { Correlator, type ResolvedCorrelation } from '../../lib/correlate/correlator.js'
import type { Finding } from '../../lib/correlate/finding.js'
import type {
  EventName,
  ExistingProcess,
  NestedProcess,
  NewRemoteThread,
  RemoteProcessHandle,
  TerminateProcess,
} from '../../lib/events/index.js'
import { routing } from './records.js'

const START = 1_764_000_000_000
const LSASS = 'C:\\Windows\\System32\\lsass.exe'
const READ = 0x1010
const ALL = 0x1fffff

test('a read of a sensitive process is told with its start and the access, in this order', () => {
  const world = new World()
  const lsass = world.process(700, { FILE_PATH: LSASS })
  const dump = world.process(4_000, { FILE_PATH: 'C:\\dump.exe' })
  const access = world.handle(dump, lsass, READ)
  expect(world.found).toEqual([
    {
      name: 'SENSITIVE_PROCESS_ACCESS',
      events: [lsass, access],
      time: access.routing.event_time,
      parent: dump.routing.this,
      target: lsass.routing.this,
      repeats: 0,
    },
  ])
})

test('a thread in a sensitive process is told, a mask that reaches nothing is not', () => {
  const world = new World()
  const [lsass, other] = [world.process(700, { FILE_PATH: LSASS }), world.process(4_000, {})]
  for (const mask of [0x1000, 0x2000, 0x100000, 0x800, 0x400]) world.handle(other, lsass, mask)
  expect(world.found).toEqual([])
  const thread = world.thread(other, lsass)
  expect(world.found).toMatchObject([{ name: 'SENSITIVE_PROCESS_ACCESS', events: [lsass, thread] }])
})

test.each([
  ['MAXIMUM_ALLOWED', 0x02000000],
  ['GENERIC_ALL', 0x10000000],
  ['GENERIC_READ', 0x80000000],
  ['VM_WRITE', 0x20],
  ['CREATE_THREAD', 0x2],
])('%s reaches into a process', (_, mask) => {
  const world = new World()
  world.handle(world.process(4_000, {}), world.process(700, { FILE_PATH: LSASS }), mask)
  expect(world.names).toEqual(['SENSITIVE_PROCESS_ACCESS'])
})

test('the same access within a minute is one, and the next one tells how many there were', () => {
  const world = new World()
  const [lsass, dump] = [world.process(700, { FILE_PATH: LSASS }), world.process(4_000, {})]
  for (const second of [0, 1, 30, 59]) world.at(second * 1_000).handle(dump, lsass, READ)
  expect(world.names).toEqual(['SENSITIVE_PROCESS_ACCESS'])
  world.at(59_000).handle(dump, lsass, ALL)
  expect(world.found).toHaveLength(2)
  world.at(60_000).handle(dump, lsass, READ)
  expect(world.found).toMatchObject([{ repeats: 0 }, { repeats: 0 }, { repeats: 3 }])
  expect(world.correlator.stats().repeats).toBe(3)
})

test('what is ignored by path and user is not told, the same path as another user is', () => {
  const world = new World({ ignore: [{ path: '*\\MsMpEng.exe', user: 'NT AUTHORITY\\SYSTEM' }] })
  const lsass = world.process(700, { FILE_PATH: LSASS })
  const FILE_PATH = 'C:\\ProgramData\\Defender\\MSMPENG.EXE'
  world.handle(world.process(4_000, { FILE_PATH, USER_NAME: 'NT AUTHORITY\\SYSTEM' }), lsass, READ)
  expect(world.names).toEqual([])
  world.handle(world.process(4_001, { FILE_PATH, USER_NAME: 'HOST\\mallory' }), lsass, READ)
  expect(world.names).toEqual(['SENSITIVE_PROCESS_ACCESS'])
})

test.each([
  ['a program of the same name elsewhere', { FILE_PATH: 'C:\\Users\\me\\lsass.exe' }, false],
  ['the path of the kernel', { FILE_PATH: '\\Device\\HarddiskVolume3\\WINDOWS\\system32\\LSASS.EXE' }, true],
  ['a name where no path is known', { FILE_PATH: 'lsass.exe' }, true],
  ['an agent of any user', { FILE_PATH: '/usr/bin/ssh-agent', USER_ID: 1000 }, true],
  ['an agent of the same name elsewhere', { FILE_PATH: '/tmp/ssh-agent', USER_ID: 1000 }, false],
  ['the first process', { FILE_PATH: '/usr/lib/systemd/systemd', USER_ID: 0 }, true],
  ['the manager of a user', { FILE_PATH: '/usr/lib/systemd/systemd', USER_ID: 1000 }, false],
  ['the bus of the system', { FILE_PATH: '/usr/bin/dbus-daemon', USER_NAME: 'messagebus' }, true],
  ['the bus of a session', { FILE_PATH: '/usr/bin/dbus-daemon', USER_NAME: 'me' }, false],
])('%s: sensitive by path and user, never by name', (_, fields, isSensitive) => {
  const world = new World()
  world.handle(world.process(4_000, {}), world.process(700, fields), READ)
  expect(world.names).toEqual(isSensitive ? ['SENSITIVE_PROCESS_ACCESS'] : [])
})

test('another set of sensitive processes replaces the usual one', () => {
  const world = new World({ sensitive: [{ path: '/opt/vault' }] })
  const source = world.process(4_000, {})
  world.handle(source, world.process(700, { FILE_PATH: LSASS }), READ)
  world.handle(source, world.process(701, { FILE_PATH: '/opt/vault' }), READ)
  expect(world.found).toMatchObject([{ events: [{ event: { PROCESS_ID: 701 } }, {}] }])
})

test('a process that opens itself is no access', () => {
  const world = new World()
  const lsass = world.process(700, { FILE_PATH: LSASS })
  world.handle(lsass, lsass, ALL)
  world.thread(lsass, lsass)
  expect(world.found).toEqual([])
})

test('an access by a process that was never announced is told all the same', () => {
  const world = new World()
  const lsass = world.process(700, { FILE_PATH: LSASS })
  world.handle(undefined, lsass, READ)
  expect(world.found).toMatchObject([{ parent: undefined, target: lsass.routing.this }])
})

test('a handle and then a thread on the same pair are an injection, told once in the window', () => {
  const world = new World()
  const [a, b] = [world.process(1, {}), world.process(2, {})]
  const handle = world.handle(a, b, ALL)
  const thread = world.at(9_999).thread(a, b)
  for (let i = 0; i < 80; i++) world.at(10_000).thread(a, b)
  expect(world.found).toEqual([
    {
      name: 'THREAD_INJECTION',
      events: [handle, thread],
      time: thread.routing.event_time,
      parent: a.routing.this,
      target: b.routing.this,
      repeats: 0,
    },
  ])
})

test.each([
  ['a handle that can only read', (w: World, a: Known, b: Known) => [w.handle(a, b, READ), w.thread(a, b)]],
  ['no handle', (w: World, a: Known, b: Known) => [w.thread(a, b)]],
  ['the thread first', (w: World, a: Known, b: Known) => [w.thread(a, b), w.handle(a, b, ALL)]],
  ['the other direction', (w: World, a: Known, b: Known) => [w.handle(b, a, ALL), w.thread(a, b)]],
  ['too late', (w: World, a: Known, b: Known) => [w.handle(a, b, ALL), w.at(10_001).thread(a, b)]],
])('no injection: %s', (_, happen) => {
  const world = new World()
  happen(world, world.process(1, {}), world.process(2, {}))
  expect(world.found).toEqual([])
})

test('the window can be made shorter', () => {
  const world = new World({ injectionWindowMs: 500 })
  const [a, b] = [world.process(1, {}), world.process(2, {})]
  world.handle(a, b, ALL)
  world.at(501).thread(a, b)
  expect(world.found).toEqual([])
})

test('a new process with the same number is another pair', () => {
  const world = new World()
  const [a, b] = [world.process(1, {}), world.process(2, {})]
  world.handle(a, b, ALL)
  world.end(b)
  world.thread(a, world.process(2, {}))
  expect(world.found).toEqual([])
})

test('an injection is found although its target is gone', () => {
  const world = new World()
  const [a, lsass] = [world.process(1, {}), world.process(2, { FILE_PATH: LSASS })]
  world.handle(a, lsass, ALL)
  world.end(lsass)
  world.at(5_000).thread(a, lsass)
  expect(world.names).toEqual(['SENSITIVE_PROCESS_ACCESS', 'SENSITIVE_PROCESS_ACCESS', 'THREAD_INJECTION'])
  expect(world.found[1]!.events[0]).toBe(lsass)
})

test('after the window, a new handle and thread are a second injection', () => {
  const world = new World()
  const [a, b] = [world.process(1, {}), world.process(2, {})]
  for (const second of [0, 20]) {
    world.at(second * 1_000).handle(a, b, ALL)
    for (let i = 0; i < 3; i++) world.thread(a, b)
  }
  expect(world.found).toMatchObject([
    { name: 'THREAD_INJECTION', repeats: 0 },
    { name: 'THREAD_INJECTION', repeats: 2 },
  ])
})

test('a change begins the window anew; an attach keeps it open, and 10 s longer', () => {
  const world = new World()
  const [a, b] = [world.process(1, {}), world.process(2, {})]
  const [source, target] = [a.routing.this, b.routing.this]
  world.handle(a, b, ALL)
  world.correlator.change(source, target, START + 9_000)
  world.at(18_000).thread(a, b)
  expect(world.names).toEqual(['THREAD_INJECTION'])

  world.at(100_000).handle(a, b, ALL)
  world.correlator.attach(source, target)
  world.at(500_000).thread(a, b)
  expect(world.names).toHaveLength(2)

  const c = world.process(3, {})
  world.handle(a, c, ALL)
  world.correlator.attach(source, c.routing.this)
  world.correlator.detach(source, c.routing.this, START + 600_000)
  world.at(610_001).thread(a, c)
  expect(world.names).toHaveLength(2)
})

test('one user cannot push out what another one did', () => {
  const world = new World()
  const other = world.process(1, { USER_ID: 1 })
  const target = world.process(2, {})
  world.handle(other, target, ALL)
  const flooder = world.process(3, { USER_ID: 2 })
  for (let pid = 4; pid < 6_004; pid++) world.handle(flooder, world.process(pid, {}), ALL)
  expect(world.correlator.stats().forgotten).toBeGreaterThan(0)
  world.found.length = 0
  world.thread(other, target)
  expect(world.names).toContain('THREAD_INJECTION')
})

test('who opens very many processes fills no memory, and what is given up is counted', () => {
  const world = new World()
  const source = world.process(1, {})
  for (let pid = 2; pid < 5_002; pid++) world.handle(source, world.process(pid, { FILE_PATH: LSASS }), ALL)
  expect(world.correlator.stats().forgotten).toBe(2 * (5_000 - 4_096))
  world.found.length = 0
  world.thread(source, world.processes[5_000]!)
  expect(world.names).toEqual(['SENSITIVE_PROCESS_ACCESS', 'THREAD_INJECTION'])
})

test('evidence is frozen: it is shared with what was delivered on its own', () => {
  const world = new World()
  const lsass = world.process(700, { FILE_PATH: LSASS })
  world.handle(world.process(4_000, {}), lsass, READ)
  for (const record of world.found[0]!.events) {
    expect([record, record.routing, record.event].every(Object.isFrozen)).toBe(true)
  }
})

const HOST = 4_026_531_832
const SSHD = '/usr/sbin/sshd'
const TOOL = '/usr/bin/gdb'

test.each<[string, string, number | undefined, boolean]>([
  ['the host’s own file', TOOL, HOST, true],
  ['a file of that name in another mount namespace', TOOL, 99, false],
  ['a file of which nobody knows where it is', TOOL, 0, false],
  ['a file of that name that is executed from outside', `mnt:[99]${TOOL}`, 0, false],
  ['the host’s file, executed from within another mount namespace', `mnt:[${HOST}]${TOOL}`, 0, false],
  ['a file on a mount that nobody has', `(detached)${TOOL}`, 0, false],
  ['a path whose beginning is cut', `...${TOOL}`, 0, false],
])('--ignore: %s', (_, FILE_PATH, pathNamespace, isIgnored) => {
  for (const path of [TOOL, '*/gdb']) {
    const world = new World({ ignore: [{ path }], hostNamespace: HOST })
    const target = world.process(700, { FILE_PATH: SSHD })
    world.handle(world.process(4_000, { FILE_PATH }), target, READ, pathNamespace)
    expect(world.names).toEqual(isIgnored ? [] : ['SENSITIVE_PROCESS_ACCESS'])
  }
})

test('--ignore by user alone looks at no path, and everywhere is everywhere', () => {
  const options: ResolvedCorrelation[] = [
    { ignore: [{ user: 0 }], hostNamespace: HOST },
    { ignore: [{ path: TOOL }], ignoreEverywhere: true, hostNamespace: HOST },
  ]
  for (const each of options) {
    const world = new World(each)
    const target = world.process(700, { FILE_PATH: SSHD })
    world.handle(world.process(4_000, { FILE_PATH: TOOL, USER_ID: 0 }), target, READ, 99)
    expect(world.names).toEqual([])
  }
})

test.each<[string, string, boolean]>([
  ['the host’s file, in a process that has moved to another mount namespace', `mnt:[${HOST}]${SSHD}`, true],
  ['a path that may be it', '.../sbin/sshd', true],
  ['a path that ends otherwise', '.../bin/sshd', false],
  ['a file that was removed or replaced', `${SSHD} (deleted)`, true],
  ['a file of another mount namespace', `mnt:[99]${SSHD}`, false],
  ['a file on a mount that nobody has', `(detached)${SSHD}`, false],
])('sensitive by its path: %s', (_, FILE_PATH, isSensitive) => {
  const world = new World({ hostNamespace: HOST })
  world.handle(world.process(4_000, {}), world.process(700, { FILE_PATH }), READ)
  expect(world.names).toEqual(isSensitive ? ['SENSITIVE_PROCESS_ACCESS'] : [])
})

type Known = ExistingProcess

/** A few processes and what they do to each other. */
class World {
  readonly found: Finding[] = []
  readonly processes: Known[] = []
  readonly correlator: Correlator
  #time = START
  #atoms = 0

  constructor(options: ResolvedCorrelation = {}) {
    this.correlator = new Correlator(options, (finding) => this.found.push(finding))
  }

  get names(): string[] {
    return this.found.map(({ name }) => name)
  }

  at(ms: number): this {
    this.#time = START + ms
    return this
  }

  process(pid: number, fields: Partial<ExistingProcess['event']>): Known {
    const event = { PROCESS_ID: pid, PARENT_PROCESS_ID: 0, ...fields, TIMESTAMP: this.#time }
    const record = { routing: this.#routing('EXISTING_PROCESS'), event } as ExistingProcess
    this.processes.push(record)
    this.correlator.observe(record)
    return record
  }

  end(process: Known): void {
    const event = { PARENT_PROCESS_ID: 0, TIMESTAMP: this.#time, PROCESS_ID: process.event.PROCESS_ID }
    const routing = { ...this.#routing('TERMINATE_PROCESS'), parent: process.routing.this }
    this.correlator.observe({ routing, event } as TerminateProcess)
  }

  handle(source: Known | undefined, target: Known, mask: number, pathNamespace?: number): RemoteProcessHandle {
    const event = { ACCESS_FLAGS: mask, ...parties(source, target) }
    const record = { routing: this.#upon('REMOTE_PROCESS_HANDLE', source, target), event } as RemoteProcessHandle
    this.correlator.observe(record, pathNamespace)
    return record
  }

  thread(source: Known, target: Known): NewRemoteThread {
    const event = { THREAD_ID: 77, ...parties(source, target) }
    const record = { routing: this.#upon('NEW_REMOTE_THREAD', source, target), event } as NewRemoteThread
    this.correlator.observe(record)
    return record
  }

  #upon<N extends EventName>(name: N, source: Known | undefined, target: Known) {
    const parent = source === undefined ? {} : { parent: source.routing.this }
    return { ...this.#routing(name), ...parent, target: target.routing.this }
  }

  #routing<N extends EventName>(name: N) {
    return { ...routing(name), event_time: this.#time, this: (++this.#atoms).toString(16).padStart(32, '0') }
  }
}

function parties(source: Known | undefined, target: Known) {
  return {
    PARENT_PROCESS_ID: source?.event.PROCESS_ID ?? 99,
    PROCESS_ID: target.event.PROCESS_ID,
    ...(source === undefined ? {} : { SOURCE: nested(source) }),
    TARGET: nested(target),
  }
}

function nested({ routing, event }: Known): NestedProcess {
  return { ...event, THIS_ATOM: routing.this } as NestedProcess
}
