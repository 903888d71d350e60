import { expect, test } from 'vitest'
import type { EventRecord, NewProcess } from '../../lib/events/index.js'
import { atomOf, EPOCH, inShort, only, Playback } from './playback.js'
import { exec, exit, fork, type Image } from './record-bytes.js'

const SHELL: Image = { pid: 40, execId: 2, startMs: 1_000 }
const CHILD: Image = { pid: 41, execId: 2, startMs: 5_000 }
const PROGRAM: Image = { ...CHILD, execId: 3 }

/** With a shell that is known already. */
function withShell(options = {}): Playback {
  const playback = new Playback({ extended: true, ...options })
  playback.play(exec(SHELL, SHELL, { path: '/bin/sh', arguments: 'sh\0' }))
  return playback
}

const execAt = (atMs: number) => exec(PROGRAM, SHELL, { atMs, path: '/bin/ls', arguments: 'ls\0', details: {} })

const newProcesses = (events: EventRecord[]): NewProcess['event'][] => only('NEW_PROCESS', events).map((r) => r.event)

test.each([5_000, 5_010, 5_100])(
  'an exec at %i ms of a process forked at 5000 ms makes one event, with its own image and time',
  (atMs) => {
    const playback = withShell()
    const events = [...playback.play(fork(CHILD, SHELL)), ...playback.play(execAt(atMs)), ...playback.finish()]
    expect(inShort(events)).toEqual(['NEW 41'])
    expect(events[0]!.routing).toMatchObject({
      this: atomOf(PROGRAM),
      parent: atomOf(SHELL),
      event_time: EPOCH + atMs,
    })
    expect(events[0]!.event).toMatchObject({ FILE_PATH: '/bin/ls', TIMESTAMP: EPOCH + atMs })
    expect(events[0]!.event).not.toHaveProperty('PREVIOUS_ATOM')
  },
)

test.each([5_101, 5_104, 5_300, 900_000])('an exec at %i ms is a second image of the process', (atMs) => {
  const playback = withShell()
  const events = [...playback.play(fork(CHILD, SHELL)), ...playback.play(execAt(atMs)), ...playback.finish()]
  const [forked, execed] = newProcesses(events)
  expect(inShort(events)).toEqual(['NEW 41', 'NEW 41'])
  expect(forked).toMatchObject({ FILE_PATH: '/bin/sh', TIMESTAMP: EPOCH + 5_000 })
  expect(execed).toMatchObject({
    FILE_PATH: '/bin/ls',
    TIMESTAMP: EPOCH + atMs,
    PREVIOUS_ATOM: atomOf(CHILD),
    PARENT_PROCESS_ID: 40,
    PARENT: { THIS_ATOM: atomOf(SHELL) },
  })
  expect(events.map((event) => event.routing.this)).toEqual([atomOf(CHILD), atomOf(PROGRAM)])
})

test('of two execs soon after the fork, the first one is folded with it and the second one is an image of its own', () => {
  const playback = withShell()
  const second: Image = { ...CHILD, execId: 4 }
  const events = playback.play(
    fork(CHILD, SHELL),
    execAt(5_001),
    exec(second, SHELL, { atMs: 5_002, path: '/bin/env', arguments: 'env\0', details: {} }),
  )
  expect(newProcesses(events)).toMatchObject([
    { FILE_PATH: '/bin/ls' },
    { FILE_PATH: '/bin/env', PREVIOUS_ATOM: atomOf(PROGRAM), PARENT: { THIS_ATOM: atomOf(SHELL) } },
  ])
  expect(playback.finish()).toEqual([])
})

test('a fork that itself forked is announced before its child, and its own exec is a second image', () => {
  const playback = withShell()
  const grandchild: Image = { pid: 42, execId: 2, startMs: 5_001 }
  const events = [...playback.play(fork(CHILD, SHELL), fork(grandchild, CHILD), execAt(5_002)), ...playback.finish()]
  expect(inShort(events)).toEqual(['NEW 41', 'NEW 41', 'NEW 42'])
  expect(events.map(({ routing }) => routing.this)).toEqual([atomOf(CHILD), atomOf(PROGRAM), atomOf(grandchild)])
  expect(events[2]!.routing.parent).toBe(atomOf(CHILD))
  expect(events[1]!.event).toMatchObject({ PREVIOUS_ATOM: atomOf(CHILD) })
})

