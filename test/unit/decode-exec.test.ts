import { describe, expect, test } from 'vitest'
import type { NewProcess } from '../../lib/events/index.js'
import { atomOf, EPOCH, only, PAGE, Playback, type PlaybackOptions } from './playback.js'
import { block, exec, FLAG, type Image, type ImageParts, PLACE, terminated } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 10 }
const IMAGE: Image = { pid: 500, execId: 7, startMs: 2_000 }

function started(options: PlaybackOptions, ...records: Uint8Array[]): NewProcess {
  const events = only('NEW_PROCESS', new Playback(options).play(...records))
  expect(events).toHaveLength(1)
  return events[0]!
}

const plain = (parts: ImageParts, ahead: Uint8Array[] = []) => started({}, ...ahead, exec(IMAGE, INIT, parts)).event
const extended = (parts: ImageParts, ahead: Uint8Array[] = []) =>
  started({ extended: true }, ...ahead, exec(IMAGE, INIT, { details: {}, ...parts })).event

test('an exec is a process with all that its record tells', () => {
  const playback = new Playback()
  playback.play(exec(INIT, { pid: 0, execId: 0, startMs: 0 }, { path: '/sbin/init', arguments: 'init\0' }))
  const record = exec(IMAGE, INIT, {
    atMs: 2_001.999,
    path: '/usr/bin/printf',
    arguments: 'printf\0%s\n\0a b\0',
    baseAddress: 0x5555_5555_4000n,
    uid: 1000,
    threads: 1,
    residentPages: 3,
  })
  const [event] = playback.play(record)
  expect(event!.routing).toMatchObject({
    event_type: 'NEW_PROCESS',
    event_time: EPOCH + 2_001,
    this: atomOf(IMAGE),
    parent: atomOf(INIT),
  })
  expect(event!.event).toEqual({
    PROCESS_ID: 500,
    PARENT_PROCESS_ID: 1,
    FILE_PATH: '/usr/bin/printf',
    COMMAND_LINE: 'printf %s\n a b',
    BASE_ADDRESS: 0x5555_5555_4000,
    MEMORY_USAGE: 3 * PAGE,
    THREADS: 1,
    USER_NAME: 'ada',
    USER_ID: 1000,
    TIMESTAMP: EPOCH + 2_001,
    PARENT: {
      PROCESS_ID: 1,
      PARENT_PROCESS_ID: 0,
      FILE_PATH: '/sbin/init',
      COMMAND_LINE: 'init',
      THREADS: 1,
      USER_NAME: 'root',
      USER_ID: 0,
      THIS_ATOM: atomOf(INIT),
      TIMESTAMP: EPOCH + 10,
    },
  })
})

test('numbers keep all their bits', () => {
  const widest = 0xffffffff
  const image = { pid: widest, execId: widest, startMs: 9_007_199_254 }
  const event = started(
    {},
    exec(
      image,
      { ...INIT, pid: widest - 1 },
      { uid: widest, threads: widest, residentPages: widest, baseAddress: 0xff_ffff_ffff_f000n },
    ),
  ).event
  expect(event).toEqual({
    PROCESS_ID: widest,
    PARENT_PROCESS_ID: widest - 1,
    BASE_ADDRESS: 0xff_ffff_ffff_f000,
    MEMORY_USAGE: widest * PAGE,
    THREADS: widest,
    USER_ID: widest,
    TIMESTAMP: EPOCH + 9_007_199_254,
  })
})

