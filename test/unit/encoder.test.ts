/** The independent expectation is JSON.stringify. */
import { expect, test } from 'vitest'
import type { EventRecord, NewProcess } from '../../lib/events/index.js'
import { lineEncoder } from '../../lib/output/encoder.js'
import { machineLife } from './machine-life.js'
import { Playback } from './playback.js'
import { Random } from './random.js'
import { row } from './record-bytes.js'
import { loss, newProcess, routing, terminateProcess } from './records.js'

const INIT = { pid: 1, execId: 1, startMs: 1 }

function expectSame(records: readonly EventRecord[]): void {
  const encode = lineEncoder()
  for (const record of records) expect(encode(record)).toBe(JSON.stringify(record))
}

test.each([false, true])('every event of a machine’s life, extended: %s', (extended) => {
  const playback = new Playback({ extended })
  const { events } = playback.takeOver([row(INIT, INIT, { atMs: 500, path: '/sbin/init' })], 500)
  events.push(...playback.play(...machineLife(new Random(5), 1_000, extended)), ...playback.finish())
  expect(new Set(events.map(({ routing }) => routing.event_type)).size).toBeGreaterThan(3)
  expectSame(events)
})

test('text of every kind: what JSON escapes, what it leaves, what is no UTF-16', () => {
  const characters = Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code))
  const texts = [...characters, '', '\ud800', '\udc00x', '🙂', '漢字', '\u2028', '\ufeff', '"\\/\b\f\n\r\t']
  expectSame(texts.map((text) => newProcess({ FILE_PATH: `/${text}`, COMMAND_LINE: text, USER_NAME: text })))
})

/** Absent is a key that is not there, and the key of an undefined value is not written. */
test.each<keyof NewProcess['event']>([
  'FILE_PATH',
  'COMMAND_LINE',
  'BASE_ADDRESS',
  'MEMORY_USAGE',
  'THREADS',
  'USER_NAME',
  'USER_ID',
  'PARENT',
])('a process of which %s is unknown', (key) => {
  const record = newProcess()
  delete (record.event as Record<string, unknown>)[key]
  expectSame([record, newProcess({ [key]: undefined })])
})

test('all documented fields of a process, on either platform', () => {
  const { TIMESTAMP, PARENT, ...known } = newProcess().event
  const event = {
    ...known,
    HASH: 'ab'.repeat(32),
    FILE_IS_SIGNED: 1 as const,
    ORIGINAL_FILE_NAME: 'a"b.exe',
    CREATION_TIME: 0,
    TIMESTAMP,
    PARENT,
    TRUNCATED: { COMMAND_LINE: 9_000 },
  }
  expectSame([{ routing: routing('EXISTING_PROCESS'), event } as EventRecord])
})

test('no parent, another envelope, a target, other events', () => {
  const orphan = newProcess()
  delete orphan.routing.parent
  const elsewhere = terminateProcess()
  expectSame([
    orphan,
    terminateProcess(),
    { ...elsewhere, routing: { ...elsewhere.routing, hostname: 'a "b"', tags: ['x', 'y\n'] } },
    terminateProcess(),
    loss({ FORK: 3 }),
  ])
})

test('modules, as far as they are known', () => {
  const known = {
    MEMORY_SIZE: 4_096,
    PROCESS_ID: 7,
    FILE_PATH: '/usr/lib/"a".so',
    MODULE_NAME: '"a".so',
    TIMESTAMP: 1,
    BASE_ADDRESS: 0x7f00_0000_0000,
    HASH: 'cd'.repeat(32),
    TRUNCATED: { FILE_PATH: 5_000 },
  }
  const optional = ['MEMORY_SIZE', 'FILE_PATH', 'MODULE_NAME', 'BASE_ADDRESS', 'HASH', 'TRUNCATED'] as const
  const events = optional.map((key) => ({ ...known, [key]: undefined }))
  expectSame([known, ...events].map((event) => ({ routing: routing('MODULE_LOAD'), event }) as EventRecord))
})

/** The events that nest others, as far as each part is known, and with what `extended` adds. */
function upon(): EventRecord[] {
  const [SOURCE, TARGET] = [newProcess().event.PARENT, Object.freeze({ ...newProcess().event.PARENT })]
  const pids = { PARENT_PROCESS_ID: 8, PROCESS_ID: 7 }
  const target = { target: 'ef'.repeat(16) }
  return [{}, { SOURCE }, { TARGET }, { SOURCE, TARGET }, { SOURCE, TARGET, DENIED: 1, SEQUENCE: 3 }].flatMap(
    (rest) => [
      { routing: { ...routing('REMOTE_PROCESS_HANDLE'), ...target }, event: { ACCESS_FLAGS: 0x20, ...pids, ...rest } },
      { routing: { ...routing('NEW_REMOTE_THREAD'), ...target }, event: { THREAD_ID: 9, ...pids, ...rest } },
    ],
  ) as unknown as EventRecord[]
}

test('an event upon another process names its target and both processes', () => {
  expectSame(upon())
})

test('a finding has its evidence in it, whole', () => {
  const [handle, thread] = upon().slice(-2)
  const start = Object.freeze(newProcess())
  const finding = (name: string, event: object) => ({ routing: routing(name as 'THREAD_INJECTION'), event })
  expectSame([
    finding('SENSITIVE_PROCESS_ACCESS', { EVENTS: [start, handle] }),
    finding('SENSITIVE_PROCESS_ACCESS', { EVENTS: [start, thread] }),
    finding('SENSITIVE_PROCESS_ACCESS', { EVENTS: [handle], REPEATS: 2, SEQUENCE: 4 }),
    finding('THREAD_INJECTION', { EVENTS: [handle, thread], SEQUENCE: 5 }),
  ] as unknown as EventRecord[])
})

test('a PARENT that is not frozen is read each time', () => {
  const record = newProcess()
  const encode = lineEncoder()
  encode(record)
  ;(record.event.PARENT as { FILE_PATH: string }).FILE_PATH = '/changed'
  expect(encode(record)).toBe(JSON.stringify(record))
})
