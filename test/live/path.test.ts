import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { execBytes, NO_UTF8, textOf } from './bytes.js'
import { documented, last, only, startedHere } from './expected.js'
import { program } from './programs.js'
import { eventsOf, named } from './sensor.js'
import { temporaryFolder } from './temporary.js'

function startsOf(action: () => ChildProcess) {
  return eventsOf(['NEW_PROCESS'], action, { extended: true })
}

/** A copy of a program that ends at once, at `path`. */
function copyTo(path: string | Buffer): void {
  copyFileSync(program('exit-as-told'), path)
}

test('a path with newlines and escape characters arrives as it is', async () => {
  const file = join(temporaryFolder(), 'a\nb\x1b[31m c\u0085"é')
  copyTo(file)
  const { child, events } = await startsOf(() => spawn(file, ['x']))
  const record = only(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: file, COMMAND_LINE: `${file} x` }),
  )
})

test('bytes of a path that are no UTF-8 become U+FFFD, and the exact ones stand beside it', async () => {
  const path = Buffer.concat([Buffer.from(`${temporaryFolder()}/`), withoutSlash(NO_UTF8)])
  copyTo(path)
  const { child, events } = await startsOf(() => spawn(...execBytes(path, ['name'])))
  const record = last(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: textOf(path), COMMAND_LINE: 'name' }),
  )
  expect(record.event.RAW_BYTES).toEqual({ FILE_PATH: path.toString('base64') })
})

test('a program that was called by a symbolic link has the path of its file, and the name that it was called by', async () => {
  const link = join(temporaryFolder(), 'link')
  symlinkSync(program('exit-as-told'), link)
  const { child, events } = await startsOf(() => spawn(link))
  const record = only(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: program('exit-as-told'), COMMAND_LINE: link }),
  )
})

test('a path of 60 names arrives whole', async () => {
  const folder = join(temporaryFolder(), ...Array.from({ length: 60 }, (_, i) => `${i}`))
  mkdirSync(folder, { recursive: true })
  copyTo(join(folder, 'file'))
  const { child, events } = await startsOf(() => spawn(join(folder, 'file')))
  const { event } = only(named(events, 'NEW_PROCESS', child.pid))
  expect(event.FILE_PATH).toBe(join(folder, 'file'))
  expect(event.TRUNCATED).toBeUndefined()
})

test.each([1_200, 4_095])('a path of %i bytes arrives whole', async (bytes) => {
  const file = pathOf(bytes)
  copyTo(file)
  const { child, events } = await startsOf(() => spawn(file, { argv0: 'name' }))
  const record = only(named(events, 'NEW_PROCESS', child.pid))
  expect(Buffer.byteLength(record.event.FILE_PATH!)).toBe(bytes)
  expect(documented(record.event)).toEqual(
    startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: file, COMMAND_LINE: 'name' }),
  )
})

test('a path longer than the kernel takes by name is cut at its start, and its true length is told', async () => {
  const cwd = pathOf(3_900)
  mkdirSync(cwd)
  // No call takes such a path as a whole; from inside the folder it is short enough.
  const inner = `${'x'.repeat(200)}/${'y'.repeat(200)}`
  execFileSync('mkdir', ['-p', inner], { cwd })
  execFileSync('cp', [program('exit-as-told'), `${inner}/file`], { cwd })
  const { child, events } = await startsOf(() => spawn(`./${inner}/file`, { cwd, argv0: 'name' }))
  const record = only(named(events, 'NEW_PROCESS', child.pid))
  const whole = `${cwd}/${inner}/file`
  // Whole names are left out, as many as do not fit into 4,096 bytes.
  const rest = `...${whole.slice(whole.indexOf('/', whole.length - 4_096))}`
  expect(documented(record.event)).toEqual(
    startedHere(record, {
      PROCESS_ID: child.pid,
      FILE_PATH: rest,
      COMMAND_LINE: 'name',
      TRUNCATED: { FILE_PATH: whole.length },
    }),
  )
})

test('a program that exists in memory only is called by the name of its memory', async () => {
  const args = ['some name', program('exit-as-told'), 'argv0', 'exit', '0']
  const { child, events } = await startsOf(() => spawn(program('exec-memory'), args))
  const record = last(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, {
      PROCESS_ID: child.pid,
      FILE_PATH: '/memfd:some name (deleted)',
      COMMAND_LINE: 'argv0 exit 0',
    }),
  )
})