describe('the path', () => {
  test.each<[string, ImageParts, string | undefined]>([
    ['of a file that has no name any more says so', { path: '/tmp/x', flags: FLAG.deleted }, '/tmp/x (deleted)'],
    [
      'of a file in memory is its name, which no directory has',
      { path: '/memfd:app', flags: FLAG.deleted },
      '/memfd:app (deleted)',
    ],
    ['of a file that is called so is not mistaken for it', { path: '/tmp/x (deleted)' }, '/tmp/x (deleted)'],
    ['that could not be read is absent', {}, undefined],
    ['may hold any character', { path: '/a\nb/\u{1f642}' }, '/a\nb/\u{1f642}'],
  ])('%s', (_, parts, path) => {
    expect(plain(parts).FILE_PATH).toBe(path)
    expect(plain(parts)).not.toHaveProperty('TRUNCATED')
  })

  test.each<[string, ImageParts, string]>([
    [
      'of another mount namespace names it',
      { pathPlace: PLACE.elsewhere, file: { mountNamespace: 9 } },
      'mnt:[9]/bin/a',
    ],
    ['on a mount that nobody has is detached', { pathPlace: PLACE.detached }, '(detached)/bin/a'],
    ['of no directory is detached', { pathPlace: PLACE.noDirectory }, '(detached)/bin/a'],
    ['that nobody walked is as /proc has it', { pathPlace: PLACE.unknown }, '/bin/a'],
    [
      'that was removed elsewhere says both',
      { pathPlace: PLACE.detached, flags: FLAG.deleted },
      '(detached)/bin/a (deleted)',
    ],
    ['of a place that no version knows is as it is', { pathPlace: 200 }, '/bin/a'],
  ])('%s', (_, parts, path) => {
    const event = plain({ path: '/bin/a', ...parts })
    expect(event.FILE_PATH).toBe(path)
    expect(event).not.toHaveProperty('TRUNCATED')
  })

  test('that was too long has its end behind three points, and its true length', () => {
    const cut = { path: '/deep/end', pathBytes: 9_000 }
    expect(plain(cut)).toMatchObject({ FILE_PATH: '.../deep/end', TRUNCATED: { FILE_PATH: 9_000 } })
    const elsewhere = plain({ ...cut, pathPlace: PLACE.elsewhere, file: { mountNamespace: 9 } })
    expect(elsewhere).toMatchObject({ FILE_PATH: 'mnt:[9].../deep/end', TRUNCATED: { FILE_PATH: 9_000 } })
    expect(plain({ ...cut, path: '' })).toMatchObject({ FILE_PATH: '...', TRUNCATED: { FILE_PATH: 9_000 } })
  })

  test('of more names than are looked at has a length that is more than what was seen', () => {
    const event = plain({ path: '/d/d', pathPlace: PLACE.unended })
    expect(event).toMatchObject({ FILE_PATH: '.../d/d', TRUNCATED: { FILE_PATH: 6 } })
  })

  test('is not mistaken for that of the program that ran before from a whole one', () => {
    const arguments_ = terminated(['a'])
    const playback = new Playback()
    const of = (pid: number, parts: ImageParts) =>
      playback.play(exec({ ...IMAGE, pid }, INIT, { path: '/bin/a', arguments: arguments_, ...parts }))[0]!.event
    const paths = [of(50, {}), of(51, { pathPlace: PLACE.detached }), of(52, { pathBytes: 99 }), of(53, {})]
    expect(paths.map((event) => (event as NewProcess['event']).FILE_PATH)).toEqual([
      '/bin/a',
      '(detached)/bin/a',
      '.../bin/a',
      '/bin/a',
    ])
  })
})

