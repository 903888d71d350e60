import { expect, test } from 'vitest'
import { atomOf, only, Playback } from './playback.js'
import { exec, exit, fork, type Image } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 0 }
const SHELL: Image = { pid: 40, execId: 2, startMs: 1_000 }
const child = (n: number): Image => ({ pid: 100 + n, execId: 3, startMs: 5_000 + n })

function withShell(extended = false): Playback {
  const playback = new Playback({ extended })
  playback.play(
    exec(INIT, INIT, { path: '/sbin/init', arguments: 'init\0' }),
    exec(SHELL, INIT, {
      path: '/bin/sh',
      arguments: Buffer.from('sh\0\xff\0', 'latin1'),
      argumentsBytes: 99,
      ...details(extended),
    }),
  )
  return playback
}

const details = (extended: boolean) => (extended ? { details: {} } : {})

test('PARENT is the event of the parent, one level deep, with its atoms', () => {
  const [event] = only('NEW_PROCESS', withShell().play(exec(child(1), SHELL)))
  const parent = event!.event.PARENT!
  expect(parent).toMatchObject({ PROCESS_ID: 40, THIS_ATOM: atomOf(SHELL), PARENT_ATOM: atomOf(INIT) })
  expect(parent).not.toHaveProperty('PARENT')
})

test('PARENT has no extensions', () => {
  const [event] = only('NEW_PROCESS', withShell(true).play(exec(child(1), SHELL, { details: {} })))
  for (const name of ['ARGUMENTS', 'NAMESPACES', 'SEQUENCE', 'RAW_BYTES', 'GROUP_ID']) {
    expect(event!.event.PARENT).not.toHaveProperty(name)
  }
})

test('the children of one parent share one PARENT, and nobody can change it', () => {
  const events = only('NEW_PROCESS', withShell().play(exec(child(1), SHELL), exec(child(2), SHELL)))
  const [first, second] = events.map(({ event }) => event.PARENT!)
  expect(first).toBe(second)
  expect(first!.TRUNCATED).toEqual({ COMMAND_LINE: 99 })
  expectFrozen(first)
})

test('nothing that two events share can be changed', () => {
  const playback = withShell(true)
  const own = exec({ ...SHELL, execId: 3 }, INIT, {
    arguments: Buffer.from('sh\0\xff\0', 'latin1'),
    argumentsBytes: 99,
    details: {},
  })
  const events = [
    ...playback.play(own, fork({ pid: 200, execId: 3, startMs: 6_000 }, { ...SHELL, execId: 3 }, { details: {} })),
    ...playback.finish(),
  ]
  const [shell, forked] = only('NEW_PROCESS', events)
  const shared = sharedObjects(shell, forked)
  expect(shared.length).toBeGreaterThan(0)
  for (const object of shared) expectFrozen(object)
})

test('a process keeps the parent that forked it when that one has ended', () => {
  const playback = withShell()
  const start: Image = { ...child(1), execId: 2 }
  const later = exec(child(1), INIT, { atMs: 9_000 })
  playback.play(fork(start, SHELL), exit(SHELL, { atMs: 6_000 }))
  const [event] = only('NEW_PROCESS', playback.play(later))
  expect(event!.routing.parent).toBe(atomOf(SHELL))
  expect(event!.event).toMatchObject({ PARENT_PROCESS_ID: 40, PARENT: { PROCESS_ID: 40 } })
})

test('a fork that waits names a parent that became another program, or ended, in the meantime, as it was', () => {
  const playback = withShell()
  playback.play(
    fork({ ...child(1), execId: 2 }, SHELL),
    exec({ ...SHELL, execId: 3 }, INIT, { atMs: 5_010, path: '/bin/other' }),
    exit({ ...SHELL, execId: 3 }, { atMs: 5_020 }),
  )
  const [event] = playback.finish()
  expect(event).toMatchObject({ routing: { parent: atomOf(SHELL) }, event: { PARENT: { FILE_PATH: '/bin/sh' } } })
})

test('a number that was given to another process since is not taken for the parent', () => {
  const playback = withShell()
  const reused: Image = { ...SHELL, startMs: 7_000 }
  playback.play(exit(SHELL, { atMs: 6_000 }), exec(reused, INIT, { atMs: 7_000 }))
  const [event] = playback.play(exec(child(9), SHELL, { atMs: 7_001 }))
  expect(event!.event).not.toHaveProperty('PARENT')
  expect(event!.routing).not.toHaveProperty('parent')
})

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  expect(Object.isFrozen(value)).toBe(true)
  for (const inner of Object.values(value)) expectFrozen(inner)
}

/** Objects that can be reached from both. */
function sharedObjects(a: unknown, b: unknown): object[] {
  const ofA = new Set(objectsIn(a))
  return objectsIn(b).filter((object) => ofA.has(object))
}

function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(objectsIn)]
}
