/** CODE_IDENTITY and ONGOING_IDENTITY from records and from what was found out about files. */
import { expect, test } from 'vitest'
import type { EventName, EventRecord } from '../../lib/events/index.js'
import { Identities, QUEUE_MAX, WAITING_MAX } from '../../lib/identity/identities.js'
import type { FileResult } from '../../lib/identity/known-file.js'
import { FILES_MAX, KnownFiles } from '../../lib/identity/known-files.js'
import { PAIRS_MAX, Pairs } from '../../lib/identity/pairs.js'
import { Shares } from '../../lib/identity/shares.js'
import type { Sight } from '../../lib/identity/sight.js'
import { Turns } from '../../lib/identity/turns.js'
import { atomOf, EPOCH, inShort, only, Playback, type PlaybackOptions } from './playback.js'
import { exec, type FileParts, FLAG, fork, framed, type Image, type ImageParts, row } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 1 }
const ALL: readonly EventName[] = ['NEW_PROCESS', 'EXISTING_PROCESS', 'CODE_IDENTITY', 'ONGOING_IDENTITY']
const LS: FileParts = {
  inode: 77n,
  size: 4_000n,
  mtimeNs: 1_600_000_000_123_456_789n,
  ctimeNs: 5n,
  device: 3,
  magic: 0xef53,
}
const FOUND = { error: 0, hash: 'a'.repeat(64), sha1: 'b'.repeat(40), md5: 'c'.repeat(32), sizeBytes: 4_000 }
const TIMES = { creationMs: 1, modificationMs: 2, accessMs: 3 }

/** A playback that also knows which files it was asked for. */
class Asked extends Playback {
  readonly ids: number[] = []
  readonly sights: Sight[] = []

  constructor(options: PlaybackOptions = {}) {
    super({ events: ALL, ...options })
    this.stream.identities!.onRequest = ({ id, sight }) => {
      this.ids.push(id)
      this.sights.push(sight)
    }
  }

  found(parts: Partial<FileResult> = {}): EventRecord[] {
    return this.accept({ id: this.ids.at(-1)!, ...FOUND, ...TIMES, ...parts })
  }
}

let pid = 100
function newImage(): Image {
  pid++
  return { pid, execId: 2, startMs: 10 * pid }
}

/** A fork of `parent` and its exec. */
function started(image: Image, parts: ImageParts, parent = INIT): Uint8Array[] {
  return [
    fork({ ...image, execId: parent.execId }, parent, { atMs: image.startMs }),
    exec(image, parent, { atMs: image.startMs + 1, arguments: 'ls\0', ...parts }),
  ]
}

test('the first time that a file is executed is an event as soon as its hash is known', () => {
  const playback = new Asked()
  const image = newImage()
  expect(inShort(playback.play(...started(image, { path: '/bin/ls', file: LS })))).toEqual([`NEW ${image.pid}`])
  expect(playback.sights).toMatchObject([{ path: '/bin/ls', pid: image.pid, isExecuted: true }])

  const [told, ...others] = playback.found()
  expect(others).toEqual([])
  expect(Object.entries(told!.event)).toEqual(
    Object.entries({
      MEMORY_SIZE: 0,
      FILE_PATH: '/bin/ls',
      TIMESTAMP: EPOCH + image.startMs + 1,
      HASH: FOUND.hash,
      HASH_SHA1: FOUND.sha1,
      HASH_MD5: FOUND.md5,
      ERROR: 0,
      FILE_SIZE: 4_000,
      CREATION_TIME: 1,
      MODIFICATION_TIME: 2,
      ACCESS_TIME: 3,
    }),
  )
  expect(told!.routing).toMatchObject({
    event_type: 'CODE_IDENTITY',
    event_time: EPOCH + image.startMs + 1,
    parent: atomOf(image),
  })
})

test('every later time is an ONGOING_IDENTITY, at once, with the same body', () => {
  const playback = new Asked()
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  const [first] = playback.found()
  const image = newImage()
  const [, again] = playback.play(...started(image, { path: '/bin/ls', file: LS }))
  expect(again!.routing).toMatchObject({ event_type: 'ONGOING_IDENTITY', parent: atomOf(image) })
  expect(again!.event).toEqual({ ...first!.event, TIMESTAMP: EPOCH + image.startMs + 1 })
  expect(playback.ids).toHaveLength(1)
})