test('forks that wait on one another come parents first, whoever is due', () => {
  const playback = withShell()
  const line = [SHELL, ...Array.from({ length: 5 }, (_, i) => ({ pid: 50 + i, execId: 2, startMs: 5_000 + i }))]
  const last = line.at(-1)!
  const events = playback.play(
    ...line.slice(1).map((image, index) => fork(image, line[index]!)),
    exec({ ...last, execId: 3 }, line.at(-2)!, { atMs: 5_020 }),
  )
  expect(inShort(events)).toEqual(['NEW 50', 'NEW 51', 'NEW 52', 'NEW 53', 'NEW 54'])
  expect(events.map(({ routing }) => routing.parent)).toEqual(line.slice(0, -1).map(atomOf))
})

test('50,000 forks, each the parent of the next, are announced by the exec of the last', () => {
  const playback = withShell()
  const line = [SHELL, ...Array.from({ length: 50_000 }, (_, i) => ({ pid: 100 + i, execId: 2, startMs: 5_000 }))]
  const last = line.at(-1)!
  const waiting = playback.play(...line.slice(1).map((image, index) => fork(image, line[index]!)))
  expect(waiting).toEqual([])
  const events = playback.play(exec({ ...last, execId: 3 }, line.at(-2)!, { atMs: 5_020 }))
  expect(events).toHaveLength(50_000)
  expect(events[0]!.routing.this).toBe(atomOf(line[1]!))
})

test('with a window of 0 every fork is an event at once, and every exec a second one', () => {
  const playback = withShell({ forkWindowMs: 0 })
  expect(inShort(playback.play(fork(CHILD, SHELL)))).toEqual(['NEW 41'])
  const [event] = playback.play(execAt(5_000))
  expect(event!.event).toMatchObject({ FILE_PATH: '/bin/ls', PREVIOUS_ATOM: atomOf(CHILD) })
})

test('another window holds as well', () => {
  const playback = withShell({ forkWindowMs: 1_000 })
  expect(inShort(playback.play(fork(CHILD, SHELL), execAt(6_000)))).toEqual(['NEW 41'])
})

test('a fork waits no longer than its window, in the time of the records', () => {
  const playback = withShell()
  const unrelated = (atMs: number) => exec({ pid: 9, execId: 2, startMs: atMs }, SHELL)
  playback.play(fork(CHILD, SHELL))
  expect(inShort(playback.play(unrelated(5_100)))).toEqual(['NEW 9'])
  expect(inShort(playback.play(unrelated(5_200)))).toEqual(['NEW 41', 'NEW 9'])
})

test('a tick is as good as a record', () => {
  const playback = withShell()
  playback.play(fork(CHILD, SHELL))
  expect(playback.decoder.dueMs).toBeGreaterThanOrEqual(5_100)
  expect(playback.tick(5_100)).toEqual([])
  expect(inShort(playback.tick(playback.decoder.dueMs! + 1))).toEqual(['NEW 41'])
  expect(playback.decoder.dueMs).toBeUndefined()
})

test('a tick of the past changes nothing', () => {
  const playback = withShell()
  playback.tick(6_000)
  playback.play(fork(CHILD, SHELL))
  expect(playback.tick(5_500)).toEqual([])
  expect(playback.decoder.latestMs).toBe(6_000)
})

test('the end of a process brings its fork first, whether it is due or not', () => {
  const playback = withShell()
  const events = playback.play(fork(CHILD, SHELL), exit(CHILD, { atMs: 5_001 }))
  expect(inShort(events)).toEqual(['NEW 41', 'TERMINATE 41'])
  expect(events[1]!.routing.parent).toBe(atomOf(CHILD))
  expect(playback.finish()).toEqual([])
})

test('the end of the stream brings every fork that waits, in order', () => {
  const playback = withShell()
  const forks = [3, 1, 2].map((n) => fork({ pid: 60 + n, execId: 2, startMs: 5_000 }, SHELL))
  playback.play(...forks)
  expect(inShort(playback.finish())).toEqual(['NEW 63', 'NEW 61', 'NEW 62'])
  expect(playback.finish()).toEqual([])
})

test('an exec of which the fork was never seen is a process of the parent that it has then', () => {
  const playback = withShell()
  const [event] = playback.play(execAt(5_003))
  expect(event).toMatchObject({ routing: { parent: atomOf(SHELL) }, event: { PARENT_PROCESS_ID: 40 } })
})

test('an image of which the one before was lost names no image that it replaced', () => {
  const playback = withShell()
  playback.play(fork(CHILD, SHELL), execAt(5_001))
  const [event] = playback.play(exec({ ...CHILD, execId: 5 }, SHELL, { atMs: 5_500, details: {} }))
  expect(event!.event).not.toHaveProperty('PREVIOUS_ATOM')
  expect(event!.routing.parent).toBe(atomOf(SHELL))
})
