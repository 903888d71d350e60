import { expect, test } from 'vitest'
import { atomOf, EPOCH, only, PAGE, Playback } from './playback.js'
import { exec, FLAG, fork, type Image } from './record-bytes.js'

const SHELL: Image = { pid: 40, execId: 2, startMs: 1_000 }
const CHILD: Image = { pid: 41, execId: 2, startMs: 5_000 }

const shellExec = exec(SHELL, { pid: 1, execId: 1, startMs: 0 }, { path: '/bin/sh', arguments: 'sh\0-i\0', threads: 3 })

test('a fork that no exec follows is a process with the image of its creator, and a time of its own', () => {
  const playback = new Playback({ extended: true })
  playback.play(shellExec)
  const [event] = playback
    .play(fork(CHILD, SHELL, { atMs: 5_000.25, uid: 1000, residentPages: 7, details: { gid: 100 } }))
    .concat(playback.finish())

  const parent = {
    PROCESS_ID: 40,
    PARENT_PROCESS_ID: 1,
    FILE_PATH: '/bin/sh',
    COMMAND_LINE: 'sh -i',
    THREADS: 3,
    USER_NAME: 'root',
    USER_ID: 0,
    THIS_ATOM: atomOf(SHELL),
    TIMESTAMP: EPOCH + 1_000,
  }
  expect(event).toMatchObject({
    routing: {
      event_type: 'NEW_PROCESS',
      event_time: EPOCH + 5_000,
      this: atomOf(CHILD),
      parent: atomOf(SHELL),
    },
  })
  expect(event!.event).toEqual({
    PROCESS_ID: 41,
    PARENT_PROCESS_ID: 40,
    FILE_PATH: '/bin/sh',
    COMMAND_LINE: 'sh -i',
    MEMORY_USAGE: 7 * PAGE,
    THREADS: 1,
    USER_NAME: 'ada',
    USER_ID: 1000,
    TIMESTAMP: EPOCH + 5_000,
    PARENT: parent,
    GROUP_ID: 100,
    EFFECTIVE_USER_ID: 0,
    CAPABILITIES: '0000000000000000',
    NAMESPACES: { MNT: 1, PID: 2, NET: 3, USER: 4, UTS: 5, IPC: 6, CGROUP: 7 },
    SEQUENCE: 2,
  })
})

test('the fields of a forked process stand in the order of the document', () => {
  const playback = new Playback()
  playback.play(exec(SHELL, SHELL, { path: '/bin/sh', arguments: 'sh\0', baseAddress: 0x1000n }))
  const [event] = playback.play(fork(CHILD, SHELL, { residentPages: 1 })).concat(playback.finish())
  expect(Object.keys(event!.event)).toEqual([
    'PROCESS_ID',
    'PARENT_PROCESS_ID',
    'FILE_PATH',
    'COMMAND_LINE',
    'BASE_ADDRESS',
    'MEMORY_USAGE',
    'THREADS',
    'USER_NAME',
    'USER_ID',
    'TIMESTAMP',
    'PARENT',
  ])
})

test('where memory was not counted yet, there is no made-up zero', () => {
  const playback = new Playback()
  const [event] = playback.play(fork(CHILD, SHELL)).concat(playback.finish())
  expect(event!.event).not.toHaveProperty('MEMORY_USAGE')
})

test('a user of a foreign user namespace has a number and no name of this host', () => {
  const playback = new Playback()
  const [event] = playback.play(fork(CHILD, SHELL, { uid: 1000, flags: FLAG.foreignUser })).concat(playback.finish())
  expect(event!.event).toMatchObject({ USER_ID: 1000 })
  expect(event!.event).not.toHaveProperty('USER_NAME')
})

test('a fork of a parent that no event told of names neither its atom nor its image', () => {
  const playback = new Playback()
  const [event] = only('NEW_PROCESS', playback.play(fork(CHILD, SHELL)).concat(playback.finish()))
  expect(event!.routing).not.toHaveProperty('parent')
  expect(event!.event).toEqual({
    PROCESS_ID: 41,
    PARENT_PROCESS_ID: 40,
    THREADS: 1,
    USER_NAME: 'root',
    USER_ID: 0,
    TIMESTAMP: EPOCH + 5_000,
  })
})

test('with CLONE_PARENT, the image is that of the creator and the parent is the parent', () => {
  const creator: Image = { pid: 42, execId: 3, startMs: 2_000 }
  const playback = new Playback()
  playback.play(shellExec, exec(creator, SHELL, { path: '/bin/creator', arguments: 'creator\0' }))
  const child: Image = { pid: 43, execId: 3, startMs: 6_000 }
  const [event] = playback.play(fork(child, SHELL, { creatorPid: 42 })).concat(playback.finish())
  expect(event).toMatchObject({
    routing: { parent: atomOf(SHELL) },
    event: {
      PARENT_PROCESS_ID: 40,
      FILE_PATH: '/bin/creator',
      COMMAND_LINE: 'creator',
      PARENT: { FILE_PATH: '/bin/sh' },
    },
  })
})

test('a creator that has become another program since lends its child nothing', () => {
  const playback = new Playback()
  playback.play(shellExec, exec({ ...SHELL, execId: 3 }, SHELL, { path: '/bin/other', arguments: 'other\0' }))
  const [event] = playback.play(fork(CHILD, SHELL)).concat(playback.finish())
  expect(event!.routing).not.toHaveProperty('parent')
  expect(event!.event).not.toHaveProperty('FILE_PATH')
})
