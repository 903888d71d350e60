import { describe, expect, test } from 'vitest'
import { atomOf, EPOCH, inShort, only, Playback, type PlaybackOptions } from './playback.js'
import { type AccessParts, accessed, driven, exec, exit, FLAG, fork, type Image } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 0 }
const ACTOR: Image = { pid: 500, execId: 7, startMs: 2_000 }
const TARGET: Image = { pid: 600, execId: 9, startMs: 3_000 }
const STARTED = [exec(ACTOR, INIT, { path: '/usr/bin/gdb' }), exec(TARGET, INIT, { path: '/usr/bin/vault' })]
const [ATTACH, READ, WRITE, FILE, DETACH, CHANGE, PIDFD, GETFD] = [1, 2, 3, 4, 5, 6, 7, 8]
const BY_TRACER = 4

function played(parts: AccessParts, options: PlaybackOptions = {}) {
  const playback = new Playback(options)
  playback.play(...STARTED)
  return { playback, events: playback.play(accessed(ACTOR, TARGET, { atMs: 9_000, ...parts })) }
}

test('an access has both processes, and says what it would be called on Windows', () => {
  const [handle] = only('REMOTE_PROCESS_HANDLE', played({ kind: READ }).events)
  expect(handle!.routing).toMatchObject({
    event_type: 'REMOTE_PROCESS_HANDLE',
    event_time: EPOCH + 9_000,
    parent: atomOf(ACTOR),
    target: atomOf(TARGET),
  })
  expect(handle!.event).toEqual({
    ACCESS_FLAGS: 0x10,
    PARENT_PROCESS_ID: 500,
    PROCESS_ID: 600,
    SOURCE: expect.objectContaining({ FILE_PATH: '/usr/bin/gdb', THIS_ATOM: atomOf(ACTOR) }),
    TARGET: expect.objectContaining({ FILE_PATH: '/usr/bin/vault', THIS_ATOM: atomOf(TARGET) }),
  })
})

test.each([
  ['tracing', { kind: ATTACH }, 0xc3a],
  ['reading', { kind: READ }, 0x10],
  ['writing', { kind: WRITE }, 0x28],
  ['the memory to read', { kind: FILE, modes: 1 }, 0x10],
  ['the memory to write', { kind: FILE, modes: 2 }, 0x28],
  ['the memory for both', { kind: FILE, modes: 3 }, 0x38],
])('%s', (_, parts, mask) => {
  expect(played(parts).events).toMatchObject([{ event: { ACCESS_FLAGS: mask } }])
})

test.each([
  ['a descriptor of it', PIDFD, 0x10_0000],
  ['one that is taken from it', GETFD, 0x40],
])('%s, where all access is asked for, and no part of correlation', (_, kind, mask) => {
  const rules = { sensitive: [{ path: '/usr/bin/vault' }] }
  const { playback, events } = played({ kind }, { allAccess: true, correlation: rules })
  expect(events).toMatchObject([{ routing: { event_type: 'REMOTE_PROCESS_HANDLE' }, event: { ACCESS_FLAGS: mask } }])
  expect(playback.stream.accounts.delivered[8]).toBe(1)

  const otherwise = played({ kind })
  expect(otherwise.events).toEqual([])
  expect(otherwise.playback.stream.accounts.filtered[8]).toBe(1)
})

test('the end of tracing is no event', () => {
  const { playback, events } = played({ kind: DETACH })
  expect(events).toEqual([])
  expect(playback.stream.accounts.folded[8]).toBe(1)
})

test.each([0, 9, 255])('a kind that there is not (%i) is bad', (kind) => {
  const { playback, events } = played({ kind })
  expect(events).toEqual([])
  expect(playback.stream.accounts.bad[8]).toBe(1)
})

describe('one that was denied', () => {
  const denied = { kind: ATTACH, flags: FLAG.denied }

  test('is told with the extended fields, and leads to nothing', () => {
    const events = ['REMOTE_PROCESS_HANDLE', 'SENSITIVE_PROCESS_ACCESS'] as const
    const options = { events, extended: true, correlation: { sensitive: [{ path: '/usr/bin/vault' }] } }
    expect(inShort(played(denied, options).events)).toEqual(['REMOTE_HANDLE 600'])
    expect(inShort(played({ kind: ATTACH }, options).events)).toEqual(['REMOTE_HANDLE 600', 'SENSITIVE_ACCESS'])
    expect(played(denied, options).events).toMatchObject([{ event: { DENIED: 1 } }])
  })

  test('is none without them', () => {
    const { playback, events } = played(denied)
    expect(events).toEqual([])
    expect(playback.stream.accounts.filtered[8]).toBe(1)
  })
})

test('forks that do it, or that it is done to, are announced before', () => {
  const playback = new Playback()
  const [one, other]: Image[] = [
    { pid: 501, execId: 7, startMs: 4_000 },
    { pid: 502, execId: 7, startMs: 4_001 },
  ]
  const events = playback.play(
    STARTED[0]!,
    fork(one!, ACTOR),
    fork(other!, ACTOR),
    accessed(one!, other!, { kind: READ, atMs: 4_002 }),
  )
  expect(inShort(events)).toEqual(['NEW 500', 'NEW 501', 'NEW 502', 'REMOTE_HANDLE 502'])
})

