import { expect, test } from 'vitest'
import type { EventRecord, ExistingProcess } from '../../lib/events/index.js'
import { atomOf, EPOCH, inShort, only, Playback } from './playback.js'
import { block, exec, exit, FLAG, fork, type Image, row, terminated } from './record-bytes.js'

/** When the last hook was attached, and when the snapshot was taken. */
const ATTACHED = 10_000
const TAKEN = 10_005

const NOBODY: Image = { pid: 0, execId: 0, startMs: 0 }
const INIT: Image = { pid: 1, execId: 5, startMs: 10 }
const SHELL: Image = { pid: 40, execId: 7, startMs: 5_000 }

const rowAt = (image: Image, parent: Image, parts = {}) => row(image, parent, { atMs: TAKEN, path: '/bin/x', ...parts })

function existing(events: EventRecord[]): ExistingProcess[] {
  return only('EXISTING_PROCESS', events)
}

test('a process that was there is told with all that is known of it, and with the time of its creation', () => {
  const { events } = new Playback().takeOver(
    [
      rowAt(INIT, NOBODY, { path: '/sbin/init' }),
      rowAt(SHELL, INIT, { path: '/bin/sh', arguments: 'sh\0', baseAddress: 0x1000n, threads: 2, residentPages: 1 }),
    ],
    ATTACHED,
  )
  const [init, shell] = existing(events)
  expect(inShort(events)).toEqual(['EXISTING 1', 'EXISTING 40'])
  expect(init!.routing).not.toHaveProperty('parent')
  expect(shell!.routing).toMatchObject({ this: atomOf(SHELL), parent: atomOf(INIT), event_time: EPOCH + TAKEN })
  expect(shell!.event).toEqual({
    PROCESS_ID: 40,
    PARENT_PROCESS_ID: 1,
    FILE_PATH: '/bin/sh',
    COMMAND_LINE: 'sh',
    BASE_ADDRESS: 0x1000,
    MEMORY_USAGE: 4_096,
    THREADS: 2,
    USER_NAME: 'root',
    USER_ID: 0,
    CREATION_TIME: EPOCH + 5_000,
    TIMESTAMP: EPOCH + TAKEN,
    PARENT: {
      PROCESS_ID: 1,
      PARENT_PROCESS_ID: 0,
      FILE_PATH: '/sbin/init',
      THREADS: 1,
      USER_NAME: 'root',
      USER_ID: 0,
      CREATION_TIME: EPOCH + 10,
      THIS_ATOM: atomOf(INIT),
      TIMESTAMP: EPOCH + TAKEN,
    },
  })
})

test('a kernel thread has neither a file nor arguments', () => {
  const { events } = new Playback().takeOver(
    [row({ pid: 2, execId: 0, startMs: 0 }, NOBODY, { atMs: TAKEN, flags: FLAG.kernelThread })],
    ATTACHED,
  )
  expect(events[0]!.event).toEqual({
    PROCESS_ID: 2,
    PARENT_PROCESS_ID: 0,
    THREADS: 1,
    USER_NAME: 'root',
    USER_ID: 0,
    CREATION_TIME: EPOCH,
    TIMESTAMP: EPOCH + TAKEN,
  })
})

test('arguments that a row has no room for are taken from the record ahead of it', () => {
  const whole = terminated(['daemon', 'x'.repeat(5_000)])
  const pieces = block('arguments', SHELL, whole, 10_000, { from: 2_048 })
  const { events } = new Playback().takeOver(
    [...pieces, rowAt(SHELL, INIT, { arguments: whole.subarray(0, 2_048), argumentsBytes: whole.length })],
    ATTACHED,
  )
  expect(events[0]!.event).toMatchObject({ COMMAND_LINE: `daemon ${'x'.repeat(5_000)}` })
  expect(events[0]!.event).not.toHaveProperty('TRUNCATED')
})

