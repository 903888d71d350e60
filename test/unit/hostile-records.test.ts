/** Records that no program of ours would write, as a forged recording may hold them. */
import { describe, expect, test } from 'vitest'
import { counted, expectIdentity } from './invariants.js'
import { inShort, Playback } from './playback.js'
import {
  accessed,
  block,
  changed,
  changed32,
  driven,
  exec,
  exit,
  fork,
  type Image,
  loaded,
  piece,
  pipe,
  row,
  TYPE,
  terminated,
} from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 1 }
const IMAGE: Image = { pid: 500, execId: 7, startMs: 2_000 }
const details = { directory: '/tmp', cgroup: '/user.slice', tty: 'pts1' }

const FORK = fork(IMAGE, INIT, { details })
const EXEC = exec(IMAGE, INIT, { path: '/bin/program', arguments: 'program\0-x\0', details })
const EXIT = exit(IMAGE)
const ARGUMENTS = piece('arguments', IMAGE, { offset: 0, total: 8, bytes: terminated(['program']) })
const MODULE = loaded(IMAGE, { path: '/lib/libc.so.6', baseAddress: 4096n, memorySize: 4096n })
const ACCESS = accessed(IMAGE, INIT, { kind: 1 })
const THREAD = driven(IMAGE, INIT, { thread: 501 })
const PIPE = pipe(IMAGE, { path: '/run', name: 'x' })
const ENVIRONMENT = piece('environment', IMAGE, { offset: 0, total: 4, bytes: terminated(['A=1']) })

/** Played alone: it is bad, once, and brings nothing. */
function expectBad(record: Uint8Array, type: number): void {
  const playback = new Playback({ extended: true })
  expect(playback.play(record)).toEqual([])
  expect(counted(playback.stream.accounts.bad)).toEqual({ [type]: 1 })
  expect(playback.finish()).toEqual([])
  expectIdentity(playback.stream.accounts, 1)
  expect(playback.stream.processes.size).toBe(0)
}

describe.each([
  ['a fork', FORK, TYPE.fork],
  ['an exec', EXEC, TYPE.exec],
  ['an end', EXIT, TYPE.exit],
  ['a piece of arguments', ARGUMENTS, TYPE.arguments],
  ['a piece of an environment', ENVIRONMENT, TYPE.environment],
  ['a module', MODULE, TYPE.module],
  ['an access', ACCESS, TYPE.access],
  ['a thread', THREAD, TYPE.thread],
  ['a pipe', PIPE, TYPE.pipe],
])('%s', (_, record, type) => {
  test('is good as it is', () => {
    const playback = new Playback({ extended: true })
    playback.play(record)
    expect(playback.stream.accounts.bad[type]).toBe(0)
  })

  test('that is cut anywhere is bad', () => {
    for (let length = 1; length < record.length; length++) expectBad(record.subarray(0, length), type)
  })
})

test('a record of no bytes is bad', () => {
  const playback = new Playback()
  expect(playback.play(new Uint8Array(), EXIT.subarray(0, 1))).toEqual([])
  expectIdentity(playback.stream.accounts, 2)
  expect([...playback.stream.accounts.bad].reduce((sum, count) => sum + count, 0)).toBe(2)
})

const PATH_LENGTH = 80
const ARGUMENTS_LENGTH = 82
const DETAILS_OF_EXEC = 136
const DETAILS_OF_FORK = 64
const DIRECTORY_LENGTH = 56
const CGROUP_LENGTH = 58

test.each([
  ['a path', changed(EXEC, PATH_LENGTH, 0xff, 0xff), TYPE.exec],
  ['a path by one byte', changed(EXEC, PATH_LENGTH, '/bin/program'.length + 1), TYPE.exec],
  ['arguments', changed(EXEC, ARGUMENTS_LENGTH, 0xff, 0xff), TYPE.exec],
  ['arguments by one byte', changed(EXEC, ARGUMENTS_LENGTH, 'program -x '.length + 1), TYPE.exec],
  ['a directory', changed(EXEC, DETAILS_OF_EXEC + DIRECTORY_LENGTH, 0xff, 0xff), TYPE.exec],
  ['a cgroup', changed(EXEC, DETAILS_OF_EXEC + CGROUP_LENGTH, 0xf0, 0xff), TYPE.exec],
  ['a directory', changed(FORK, DETAILS_OF_FORK + DIRECTORY_LENGTH, 0xff, 0xff), TYPE.fork],
  ['a cgroup', changed(FORK, DETAILS_OF_FORK + CGROUP_LENGTH, 0xff, 0x7f), TYPE.fork],
  ['a piece', changed32(ARGUMENTS, 40, 0xffffffff), TYPE.arguments],
  ['a piece beyond its block and', changed32(ARGUMENTS, 32, 1), TYPE.arguments],
  ['an offset', changed32(ENVIRONMENT, 32, 0xffffffff), TYPE.environment],
  ['a path', changed(MODULE, 100, 0xff, 0xff), TYPE.module],
  ['a block of 4 GiB', changed32(ENVIRONMENT, 36, 0xffffffff), TYPE.environment],
  ['a block of 7 MiB', changed32(ARGUMENTS, 36, 7 * 2 ** 20), TYPE.arguments],
])('%s longer than there is room makes the record bad', (_, record, type) => {
  expectBad(record, type)
})

test.each([0, TYPE.row, 14, 15, 16, 17, 200, 255])('a record of type %i is none of the ring’s', (type) => {
  expectBad(changed(EXEC, 0, type), type < 16 ? type : 0)
})

