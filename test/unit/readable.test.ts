import { describe, expect, test } from 'vitest'
import { EVENT_NAMES, type EventRecord, type NestedProcess } from '../../lib/events/index.js'
import { coloured, paintFor, uncoloured } from '../../lib/output/paint.js'
import { ReadableLines } from '../../lib/output/readable.js'
import { widthOf } from '../../lib/output/width.js'
import { loss, newProcess, routing, terminateProcess } from './records.js'

const ATOM = '00112233445566778899aabb69249300'

function lines(columns: number, ...records: EventRecord[]): string[] {
  const readable = new ReadableLines(() => columns, uncoloured)
  return records.map((record) => readable.format(record))
}

const SOURCE: NestedProcess = {
  PROCESS_ID: 7,
  PARENT_PROCESS_ID: 1,
  FILE_PATH: '/usr/bin/gdb',
  COMMAND_LINE: 'gdb -p 9',
  USER_NAME: 'ada',
  THIS_ATOM: ATOM,
  TIMESTAMP: 1,
}
const TARGET: NestedProcess = { ...SOURCE, PROCESS_ID: 9, FILE_PATH: '/usr/sbin/sshd' }
const handle: EventRecord = {
  routing: { ...routing('REMOTE_PROCESS_HANDLE'), target: ATOM },
  event: { ACCESS_FLAGS: 0x1410, PARENT_PROCESS_ID: 7, PROCESS_ID: 9, SOURCE, TARGET },
}
const identity = { MEMORY_SIZE: 0, FILE_PATH: '/opt/x', TIMESTAMP: 1, HASH: 'ab'.repeat(32), ERROR: 0 }