test.each([
  ['that nobody announced', []],
  ['that has ended', [...STARTED, exit(TARGET)]],
  ['whose exec was lost', [STARTED[0]!, exec({ ...TARGET, execId: 8 }, INIT)]],
])('a process %s is told by its number alone', (_, before) => {
  const playback = new Playback()
  playback.play(...before)
  const [handle] = only('REMOTE_PROCESS_HANDLE', playback.play(accessed(ACTOR, TARGET, { kind: READ, atMs: 9_000 })))
  expect(handle!.event.PROCESS_ID).toBe(600)
  expect(handle!.event).not.toHaveProperty('TARGET')
  expect(handle!.routing).not.toHaveProperty('target')
})

test('one upon nobody knows whom is counted as dropped', () => {
  const playback = new Playback()
  playback.play(...STARTED)
  const nobody: Image = { pid: 0, execId: 0, startMs: 0 }
  expect(playback.play(accessed(ACTOR, nobody, { kind: READ, given: 3 }))).toEqual([])
  expect(playback.stream.accounts.dropped[8]).toBe(1)
})

test('accesses that nobody asked for are counted as filtered', () => {
  const { playback, events } = played({ kind: READ }, { events: ['NEW_PROCESS'] })
  expect(events).toEqual([])
  expect(playback.stream.accounts.filtered[8]).toBe(1)
})

describe('a thread that began because of another process', () => {
  const events = ['REMOTE_PROCESS_HANDLE', 'NEW_REMOTE_THREAD', 'THREAD_INJECTION'] as const
  const begun = (atMs: number) => driven(ACTOR, TARGET, { thread: 601, atMs })

  test('has both processes, and its own number', () => {
    const playback = new Playback()
    playback.play(...STARTED)
    const [thread] = only('NEW_REMOTE_THREAD', playback.play(begun(9_000)))
    expect(thread!.routing).toMatchObject({ parent: atomOf(ACTOR), target: atomOf(TARGET) })
    expect(Object.entries(thread!.event)).toEqual([
      ['THREAD_ID', 601],
      ['PARENT_PROCESS_ID', 500],
      ['PROCESS_ID', 600],
      ['SOURCE', expect.objectContaining({ FILE_PATH: '/usr/bin/gdb' })],
      ['TARGET', expect.objectContaining({ FILE_PATH: '/usr/bin/vault' })],
    ])
  })

  test('is an injection, also when whoever did it is gone', () => {
    const playback = new Playback({ events })
    playback.play(...STARTED, accessed(ACTOR, TARGET, { kind: WRITE, atMs: 9_000 }), exit(ACTOR, { atMs: 9_001 }))
    const [thread, injection] = playback.play(begun(9_500))
    expect(thread!.event).toHaveProperty('SOURCE.FILE_PATH', '/usr/bin/gdb')
    expect(injection).toMatchObject({
      routing: { event_type: 'THREAD_INJECTION', parent: atomOf(ACTOR), target: atomOf(TARGET) },
      event: { EVENTS: [{ event: { ACCESS_FLAGS: 0x28 } }, thread] },
    })
  })

  test('is none when nothing was written for longer than the window', () => {
    const write = accessed(ACTOR, TARGET, { kind: FILE, modes: 2, atMs: 9_000 })
    const late = new Playback({ events })
    expect(inShort(late.play(...STARTED, write, begun(19_001)))).not.toContain('THREAD_INJECTION')
    const kept = new Playback({ events })
    const change = accessed(ACTOR, TARGET, { kind: CHANGE, modes: 2, atMs: 15_000 })
    expect(inShort(kept.play(...STARTED, write, change, begun(19_001)))).toContain('THREAD_INJECTION')
  })

  test('is one at any time while the tracer stays, and not long after it has gone', () => {
    const attach = accessed(ACTOR, TARGET, { kind: ATTACH, atMs: 9_000 })
    const detach = accessed(ACTOR, TARGET, { kind: DETACH, atMs: 50_000 })
    const stays = new Playback({ events })
    expect(inShort(stays.play(...STARTED, attach, begun(40_000)))).toContain('THREAD_INJECTION')
    const gone = new Playback({ events })
    expect(inShort(gone.play(...STARTED, attach, detach, begun(60_001)))).not.toContain('THREAD_INJECTION')
  })

  test('belongs to the image that the tracee runs now, though it was traced before that', () => {
    const before: Image = { ...TARGET, execId: 8 }
    const playback = new Playback({ events, forkWindowMs: 0 })
    playback.play(
      STARTED[0]!,
      exec(before, ACTOR),
      accessed(ACTOR, before, { kind: ATTACH, atMs: 9_000 }),
      exec(TARGET, ACTOR, { atMs: 9_001 }),
    )
    const change = accessed(ACTOR, TARGET, { kind: CHANGE, modes: BY_TRACER, atMs: 9_002 })
    const [handle, thread, injection] = playback.play(change, begun(9_003))
    expect(handle).toMatchObject({ routing: { target: atomOf(TARGET) }, event: { ACCESS_FLAGS: 0xc3a } })
    expect(injection!.event).toEqual({ EVENTS: [handle, thread] })
  })
})