test('pieces ahead of a bad exec are dropped with it', () => {
  const playback = new Playback()
  const blocks = [
    ...block('arguments', IMAGE, terminated(['a'.repeat(100)]), 10),
    ...block('environment', IMAGE, terminated(['A=1']), 2),
  ]
  playback.play(...blocks, changed(EXEC, PATH_LENGTH, 0xff, 0xff))
  playback.finish()
  expectIdentity(playback.stream.accounts, blocks.length + 1)
  expect(counted(playback.stream.accounts.dropped)).toEqual({ [TYPE.arguments]: 11, [TYPE.environment]: 2 })
})

test('a block that was announced from the middle on is never an environment', () => {
  const playback = new Playback()
  const events = playback.play(...block('environment', IMAGE, terminated(['A=1', 'B=2']), 4, { from: 4 }), EXEC)
  expect(inShort([...events, ...playback.finish()])).toEqual(['NEW 500'])
  expectIdentity(playback.stream.accounts, 2)
})

const WHOLE = terminated(['program', 'a'.repeat(30)])
const [FIRST, SECOND, THIRD] = block('arguments', IMAGE, WHOLE, 16) as [Uint8Array, Uint8Array, Uint8Array]
const withAll = exec(IMAGE, INIT, { argumentsBytes: WHOLE.length })

test.each([
  ['in another order', [SECOND, FIRST, THIRD]],
  ['backwards', [THIRD, SECOND, FIRST]],
  ['repeated', [FIRST, SECOND, SECOND, THIRD]],
  ['without the first', [SECOND, THIRD]],
  ['without the last', [FIRST, SECOND]],
])('pieces %s are dropped, and the arguments are cut', (_, pieces) => {
  const playback = new Playback()
  const [event] = playback.play(...pieces, withAll)
  expect(event!.event).toMatchObject({ TRUNCATED: { COMMAND_LINE: WHOLE.length } })
  expect(event!.event).not.toHaveProperty('COMMAND_LINE')
  playback.finish()
  expectIdentity(playback.stream.accounts, pieces.length + 1)
  expect(playback.stream.accounts.dropped[TYPE.arguments]).toBe(pieces.length)
})

test('a block that begins again is the one that was begun last', () => {
  const playback = new Playback()
  const [event] = playback.play(FIRST, SECOND, FIRST, SECOND, THIRD, withAll)
  expect(event!.event).toMatchObject({ COMMAND_LINE: `program ${'a'.repeat(30)}` })
  expect(playback.stream.accounts.dropped[TYPE.arguments]).toBe(2)
})

test('blocks begun on 65,536 CPUs take no more memory than a few', () => {
  const playback = new Playback()
  const before = process.memoryUsage().arrayBuffers
  const total = 6 * 2 ** 20
  const first = piece('environment', IMAGE, { offset: 0, total, bytes: new Uint8Array(1) })
  const records = 65_536
  for (let cpu = 0; cpu < records; cpu++) playback.play(changed(first, 2, cpu, cpu >>> 8))
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 2 ** 20)
  playback.finish()
  expectIdentity(playback.stream.accounts, records)
})

test('a number that is given to ever new processes takes one place in the table', () => {
  const playback = new Playback()
  for (let n = 0; n < 10_000; n++) playback.play(exec({ pid: 5, execId: 1, startMs: n }, INIT))
  expect(playback.stream.processes.size).toBe(1)
})

function playedOneByOne(playback: Playback, count: number, record: (i: number) => Uint8Array) {
  return Array.from({ length: count }, (_, i) => playback.play(record(i))).flat()
}

test('of more processes than the table has place for, the oldest are forgotten, which is told', () => {
  const playback = new Playback()
  const { limit } = playback.stream.processes
  const more = 1_000
  const record = (i: number) => fork({ pid: i + 10, execId: 1, startMs: 5 }, INIT)
  const events = [...playedOneByOne(playback, limit + more, record), ...playback.finish()]
  expect(playback.stream.processes.size).toBe(limit)
  expect(playback.stream.processes.forgotten).toBe(more)
  expect(events.filter(({ routing }) => routing.event_type === 'NEW_PROCESS')).toHaveLength(limit + more)
  expectIdentity(playback.stream.accounts, limit + more)
}, 60_000)

test('forks of one number at one moment wait in a bounded queue', () => {
  const playback = new Playback()
  const { limit } = playback.stream.processes
  const record = (i: number) => fork({ pid: 10, execId: 1, startMs: i }, INIT, { atMs: 5 })
  const events = playedOneByOne(playback, limit + 10, record)
  expect(events).toHaveLength(10)
}, 60_000)

test('a time beyond all others moves the clock, and nothing else', () => {
  const playback = new Playback()
  const events = playback.play(
    changed(exec(IMAGE, INIT), 8, 255, 255, 255, 255, 255, 255, 255, 255),
    exec({ ...IMAGE, pid: 501 }, INIT),
  )
  expect(inShort(events)).toEqual(['NEW 500', 'NEW 501'])
})

test('a row that is cut anywhere is no process', () => {
  const whole = row(IMAGE, INIT, { path: '/bin/x', arguments: 'x\0', details })
  for (let length = 0; length < whole.length; length++) {
    const playback = new Playback({ extended: true })
    expect(playback.takeOver([whole.subarray(0, length)], 10_000).events).toEqual([])
  }
})