test('a program that was removed before it was executed is said to be deleted', async () => {
  const file = join(temporaryFolder(), 'removed')
  copyTo(file)
  const { child, events } = await startsOf(() => spawn(program('exec-unlinked'), [file, 'argv0']))
  const record = last(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: `${file} (deleted)`, COMMAND_LINE: 'argv0' }),
  )
})

test('a script has the path of the interpreter that runs it, and its command line names the script', async () => {
  const script = join(temporaryFolder(), 'script')
  writeFileSync(script, '#!/bin/sh -e\nexit 0\n')
  chmodSync(script, 0o755)
  const { child, events } = await startsOf(() => spawn(script, ['a', 'b']))
  const record = only(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, {
      PROCESS_ID: child.pid,
      FILE_PATH: realpath('/bin/sh'),
      COMMAND_LINE: `/bin/sh -e ${script} a b`,
    }),
  )
})

test('a script whose interpreter is found by env has two images, env and what it found', async () => {
  const script = join(temporaryFolder(), 'script')
  writeFileSync(script, '#!/usr/bin/env cat\n')
  chmodSync(script, 0o755)
  const { child, events } = await startsOf(() => spawn(script, ['/dev/null']))
  const images = named(events, 'NEW_PROCESS', child.pid)
  expect(images.map(({ event }) => [event.FILE_PATH, event.COMMAND_LINE])).toEqual([
    [realpath('/usr/bin/env'), `/usr/bin/env cat ${script} /dev/null`],
    [realpath('/bin/cat'), `cat ${script} /dev/null`],
  ])
})

test('a script whose interpreter is a script has the path of the last one', async () => {
  const folder = temporaryFolder()
  const [outer, inner] = [join(folder, 'outer'), join(folder, 'inner')]
  writeFileSync(inner, '#!/bin/cat\n')
  writeFileSync(outer, `#!${inner}\n`)
  chmodSync(inner, 0o755)
  chmodSync(outer, 0o755)
  const { child, events } = await startsOf(() => spawn(outer))
  expect(only(named(events, 'NEW_PROCESS', child.pid)).event).toMatchObject({
    FILE_PATH: realpath('/bin/cat'),
    COMMAND_LINE: `/bin/cat ${inner} ${outer}`,
  })
})

test('a program on a mount has the path by which it was reached', async () => {
  const folder = temporaryFolder()
  const [from, to] = [join(folder, 'from'), join(folder, 'to')]
  mkdirSync(join(from, 'inner'), { recursive: true })
  mkdirSync(to)
  copyTo(join(from, 'inner', 'file'))
  execFileSync('mount', ['--bind', from, to])
  onTestFinished(() => {
    execFileSync('umount', [to])
    rmdirSync(to)
  })
  const { child, events } = await startsOf(() => spawn(join(to, 'inner', 'file')))
  const record = only(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, {
      PROCESS_ID: child.pid,
      FILE_PATH: join(to, 'inner', 'file'),
      COMMAND_LINE: join(to, 'inner', 'file'),
    }),
  )
})

test('a file that is a mount itself has the path of its mount', async () => {
  const file = join(temporaryFolder(), 'mounted')
  writeFileSync(file, '')
  execFileSync('mount', ['--bind', program('exit-as-told'), file])
  onTestFinished(() => execFileSync('umount', [file]) as unknown as undefined)
  const { child, events } = await startsOf(() => spawn(file))
  expect(only(named(events, 'NEW_PROCESS', child.pid)).event.FILE_PATH).toBe(file)
})

function realpath(path: string): string {
  return execFileSync('readlink', ['-f', path], { encoding: 'utf8' }).trim()
}

function withoutSlash(bytes: Buffer): Buffer {
  return bytes.filter((byte) => byte !== 0x2f) as Buffer
}

/** A path below a folder that is there, of exactly so many bytes; its own file is not there. */
function pathOf(bytes: number): string {
  let folder = temporaryFolder()
  while (bytes - folder.length > 201) folder += `/${'d'.repeat(100)}`
  mkdirSync(folder, { recursive: true })
  return `${folder}/${'f'.repeat(bytes - folder.length - 1)}`
}