test('executions that wait for the same hash are told in their order, the first one as the first', () => {
  const playback = new Asked()
  const images = [newImage(), newImage(), newImage()]
  for (const image of images) playback.play(...started(image, { path: '/bin/ls', file: LS }))
  expect(playback.found().map(({ routing }) => [routing.event_type, routing.parent])).toEqual([
    ['CODE_IDENTITY', atomOf(images[0]!)],
    ['ONGOING_IDENTITY', atomOf(images[1]!)],
    ['ONGOING_IDENTITY', atomOf(images[2]!)],
  ])
})

test('who asks for CODE_IDENTITY alone is told of each pair once', () => {
  const playback = new Asked({ events: ['NEW_PROCESS', 'CODE_IDENTITY'] })
  for (const path of ['/bin/ls', '/bin/ls', '/bin/dir']) {
    playback.play(...started(newImage(), { path, file: LS }))
  }
  expect(playback.found().map(({ event }) => event)).toMatchObject([
    { FILE_PATH: '/bin/ls' },
    { FILE_PATH: '/bin/dir' },
  ])
  expect(only('CODE_IDENTITY', playback.play(...started(newImage(), { path: '/bin/ls', file: LS })))).toEqual([])
  expect(only('CODE_IDENTITY', playback.play(...started(newImage(), { path: '/bin/dir', file: LS })))).toEqual([])
})

test('who asks for ONGOING_IDENTITY alone is told of all but the first', () => {
  const playback = new Asked({ events: ['ONGOING_IDENTITY'] })
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  expect(playback.found()).toEqual([])
  expect(inShort(playback.play(...started(newImage(), { path: '/bin/ls', file: LS })))).toEqual(['ONGOING_IDENTITY'])
})

test('without either of them nothing is asked for, and no process has a HASH', () => {
  const playback = new Playback()
  expect(playback.stream.identities).toBeUndefined()
  const [event] = playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  expect(event!.event).not.toHaveProperty('HASH')
})

test('a known hash is on the next process, and on a PARENT from the moment when it is known', () => {
  const playback = new Asked()
  const shell = newImage()
  playback.play(...started(shell, { path: '/bin/sh', file: LS, threads: 1, baseAddress: 4096n }))
  const child = () => only('NEW_PROCESS', playback.play(...started(newImage(), { path: '/bin/x' }, shell)))[0]!
  expect(child().event.PARENT).not.toHaveProperty('HASH')
  playback.found()
  expect(child().event.PARENT).toMatchObject({ FILE_PATH: '/bin/sh', HASH: FOUND.hash })

  for (const residentPages of [0, 5]) {
    const parts = { path: '/bin/sh', file: LS, baseAddress: 4096n, residentPages }
    const [next] = only('NEW_PROCESS', playback.play(...started(newImage(), parts, shell)))
    expect(next!.event.HASH).toBe(FOUND.hash)
    const keys = Object.keys(next!.event)
    expect(keys.slice(keys.indexOf('USER_ID'))).toEqual(['USER_ID', 'HASH', 'TIMESTAMP', 'PARENT'])
  }
})

test('a fork that stays one runs its creator’s file: it has the hash, and is no execution', () => {
  const playback = new Asked()
  const shell = newImage()
  playback.play(...started(shell, { path: '/bin/sh', file: LS }))
  playback.found()
  const child = { ...shell, pid: shell.pid + 1_000 }
  playback.play(fork(child, shell, { atMs: shell.startMs + 10 }))
  const events = playback.tick(shell.startMs + 10_000)
  expect(events.map(({ routing }) => routing.event_type)).toEqual(['NEW_PROCESS'])
  expect(events[0]!.event).toMatchObject({ PROCESS_ID: child.pid, HASH: FOUND.hash })
})