describe('the arguments', () => {
  test.each<[string, string[], string]>([
    ['are joined by one space', ['a', 'b', 'c'], 'a b c'],
    ['keep their spaces and quotes', ['a', ' b  "c" '], 'a  b  "c" '],
    ['may be empty, also the last one', ['a', '', ''], 'a  '],
    ['may be one empty string', [''], ''],
    ['may hold newlines and control characters', ['a\n', '\u001b[2J'], 'a\n \u001b[2J'],
  ])('%s', (_, argv, commandLine) => {
    const event = extended({ arguments: terminated(argv) })
    expect(event.COMMAND_LINE).toBe(commandLine)
    expect(event.ARGUMENTS).toEqual(argv)
    expect(event).not.toHaveProperty('TRUNCATED')
  })

  test('that are not there are absent', () => {
    expect(extended({})).not.toHaveProperty('COMMAND_LINE')
    expect(extended({})).not.toHaveProperty('ARGUMENTS')
  })

  test('without a last NUL, as a program may leave them, are whole', () => {
    expect(plain({ arguments: 'nginx: master' }).COMMAND_LINE).toBe('nginx: master')
  })

  test('that could not be read are absent, and their length is told', () => {
    const event = plain({ argumentsBytes: 77 })
    expect(event).not.toHaveProperty('COMMAND_LINE')
    expect(event.TRUNCATED).toEqual({ COMMAND_LINE: 77 })
  })

  test.each([1, 5, 4_096, 16_384])('of hundreds of KiB come in pieces of %i and are whole', (pieceBytes) => {
    const argv = Array.from({ length: pieceBytes < 10 ? 100 : 4_000 }, (_, index) => `argument-${index}-\u00fc`)
    const whole = terminated(argv)
    const here = Math.min(whole.length, 600)
    const pieces = block('arguments', IMAGE, whole, pieceBytes, { from: here })
    const event = extended({ arguments: whole.subarray(0, here), argumentsBytes: whole.length }, pieces)
    expect(event.COMMAND_LINE).toBe(argv.join(' '))
    expect(event.ARGUMENTS).toEqual(argv)
    expect(event).not.toHaveProperty('TRUNCATED')
  })

  test('of which a piece was lost are cut where the record ends, and their length is told', () => {
    const whole = terminated(Array.from({ length: 1_000 }, (_, index) => `argument-${index}`))
    const pieces = block('arguments', IMAGE, whole, 1_000, { from: 10 }).filter((_, index) => index !== 3)
    const event = plain({ arguments: whole.subarray(0, 10), argumentsBytes: whole.length }, pieces)
    expect(event.COMMAND_LINE).toBe('argument-0')
    expect(event.TRUNCATED).toEqual({ COMMAND_LINE: whole.length })
  })

  test('of another process on the same CPU are not taken for its own', () => {
    const other = block('arguments', { ...IMAGE, pid: 501 }, terminated(['x'.repeat(50)]), 16, { from: 3 })
    const event = plain({ arguments: 'abc', argumentsBytes: 51 }, other)
    expect(event).toMatchObject({ COMMAND_LINE: 'abc', TRUNCATED: { COMMAND_LINE: 51 } })
  })

  test('of processes that exec at once on two CPUs do not mix', () => {
    const playback = new Playback()
    const images = [IMAGE, { ...IMAGE, pid: 501 }]
    const whole = images.map(({ pid }) => terminated([`program-${pid}`, `${pid}`.repeat(20)]))
    const pieces = images.map((image, cpu) => block('arguments', image, whole[cpu]!, 8, { cpu }))
    const mixed = pieces[0]!.flatMap((piece, index) => [piece, pieces[1]![index]!])
    const execs = images.map((image, cpu) => exec(image, INIT, { cpu, argumentsBytes: whole[cpu]!.length }))
    const events = only('NEW_PROCESS', playback.play(...mixed, ...execs))
    expect(events.map(({ event }) => event.COMMAND_LINE)).toEqual(
      images.map(({ pid }) => `program-${pid} ${`${pid}`.repeat(20)}`),
    )
  })
})

describe('bytes that are no UTF-8', () => {
  const bytes = Buffer.from('a\xff\0\xc3\0', 'latin1')

  test('become U+FFFD', () => {
    const event = plain({ path: Buffer.from('/\xfe', 'latin1'), arguments: bytes })
    expect(event).toMatchObject({ FILE_PATH: '/\ufffd', COMMAND_LINE: 'a\ufffd \ufffd' })
    expect(event).not.toHaveProperty('RAW_BYTES')
  })

  test('are beside the text as they were, when asked for', () => {
    const path = Buffer.from('/\xfe', 'latin1')
    const event = extended({ path, arguments: bytes })
    expect(event.RAW_BYTES).toEqual({ FILE_PATH: path.toString('base64'), COMMAND_LINE: bytes.toString('base64') })
  })

  test('are whole beside arguments that came in pieces', () => {
    const pieces = block('arguments', IMAGE, bytes, 2, { from: 1 })
    const event = extended({ arguments: bytes.subarray(0, 1), argumentsBytes: bytes.length }, pieces)
    expect(event.RAW_BYTES).toEqual({ COMMAND_LINE: bytes.toString('base64') })
  })

  test('are told apart from a U+FFFD that somebody wrote', () => {
    expect(extended({ arguments: 'a\ufffd\0' })).not.toHaveProperty('RAW_BYTES')
  })
})

