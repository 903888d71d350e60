import { expect, test } from 'vitest'
import { atomOf, EPOCH, inShort, only, Playback, type PlaybackOptions } from './playback.js'
import { exec, FLAG, fork, type Image, type PipeParts, PLACE, pipe } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 0 }
const IMAGE: Image = { pid: 500, execId: 7, startMs: 2_000 }
const started = exec(IMAGE, INIT)

function told(parts: PipeParts, options: PlaybackOptions = {}) {
  const playback = new Playback(options)
  playback.play(started)
  const [event] = playback.play(pipe(IMAGE, { atMs: 9_000, ...parts }))
  return event!
}

const pathOf = (parts: PipeParts, options: PlaybackOptions = {}) => told(parts, options).event

test('a pipe that was opened', () => {
  const [opened] = only('OPEN_NAMED_PIPE', [told({ path: '/run/a' })])
  expect(opened!.routing).toMatchObject({ event_time: EPOCH + 9_000, parent: atomOf(IMAGE) })
  expect(Object.entries(opened!.event)).toEqual([
    ['FILE_PATH', '/run/a'],
    ['PROCESS_ID', 500],
  ])
})

test.each([
  ['/run/user', 'a', '/run/user/a'],
  ['/', '/run/a', '/run/a'],
  ['/jail', '/run/a', '/jail/run/a'],
  ['/run', './b//../a', '/run/a'],
  ['/run', '../a', '/a'],
])('a new one that begins at %s and goes on with %s', (path, name, whole) => {
  const event = told({ path, name, flags: FLAG.newPipe })
  expect(event).toMatchObject({ routing: { event_type: 'NEW_NAMED_PIPE' }, event: { FILE_PATH: whole } })
})

test('one that has no name any more says so', () => {
  expect(pathOf({ path: '/run/a', flags: FLAG.deleted })).toMatchObject({ FILE_PATH: '/run/a (deleted)' })
})

test('a path that was cut has its true length', () => {
  const cut = { path: '/run/a', pathBytes: 5_000 }
  expect(pathOf(cut)).toMatchObject({ FILE_PATH: '.../run/a', TRUNCATED: { FILE_PATH: 5_000 } })
  const joined = pathOf({ ...cut, name: '../../../b' })
  expect(joined).toMatchObject({ FILE_PATH: '.../b', TRUNCATED: { FILE_PATH: 5_010 } })
})

test('a path of another mount namespace, or of none, says so', () => {
  const path = { path: '/run', name: 'a' }
  expect(pathOf({ ...path, pathPlace: PLACE.elsewhere, mountNamespace: 7 })).toMatchObject({
    FILE_PATH: 'mnt:[7]/run/a',
  })
  expect(pathOf({ ...path, pathPlace: PLACE.detached })).toMatchObject({ FILE_PATH: '(detached)/run/a' })
})

test('bytes that are no UTF-8 are there exactly, with the extended fields', () => {
  const path = Buffer.from([0x2f, 0xff])
  expect(pathOf({ path }, { extended: true })).toMatchObject({ RAW_BYTES: { FILE_PATH: path.toString('base64') } })
  const joined = Buffer.from([0x2f, 0xff, 0x2f, 0xfe]).toString('base64')
  const name = Buffer.from([0xfe])
  expect(pathOf({ path, name }, { extended: true })).toMatchObject({ RAW_BYTES: { FILE_PATH: joined } })
  expect(pathOf({ path, name })).not.toHaveProperty('RAW_BYTES')
})

test('a fork is announced before', () => {
  const playback = new Playback()
  const child: Image = { pid: 501, execId: 7, startMs: 2_010 }
  const events = playback.play(started, fork(child, IMAGE), pipe(child, { path: '/run/a', atMs: 2_020 }))
  expect(inShort(events)).toEqual(['NEW 500', 'NEW 501', 'OPEN_NAMED_PIPE 501'])
})

test('one that nobody asked for is counted as filtered', () => {
  const playback = new Playback({ events: ['NEW_NAMED_PIPE'] })
  expect(playback.play(started, pipe(IMAGE, { path: '/run/a' }))).toEqual([])
  expect(playback.stream.accounts.filtered[10]).toBe(1)
})