test('parents come first, in whatever order the rows are', () => {
  const line = [INIT, ...Array.from({ length: 9 }, (_, i) => ({ pid: 100 - i, execId: 2, startMs: 100 + i }))]
  const rows = line.map((image, index) => rowAt(image, line[index - 1] ?? NOBODY))
  for (const shuffled of [rows, [...rows].reverse(), [...rows.slice(5), ...rows.slice(0, 5)]]) {
    const { events } = new Playback().takeOver(shuffled, ATTACHED)
    expect(events.map(({ routing }) => routing.this)).toEqual(line.map(atomOf))
    expect(events.map(({ routing }) => routing.parent)).toEqual([undefined, ...line.slice(0, -1).map(atomOf)])
  }
})

test('an ancestry of 50,000 is told from its root, and leads back to it', () => {
  const line = Array.from({ length: 50_000 }, (_, i) => ({ pid: 100_000 - i, execId: 2, startMs: i / 10 }))
  const rows = line.map((image, index) => row(image, line[index - 1] ?? NOBODY, { atMs: TAKEN })).reverse()
  const { events } = new Playback().takeOver(rows, ATTACHED)
  expect(events).toHaveLength(line.length)
  expect(events[0]!.routing.this).toBe(atomOf(line[0]!))
  expect(events.at(-1)!.routing).toMatchObject({ this: atomOf(line.at(-1)!), parent: atomOf(line.at(-2)!) })
})

test.each([1, 2, 3])(
  '%i processes that claim to be one another’s ancestors are each told once, none before it is named',
  (count) => {
    const ring = Array.from({ length: count }, (_, i) => ({ pid: 10 + i, execId: 2, startMs: 50 }))
    const rows = ring.map((image, index) => rowAt(image, ring[(index + 1) % count]!))
    const { events } = new Playback().takeOver(rows, ATTACHED)
    expect(events.map(({ routing }) => routing.this).sort()).toEqual(ring.map(atomOf).sort())
    const told = new Set<string>()
    for (const { routing } of events) {
      if (routing.parent !== undefined) expect(told).toContain(routing.parent)
      told.add(routing.this)
    }
  },
)

test('a process that is younger than its child is not its parent: the number was given away', () => {
  const reused: Image = { pid: 40, execId: 1, startMs: 9_000 }
  const child: Image = { pid: 41, execId: 1, startMs: 8_000 }
  const { events } = new Playback().takeOver([rowAt(child, SHELL), rowAt(reused, INIT)], ATTACHED)
  expect(only('EXISTING_PROCESS', events)[0]!.routing).not.toHaveProperty('parent')
})

test('what the snapshot saw is known to the stream: children have parents and ends have beginnings', () => {
  const playback = new Playback()
  playback.takeOver([rowAt(INIT, NOBODY), rowAt(SHELL, INIT)], ATTACHED)
  const child: Image = { pid: 41, execId: 7, startMs: 20_000 }
  const events = playback.play(fork(child, SHELL), exit(child), exit(SHELL, { atMs: 20_001 }))
  expect(inShort(events)).toEqual(['NEW 41', 'TERMINATE 41', 'TERMINATE 40'])
  expect(events[0]!.routing.parent).toBe(atomOf(SHELL))
})

/** A process that came to be between the first hook and the last, and what the ring holds of it. */
const EARLY: Image = { pid: 50, execId: 7, startMs: 9_999 }
const EARLY_EXEC: Image = { ...EARLY, execId: 8 }
const EARLY_SECOND: Image = { ...EARLY, execId: 9 }
const forked = fork(EARLY, SHELL)
const execed = exec(EARLY_EXEC, SHELL, { atMs: 10_001, path: '/bin/first' })
const execedAgain = exec(EARLY_SECOND, SHELL, { atMs: 10_003, path: '/bin/second' })
const ended = exit(EARLY_SECOND, { atMs: 10_004 })