test('a program that ran before the sensor is told as well', () => {
  const playback = new Asked()
  playback.takeOver([row(INIT, INIT, { atMs: 500, path: '/sbin/init', file: LS })], 500)
  expect(playback.found().map(({ routing, event }) => [routing.event_type, routing.parent, event])).toMatchObject([
    ['CODE_IDENTITY', atomOf(INIT), { FILE_PATH: '/sbin/init', TIMESTAMP: EPOCH + 500 }],
  ])
})

const CHANGED: FileParts = { ...LS, ctimeNs: 6n }

test.each([
  ['another content under the same path', '/bin/ls', { ...FOUND, hash: 'd'.repeat(64) }, 'CODE_IDENTITY'],
  ['the same content under another path', '/bin/dir', FOUND, 'CODE_IDENTITY'],
  ['the same content under the same path, written anew', '/bin/ls', FOUND, 'ONGOING_IDENTITY'],
])('%s is a %s', (_, path, result, name) => {
  const playback = new Asked()
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  playback.found()
  playback.play(...started(newImage(), { path, file: CHANGED }))
  expect(playback.ids).toHaveLength(2)
  expect(inShort(playback.found(result))).toEqual([name])
})

test.each([
  ['inode', { ...LS, inode: 78n }],
  ['inode, its upper half', { ...LS, inode: 77n + (1n << 32n) }],
  ['generation', { ...LS, generation: 1 }],
  ['size', { ...LS, size: 4_001n }],
  ['time of its last change', { ...LS, mtimeNs: LS.mtimeNs! + 1n }],
  ['device', { ...LS, device: 4 }],
])('a file with another %s is another file', (_, file) => {
  const playback = new Asked()
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  playback.found()
  playback.play(...started(newImage(), { path: '/bin/ls', file }))
  expect(playback.ids).toHaveLength(2)
})

test('another mount namespace does not make it another file', () => {
  const playback = new Asked()
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  playback.play(...started(newImage(), { path: '/bin/ls', file: { ...LS, mountNamespace: 9 } }))
  expect(playback.ids).toHaveLength(1)
})

test.each([2, 5, 30, 1006])('ERROR %i: no hash, size and time of the file that was executed, asked again', (error) => {
  const playback = new Asked()
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  const [told] = playback.accept({ id: playback.ids.at(-1)!, error })
  expect(Object.entries(told!.event).slice(3)).toEqual([
    ['ERROR', error],
    ['FILE_SIZE', 4_000],
    ['MODIFICATION_TIME', 1_600_000_000_123],
  ])
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  expect(playback.ids).toHaveLength(2)
  expect(inShort(playback.found())).toEqual(['CODE_IDENTITY'])
  expect(playback.stream.identities!.stats).toEqual({ hashed: 1, failed: 1, waiting: 0, overflowed: 0 })
})

test('a file that is too large stays so: it is not asked for again', () => {
  const playback = new Asked()
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  playback.accept({ id: playback.ids.at(-1)!, error: 223, sizeBytes: 4_000, ...TIMES })
  const [, again] = playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  expect(again).toMatchObject({ routing: { event_type: 'ONGOING_IDENTITY' }, event: { ERROR: 223, FILE_SIZE: 4_000 } })
  expect(playback.ids).toHaveLength(1)
})

test('a file system that keeps no time of creation makes no CREATION_TIME', () => {
  const playback = new Asked()
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  const [told] = playback.found({ creationMs: undefined })
  expect(Object.keys(told!.event).slice(-4)).toEqual(['ERROR', 'FILE_SIZE', 'MODIFICATION_TIME', 'ACCESS_TIME'])
})

test('a path that was cut, was removed or is no UTF-8 is told as its process tells it', () => {
  const playback = new Asked({ extended: true })
  const details = { directory: '/', cgroup: '/' }
  const path = Buffer.from([0x2f, 0xff])
  playback.play(...started(newImage(), { path, pathBytes: 9_000, flags: FLAG.deleted, file: LS, details }))
  const [told] = playback.found()
  expect(Object.entries(told!.event).slice(-3)).toEqual([
    ['TRUNCATED', { FILE_PATH: 9_000 }],
    ['SEQUENCE', 2],
    ['RAW_BYTES', { FILE_PATH: path.toString('base64') }],
  ])
  expect(told!.event).toMatchObject({ FILE_PATH: '.../\ufffd (deleted)' })
})