test('with details, everything that the kernel knows of the process is told', () => {
  const container = 'c0ffee'.padEnd(64, '0')
  const event = extended({
    path: '/bin/su',
    arguments: 'su\0',
    baseAddress: 0x1000n,
    details: {
      gid: 100,
      effectiveUid: 0,
      loginUid: 1000,
      auditSession: 3,
      capabilities: 0x1ff_ffff_fffe_0001n,
      namespaces: [0xf0000000, 0xf0000001, 0xf0000002, 0xf0000003, 0xf0000004, 0xf0000005, 0xf0000006],
      namespacePid: 17,
      directory: '/home/ada',
      cgroup: `/system.slice/docker-${container}.scope`,
      tty: 'pts0',
    },
  })
  expect(event).toEqual({
    PROCESS_ID: 500,
    PARENT_PROCESS_ID: 1,
    FILE_PATH: '/bin/su',
    COMMAND_LINE: 'su',
    BASE_ADDRESS: 0x1000,
    THREADS: 1,
    USER_NAME: 'root',
    USER_ID: 0,
    TIMESTAMP: EPOCH + 2_000,
    ARGUMENTS: ['su'],
    CURRENT_DIRECTORY: '/home/ada',
    GROUP_ID: 100,
    EFFECTIVE_USER_ID: 0,
    LOGIN_USER_ID: 1000,
    SESSION: 3,
    TTY: 'pts/0',
    CAPABILITIES: '01fffffffffe0001',
    CGROUP_PATH: `/system.slice/docker-${container}.scope`,
    CONTAINER_ID: container,
    NAMESPACE_PROCESS_ID: 17,
    NAMESPACES: {
      MNT: 0xf0000000,
      PID: 0xf0000001,
      NET: 0xf0000002,
      USER: 0xf0000003,
      UTS: 0xf0000004,
      IPC: 0xf0000005,
      CGROUP: 0xf0000006,
    },
    SEQUENCE: 1,
  })
})

test('a directory and a cgroup whose beginning is cut have their true lengths, and name no container', () => {
  const cgroup = `/docker/${'a'.repeat(64)}`
  const event = extended({
    path: '/x',
    details: { directory: '/deep', directoryBytes: 9_000, cgroup, cgroupBytes: 5_000 },
  })
  expect(event).toMatchObject({
    CURRENT_DIRECTORY: '.../deep',
    CGROUP_PATH: `...${cgroup}`,
    TRUNCATED: { CURRENT_DIRECTORY: 9_000, CGROUP_PATH: 5_000 },
  })
  expect(event).not.toHaveProperty('CONTAINER_ID')
  const unended = extended({ path: '/x', details: { cgroup, cgroupPlace: PLACE.unended } })
  expect(unended).toMatchObject({ CGROUP_PATH: `...${cgroup}`, TRUNCATED: { CGROUP_PATH: cgroup.length + 2 } })
  expect(unended).not.toHaveProperty('CONTAINER_ID')
})

test('a directory of another mount namespace, or of none, says so', () => {
  const of = (details: NonNullable<ImageParts['details']>) => extended({ path: '/x', details }).CURRENT_DIRECTORY
  const directory = '/home'
  expect(of({ directory, directoryPlace: PLACE.elsewhere, directoryNamespace: 9 })).toBe('mnt:[9]/home')
  expect(of({ directory, directoryPlace: PLACE.detached })).toBe('(detached)/home')
})

test('each text of the details has its exact bytes beside it, and what is cut of a parent stays with it', () => {
  const [directory, cgroup] = [Buffer.from('/d\xff', 'latin1'), Buffer.from('/c\xfe', 'latin1')]
  const playback = new Playback({ extended: true })
  const parts = { path: '/x', details: { directory, directoryBytes: 9_000, cgroup } }
  const [event] = only('NEW_PROCESS', playback.play(exec(IMAGE, INIT, parts)))
  expect(event!.event.RAW_BYTES).toEqual({
    CURRENT_DIRECTORY: directory.toString('base64'),
    CGROUP_PATH: cgroup.toString('base64'),
  })
  const child = { pid: 501, execId: 8, startMs: 3_000 }
  const [next] = only('NEW_PROCESS', playback.play(exec(child, IMAGE, { path: '/y', details: {} })))
  expect(next!.event.PARENT).not.toHaveProperty('TRUNCATED')
  expect(next!.event).not.toHaveProperty('RAW_BYTES')
})

test('of the details, what is not set is absent', () => {
  expect(extended({ path: '/x', arguments: 'x\0' })).toEqual({
    PROCESS_ID: 500,
    PARENT_PROCESS_ID: 1,
    FILE_PATH: '/x',
    COMMAND_LINE: 'x',
    THREADS: 1,
    USER_NAME: 'root',
    USER_ID: 0,
    TIMESTAMP: EPOCH + 2_000,
    ARGUMENTS: ['x'],
    GROUP_ID: 0,
    EFFECTIVE_USER_ID: 0,
    CAPABILITIES: '0000000000000000',
    NAMESPACES: { MNT: 1, PID: 2, NET: 3, USER: 4, UTS: 5, IPC: 6, CGROUP: 7 },
    SEQUENCE: 1,
  })
})
