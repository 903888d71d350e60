import { expect, test } from 'vitest'
import { atomOf, EPOCH, inShort, only, Playback, type PlaybackOptions } from './playback.js'
import { exec, exit, FLAG, fork, type Image, loaded, type ModuleParts, PLACE } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 0 }
const IMAGE: Image = { pid: 500, execId: 7, startMs: 2_000 }
const started = exec(IMAGE, INIT, { atMs: 2_000 })
const usual: ModuleParts = { path: '/usr/lib/libc.so.6', baseAddress: 0x7f62_8907_6000n, memorySize: 0x1e_2000n }

function loadOf(parts: ModuleParts, options: PlaybackOptions = {}) {
  const playback = new Playback(options)
  playback.play(started)
  const [load] = only('MODULE_LOAD', playback.play(loaded(IMAGE, { atMs: 9_000.5, ...parts })))
  return load!
}

test('a module has its file, its place, and the atom of the process', () => {
  const { routing, event } = loadOf(usual)
  expect(routing).toMatchObject({ event_type: 'MODULE_LOAD', event_time: EPOCH + 9_000, parent: atomOf(IMAGE) })
  expect(routing.this).not.toBe(atomOf(IMAGE))
  expect(Object.entries(event)).toEqual([
    ['MEMORY_SIZE', 0x1e2000],
    ['PROCESS_ID', 500],
    ['FILE_PATH', '/usr/lib/libc.so.6'],
    ['MODULE_NAME', 'libc.so.6'],
    ['TIMESTAMP', EPOCH + 9_000],
    ['BASE_ADDRESS', 0x7f6289076000],
  ])
})

test('a file without a name any more says so in its path, not in its name', () => {
  expect(loadOf({ ...usual, path: '/memfd:x', flags: FLAG.deleted }).event).toMatchObject({
    FILE_PATH: '/memfd:x (deleted)',
    MODULE_NAME: 'memfd:x',
  })
})

test('a module of the kernel has a name and no address', () => {
  const { event } = loadOf({ path: 'dummy', memorySize: 16_384n, flags: FLAG.kernelModule })
  expect(event).toEqual({ MEMORY_SIZE: 16_384, PROCESS_ID: 500, MODULE_NAME: 'dummy', TIMESTAMP: EPOCH + 9_000 })
})

test('what is not known is absent', () => {
  expect(loadOf({}).event).toEqual({ PROCESS_ID: 500, TIMESTAMP: EPOCH + 9_000 })
})

test('a path that was cut has its true length', () => {
  const { event } = loadOf({ ...usual, path: '/lib/libc.so.6', pathBytes: 5_000 })
  expect(event).toMatchObject({
    FILE_PATH: '.../lib/libc.so.6',
    MODULE_NAME: 'libc.so.6',
    TRUNCATED: { FILE_PATH: 5_000 },
  })
})

test('a path of another mount namespace, or of none, says so, and the name is that of the file', () => {
  const path = '/lib/libc.so.6'
  const elsewhere = { ...usual, path, pathPlace: PLACE.elsewhere, file: { mountNamespace: 7 } }
  expect(loadOf(elsewhere).event).toMatchObject({ FILE_PATH: 'mnt:[7]/lib/libc.so.6', MODULE_NAME: 'libc.so.6' })
  const detached = loadOf({ ...usual, path, pathPlace: PLACE.detached, flags: FLAG.deleted })
  expect(detached.event).toMatchObject({ FILE_PATH: '(detached)/lib/libc.so.6 (deleted)', MODULE_NAME: 'libc.so.6' })
})

test('bytes that are no UTF-8 are there exactly, with the extended fields', () => {
  const path = Buffer.from([0x2f, 0xff, 0x2f, 0x61])
  expect(loadOf({ ...usual, path }, { extended: true }).event).toMatchObject({
    FILE_PATH: '/\ufffd/a',
    MODULE_NAME: 'a',
    SEQUENCE: 2,
    RAW_BYTES: { FILE_PATH: path.toString('base64') },
  })
  expect(loadOf({ ...usual, path: '/\ufffd' }, { extended: true }).event).not.toHaveProperty('RAW_BYTES')
  const name = Buffer.from([0x2f, 0x61, 0x2f, 0xff])
  expect(loadOf({ ...usual, path: name }, { extended: true }).event).toMatchObject({
    RAW_BYTES: { FILE_PATH: name.toString('base64'), MODULE_NAME: Buffer.from([0xff]).toString('base64') },
  })
})

test('a backslash is part of a name', () => {
  expect(loadOf({ ...usual, path: '/a\\b' }).event.MODULE_NAME).toBe('a\\b')
})

test('a fork that loads a module is announced before', () => {
  const playback = new Playback()
  const child: Image = { pid: 501, execId: 7, startMs: 2_010 }
  const events = playback.play(started, fork(child, IMAGE), loaded(child, { ...usual, atMs: 2_020 }))
  expect(inShort(events)).toEqual(['NEW 500', 'NEW 501', 'MODULE_LOAD 501'])
  expect(events[2]!.routing.parent).toBe(events[1]!.routing.this)
})

test.each([
  ['of a process that nobody announced', [loaded({ ...IMAGE, pid: 77 }, usual)]],
  ['of an image whose exec was lost', [started, loaded({ ...IMAGE, execId: 8 }, usual)]],
  ['of a process that has ended', [started, exit(IMAGE), loaded(IMAGE, usual)]],
])('a module %s is told without a parent', (_, records) => {
  const [load] = only('MODULE_LOAD', new Playback().play(...records))
  expect(load!.event.FILE_PATH).toBe('/usr/lib/libc.so.6')
  expect(load!.routing).not.toHaveProperty('parent')
})

test('modules that nobody asked for are counted as filtered', () => {
  const playback = new Playback({ events: ['NEW_PROCESS'] })
  expect(inShort(playback.play(started, loaded(IMAGE, usual)))).toEqual(['NEW 500'])
  expect(playback.stream.accounts.filtered[7]).toBe(1)
})