test('what nobody asked for changes nothing', () => {
  const playback = new Asked()
  playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  expect(playback.accept({ id: 99, ...FOUND })).toEqual([])
  expect(playback.found()).toHaveLength(1)
  expect(playback.found()).toEqual([])
})

test('a record without a file is no execution of one', () => {
  const playback = new Asked()
  playback.play(...started(newImage(), { path: '/bin/ls' }))
  expect(playback.ids).toEqual([])
})

test('more files than may wait are counted, not kept', () => {
  const playback = new Asked()
  for (let i = 0; i < QUEUE_MAX + 3; i++) {
    playback.play(...started(newImage(), { path: '/bin/ls', file: { ...LS, inode: BigInt(1_000 + i) } }))
  }
  expect(playback.ids).toHaveLength(QUEUE_MAX)
  expect(playback.stream.identities!.stats).toMatchObject({ waiting: QUEUE_MAX, overflowed: 3 })
  playback.play(...started(newImage(), { path: '/bin/ls', file: { ...LS, inode: 2n }, uid: 1_000 }))
  expect(playback.ids).toHaveLength(QUEUE_MAX + 1)
  playback.found()
  playback.play(...started(newImage(), { path: '/bin/ls', file: { ...LS, inode: 1n }, uid: 1_000 }))
  expect(playback.ids).toHaveLength(QUEUE_MAX + 2)
})

test('files that may not wait are a loss, where they were executed', () => {
  const playback = new Asked()
  for (let i = 0; i < QUEUE_MAX; i++) {
    playback.play(...started(newImage(), { path: '/bin/ls', file: { ...LS, inode: BigInt(1_000 + i) } }))
  }
  const images = [newImage(), newImage()]
  const lost = images.map((image, i) =>
    only(
      'LOSS_ACCOUNTING',
      playback.play(...started(image, { path: '/bin/ls', file: { ...LS, inode: BigInt(i + 1) } })),
    ),
  )
  expect(lost.map(([first, ...others]) => [first!.event, others])).toEqual(
    images.map(({ startMs }) => {
      const time = EPOCH + startMs + 1
      return [{ LOST: { IDENTITY: 1 }, BYTES: 0, REASON: 'QUEUE_FULL', FROM: time, TO: time }, []]
    }),
  )
})

test('what still waits for a hash at the end is a loss, and what comes then changes nothing', () => {
  const playback = new Asked()
  const [first, second, third] = [newImage(), newImage(), newImage()]
  playback.play(...started(first, { path: '/bin/ls', file: LS }))
  playback.play(...started(second, { path: '/bin/ls', file: { ...LS, inode: 78n } }))
  playback.play(...started(third, { path: '/bin/ls', file: { ...LS, inode: 78n } }))
  playback.accept({ id: playback.ids[0]!, ...FOUND })
  const [told, ...others] = playback.closeFiles()
  expect(others).toEqual([])
  expect(told!.event).toEqual({
    LOST: { IDENTITY: 2 },
    BYTES: 0,
    REASON: 'CLOSED',
    FROM: EPOCH + second.startMs + 1,
    TO: EPOCH + third.startMs + 1,
  })
  expect(playback.found()).toEqual([])
  expect(playback.stream.identities!.stats).toEqual({ hashed: 1, failed: 0, waiting: 0, overflowed: 2 })
})

test.each([
  ['changed within a tick of the clock before', { ...LS, ctimeNs: BigInt(EPOCH) * 1_000_000n }, true],
  ['on a file system in memory', { ...LS, magic: 0x01021994 }, false],
  ['on an image', { ...LS, magic: 0x73717368 }, false],
  ['on a loop device', { ...LS, device: (7 << 20) | 3 }, false],
])('of a file %s, what was found out holds for no other execution', (_, parts, isDoubtful) => {
  const playback = new Asked()
  const file = isDoubtful ? { ...parts, ctimeNs: parts.ctimeNs! + BigInt(10 * (pid + 2)) * 1_000_000n } : parts
  playback.play(...started(newImage(), { path: '/bin/ls', file }))
  const at = started(newImage(), { path: '/bin/ls', file })
  expect(inShort(playback.found())).toEqual(['CODE_IDENTITY'])
  playback.play(...at)
  expect(playback.ids).toHaveLength(2)
  expect(playback.sights.map((sight) => sight.file.isDoubtful)).toEqual([isDoubtful, isDoubtful])
  expect(inShort(playback.found({ hash: 'd'.repeat(64) }))).toEqual(['CODE_IDENTITY'])
})