test.each<[string, Image, Uint8Array[], string[]]>([
  ['a fork', EARLY, [forked], []],
  ['a fork and an exec', EARLY_EXEC, [forked, execed], []],
  ['an exec', EARLY_EXEC, [execed], []],
  ['a fork and two execs', EARLY_SECOND, [forked, execed, execedAgain], []],
  ['two execs', EARLY_SECOND, [execed, execedAgain], []],
  ['a fork, and not the exec after it', EARLY, [forked, execed], ['NEW 50']],
  ['a fork and an exec, and not the second one', EARLY_EXEC, [forked, execed, execedAgain], ['NEW 50']],
  ['all but the end', EARLY_SECOND, [forked, execed, execedAgain, ended], ['TERMINATE 50']],
])('a row that shows %s makes one event of it with the records', (_, seen, records, more) => {
  const playback = new Playback()
  const { events, rundown } = playback.takeOver([rowAt(SHELL, INIT), rowAt(seen, SHELL)], ATTACHED)
  expect(inShort(events)).toEqual(['EXISTING 40', 'EXISTING 50'])
  const live = playback.play(...records)
  playback.pass(rundown)
  live.push(...playback.finish())
  expect(inShort(live)).toEqual(more)

  const starts = [...events, ...live].filter(({ routing }) => /NEW|EXISTING/.test(routing.event_type))
  expect(new Set(starts.map(({ routing }) => routing.this)).size).toBe(starts.length)
})

test('a process that began and ended before its row could be read is told by its records', () => {
  const playback = new Playback()
  playback.takeOver([rowAt(SHELL, INIT)], ATTACHED)
  const live = playback.play(forked, execed, execedAgain, ended)
  expect(inShort(live)).toEqual(['NEW 50', 'NEW 50', 'TERMINATE 50'])
})

test('a process of which only the end is in the ring was there before: it is told, and then its end', () => {
  const playback = new Playback()
  playback.takeOver([rowAt(SHELL, INIT)], ATTACHED)
  expect(inShort(playback.play(ended))).toEqual(['EXISTING 50', 'TERMINATE 50'])
})

test('a process that started when all hooks were in place is left to its records', () => {
  const late: Image = { pid: 60, execId: 7, startMs: ATTACHED + 1 }
  const playback = new Playback()
  const { events } = playback.takeOver([rowAt(SHELL, INIT), rowAt({ ...late, execId: 8 }, SHELL)], ATTACHED)
  expect(inShort(events)).toEqual(['EXISTING 40'])
  const live = playback.play(fork(late, SHELL), exec({ ...late, execId: 8 }, SHELL, { atMs: ATTACHED + 2 }))
  expect(inShort(live)).toEqual(['NEW 60'])
})

test('the environment of an image that the snapshot saw is that of the image', () => {
  const playback = new Playback()
  playback.takeOver([rowAt(SHELL, INIT), rowAt(EARLY_EXEC, SHELL)], ATTACHED)
  const events = playback.play(...block('environment', EARLY_EXEC, terminated(['A=1'])), execed)
  expect(inShort(events)).toEqual(['PROCESS_ENVIRONMENT 50'])
  expect(events[0]!.routing.parent).toBe(atomOf(EARLY_EXEC))
})

test('the environment of an image that was gone when the snapshot was taken is dropped', () => {
  const playback = new Playback()
  playback.takeOver([rowAt(SHELL, INIT), rowAt(EARLY_SECOND, SHELL)], ATTACHED)
  expect(playback.play(...block('environment', EARLY_EXEC, terminated(['A=1'])), execed)).toEqual([])
  expect(playback.stream.accounts.dropped[5]).toBe(1)
})

test('a zombie is told; its end is told if it was after the first hook, and else it just leaves', () => {
  const zombies = [
    { ...SHELL, pid: 70 },
    { ...SHELL, pid: 71 },
  ]
  const playback = new Playback()
  const rows = zombies.map((image) => rowAt(image, INIT, { flags: FLAG.zombie }))
  const { events, rundown } = playback.takeOver(rows, ATTACHED)
  expect(inShort(events)).toEqual(['EXISTING 70', 'EXISTING 71'])
  expect(inShort(playback.play(exit(zombies[0]!, { atMs: 10_001 })))).toEqual(['TERMINATE 70'])
  playback.pass(rundown)
  expect(playback.stream.processes.size).toBe(0)
  expect(playback.finish()).toEqual([])
})