/** One of each: the table of words is complete by its type, this shows what it says. */
const ALL: Record<(typeof EVENT_NAMES)[number], { record: EventRecord; says: RegExp }> = {
  NEW_PROCESS: { record: newProcess(), says: /^[\d:.]+ start +4711 root +\/usr\/bin\/true ← bash 42$/ },
  EXISTING_PROCESS: {
    record: { routing: routing('EXISTING_PROCESS'), event: newProcess().event },
    says: /exists +4711 root +\/usr\/bin\/true/,
  },
  TERMINATE_PROCESS: { record: terminateProcess(), says: / end +4711$/ },
  PROCESS_ENVIRONMENT: {
    record: {
      routing: routing('PROCESS_ENVIRONMENT'),
      event: { ENVIRONMENT_VARIABLES: ['A=1', 'B=\x1b[m'], PROCESS_ID: 5 },
    },
    says: / env +5 +A=1 B=\\x1b\[m$/,
  },
  MODULE_LOAD: {
    record: { routing: routing('MODULE_LOAD'), event: { PROCESS_ID: 5, FILE_PATH: '/lib/libc.so.6', TIMESTAMP: 1 } },
    says: / load +5 +\/lib\/libc\.so\.6$/,
  },
  CODE_IDENTITY: {
    record: { routing: routing('CODE_IDENTITY'), event: identity },
    says: / code .*\/opt\/x sha256 abab/,
  },
  ONGOING_IDENTITY: {
    record: { routing: routing('ONGOING_IDENTITY'), event: { ...identity, HASH: undefined as never, ERROR: 5 } },
    says: /\/opt\/x no hash, error 5$/,
  },
  NEW_NAMED_PIPE: {
    record: { routing: routing('NEW_NAMED_PIPE'), event: { FILE_PATH: '/run/p', PROCESS_ID: 5 } },
    says: / mkfifo +5 +\/run\/p$/,
  },
  OPEN_NAMED_PIPE: {
    record: { routing: routing('OPEN_NAMED_PIPE'), event: { FILE_PATH: '/run/p', PROCESS_ID: 5 } },
    says: / fifo +5 +\/run\/p$/,
  },
  REMOTE_PROCESS_HANDLE: { record: handle, says: / access +7 ada +\/usr\/bin\/gdb → sshd 9 access 0x1410$/ },
  NEW_REMOTE_THREAD: {
    record: { routing: routing('NEW_REMOTE_THREAD'), event: { THREAD_ID: 11, PARENT_PROCESS_ID: 7, PROCESS_ID: 9 } },
    says: / thread +7 +→ 9 thread 11$/,
  },
  SENSITIVE_PROCESS_ACCESS: {
    record: { routing: routing('SENSITIVE_PROCESS_ACCESS'), event: { EVENTS: [newProcess(), handle as never] } },
    says: / SECRET +7 ada +\/usr\/bin\/gdb → sshd 9/,
  },
  THREAD_INJECTION: {
    record: { routing: routing('THREAD_INJECTION'), event: { EVENTS: [handle as never] } },
    says: / INJECT +7 ada +\/usr\/bin\/gdb → sshd 9/,
  },
  LOSS_ACCOUNTING: { record: loss({ FORK: 3, EXIT: 2 }), says: / LOST +3 FORK, 2 EXIT the reader was too slow$/ },
}

describe.each(EVENT_NAMES)('%s', (name) => {
  const { record, says } = ALL[name]

  test('is a line that says what happened', () => {
    expect(lines(200, record)[0]).toMatch(says)
  })

  test.each([40, 79, 80, 100, 200])('is no wider than %i columns', (columns) => {
    const long = JSON.parse(JSON.stringify(record).replaceAll('/usr/bin/', `/日本語/${'長い'.repeat(60)}/`))
    expect(widthOf(lines(columns, record)[0]!)).toBeLessThanOrEqual(columns)
    expect(widthOf(lines(columns, long)[0]!)).toBeLessThanOrEqual(columns)
  })
})

test('the program is shown by its file, and by what it was called where that is another name', () => {
  const [same, other] = lines(
    200,
    newProcess({ FILE_PATH: '/usr/bin/ls', COMMAND_LINE: 'ls /etc', ARGUMENTS: ['ls', '/etc'] }),
    newProcess({ FILE_PATH: '/usr/bin/dash', COMMAND_LINE: 'sh -c a b', ARGUMENTS: ['sh', '-c', 'a b', ''] }),
  )
  expect(same).toContain(' /usr/bin/ls /etc ←')
  expect(other).toContain(` /usr/bin/dash (sh) -c 'a b' '' ←`)
})

test('bytes that are no UTF-8 are shown as they are, where the event has them', () => {
  const RAW_BYTES = {
    FILE_PATH: Buffer.from('/tmp/\xff', 'latin1').toString('base64'),
    COMMAND_LINE: Buffer.from('x\0a\xfe b\0', 'latin1').toString('base64'),
  }
  const [line] = lines(200, newProcess({ FILE_PATH: '/tmp/\ufffd', COMMAND_LINE: 'x a\ufffd b', RAW_BYTES }))
  expect(line).toContain(" /tmp/\\xff (x) 'a\\xfe b' ←")
})

test('an end says which program, how long it ran, and how it ended', () => {
  const end = terminateProcess()
  end.event.TIMESTAMP += 1_500
  end.event.SIGNAL = 9
  const start = newProcess()
  start.routing.this = end.routing.parent!
  expect(lines(200, start, end)[1]).toMatch(/ end +4711 root +\/usr\/bin\/true killed by signal 9, after 1\.5 s$/)
})

test('hostile text never reaches the terminal, in colour or without', () => {
  const hostile = '\x1b[2J\u202e\u009b\n\u2028'
  const readable = new ReadableLines(() => 200, coloured)
  const line = readable.format(
    newProcess({ FILE_PATH: `/tmp/${hostile}`, COMMAND_LINE: `${hostile} ${hostile}`, USER_NAME: hostile }),
  )
  expect(line.replace(/\x1b\[[\d;]+m/g, '')).not.toMatch(/[\x00-\x1f\u007f-\u009f\u202e\u2028]/)
})

describe('colours', () => {
  const isColoured = (choice: string | undefined, isTerminal: boolean, environment: NodeJS.ProcessEnv = {}) =>
    paintFor(choice, isTerminal, environment)('red', 'x') !== 'x'

  test('are for terminals, unless somebody wants it otherwise', () => {
    expect(isColoured(undefined, true)).toBe(true)
    expect(isColoured(undefined, false)).toBe(false)
    expect(isColoured('auto', true, { TERM: 'dumb' })).toBe(false)
  })

  test('NO_COLOR takes them, FORCE_COLOR gives them, --color beats both', () => {
    expect(isColoured(undefined, true, { NO_COLOR: '1' })).toBe(false)
    expect(isColoured(undefined, true, { NO_COLOR: '' })).toBe(true)
    expect(isColoured(undefined, false, { FORCE_COLOR: '1' })).toBe(true)
    expect(isColoured(undefined, true, { FORCE_COLOR: '0' })).toBe(false)
    expect(isColoured(undefined, false, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true)
    expect(isColoured('always', false, { NO_COLOR: '1' })).toBe(true)
    expect(isColoured('never', true, { FORCE_COLOR: '1' })).toBe(false)
  })

  test('another word is refused', () => {
    expect(() => paintFor('sometimes', true, {})).toThrow('--color must be auto, always or never')
  })
})