test('what follows from the running program alone is told only if that still runs', () => {
  const playback = new Asked()
  const [still, other] = [newImage(), newImage()]
  playback.play(...started(still, { path: '/bin/ls', file: LS }))
  expect(playback.found({ isOfImage: true })[0]!.event).toMatchObject({ ERROR: 0, HASH: FOUND.hash })

  playback.play(...started(other, { path: '/bin/dir', file: { ...LS, inode: 78n } }))
  const parts = { path: '/bin/other', file: { ...LS, inode: 79n }, atMs: other.startMs + 2 }
  const asked = playback.ids.at(-1)!
  playback.play(exec({ ...other, execId: 3 }, INIT, parts))
  const [told] = playback.accept({ id: asked, ...FOUND, isOfImage: true })
  expect(told!.event).toMatchObject({ FILE_PATH: '/bin/dir', ERROR: 1006, FILE_SIZE: 4_000 })
  expect(told!.event).not.toHaveProperty('HASH')
})

test('many users that make files wait leave room to those of the system', () => {
  const shares = new Shares(16, 8)
  const taken = Array.from({ length: 40 }, (_, i) => 100_000 + i).filter((uid) => {
    if (!shares.hasRoom(uid)) return false
    shares.take(uid)
    return true
  })
  expect(taken).toHaveLength(14)
  expect([shares.hasRoom(1_000), shares.hasRoom(0), shares.hasRoom(33)]).toEqual([false, true, true])
  shares.giveBack(taken[0]!)
  expect(shares.hasRoom(1_000)).toBe(true)
})

test('users take turns, the smallest of each first, the older of equal ones', () => {
  const turns = new Turns<string>()
  for (const [uid, size, name] of [
    [1, 9, 'a9'],
    [1, 5, 'a5'],
    [1, 5, 'a5 later'],
    [1, 7, 'a7'],
    [2, 8, 'b8'],
    [2, 1, 'b1'],
  ] as const) {
    turns.add(uid, size, name)
  }
  const taken = Array.from({ length: 5 }, () => turns.take(() => true))
  expect(taken).toEqual(['a5', 'b1', 'a5 later', 'b8', 'a7'])
  expect(turns.take((uid) => uid !== 1)).toBeUndefined()
  expect([turns.take(() => true), turns.take(() => true), turns.count]).toEqual(['a9', undefined, 0])
})

test('more executions than may wait for a hash are counted, not kept', () => {
  const playback = new Asked()
  for (let i = 0; i < WAITING_MAX + 2; i++) playback.play(...started(newImage(), { path: '/bin/ls', file: LS }))
  expect(playback.stream.identities!.stats.overflowed).toBe(2)
  expect(playback.found()).toHaveLength(WAITING_MAX)
  expect(playback.stream.identities).toBeInstanceOf(Identities)
})

test('of files and pairs only so many are remembered, those in use the longest', () => {
  const files = new KnownFiles()
  const at = (inode: bigint) => {
    const { records, offsets } = framed([exec(newImage(), INIT, { file: { ...LS, inode } })])
    return files.at(records, offsets[0]! + 88, EPOCH)
  }
  const first = at(1n)
  for (let i = 0; i < 3 * FILES_MAX; i++) {
    at(BigInt(10 + i))
    if (i % 1_000 === 0) expect(at(1n)).toBe(first)
  }
  expect(files.size).toBeLessThanOrEqual(FILES_MAX)

  const pairs = new Pairs()
  for (let i = 0; i < 2 * PAIRS_MAX; i++) pairs.add('x', `${i}`)
  expect([pairs.add('x', '0'), pairs.add('x', `${2 * PAIRS_MAX - 1}`)]).toEqual([true, false])
})
