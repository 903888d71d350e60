import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { NewProcess } from '../../lib/events/index.js'
import { documented, extensions, extensionsOf, last, only, startedHere } from './expected.js'
import { whileHeld } from './held.js'
import { kernelIsBefore } from './kernel.js'
import { auditId, cgroupOf, statusLine } from './proc.js'
import { program } from './programs.js'
import { Collected, eventsOf, named } from './sensor.js'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

const NAMES = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'] as const
const EXTENDED = { extended: true }

test('an extended start says everything that /proc can say, after what a plain one says', async () => {
  const cwd = temporaryFolder()
  const file = program('hold')
  const { child, seen, events } = await eventsOf(
    NAMES,
    () => whileHeld(file, ['a b', ''], extensionsOf, { cwd }),
    EXTENDED,
  )
  const record = only(named(events, 'NEW_PROCESS', child.pid))
  expect(seen).toMatchObject({ ARGUMENTS: [file, 'a b', ''], CURRENT_DIRECTORY: cwd })
  expect(record.event).toEqual({
    ...startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: file, COMMAND_LINE: `${file} a b ` }),
    ...seen,
    SEQUENCE: expect.any(Number),
  })
  expect(Object.keys(record.event)).toEqual([
    ...Object.keys(documented(record.event)),
    ...Object.keys(seen),
    'SEQUENCE',
  ])
})

test('a plain PARENT is within an extended event', async () => {
  const { child, events } = await eventsOf(NAMES, () => spawn(program('fork-only'), ['fork']), EXTENDED)
  const forked = events.find(({ routing }) => {
    return routing.parent === last(named(events, 'NEW_PROCESS', child.pid)).routing.this
  }) as NewProcess
  const { PARENT, ...own } = documented(last(named(events, 'NEW_PROCESS', child.pid)).event)
  expect(forked.event.PARENT).toEqual({
    ...own,
    THIS_ATOM: forked.routing.parent,
    PARENT_ATOM: PARENT!.THIS_ATOM,
  })
})

test('a fork that executes nothing has the arguments and all else of its creator', async () => {
  const { child, events } = await eventsOf(NAMES, () => spawn(program('fork-only'), ['fork']), EXTENDED)
  const creator = last(named(events, 'NEW_PROCESS', child.pid))
  const forked = events.find(({ routing }) => routing.parent === creator.routing.this) as NewProcess
  expect(extensions(forked.event)).toEqual(extensions(creator.event))
})

test('a process with a terminal has the name of its terminal', async () => {
  const args = [program('hold'), 'argv0']
  const { output, seen, events } = await eventsOf(
    NAMES,
    () => whileHeld(program('on-terminal'), args, (pid) => pid),
    EXTENDED,
  )
  const [terminal] = /(?<=^terminal \/dev\/)\S+$/m.exec(output)!
  expect(terminal).toMatch(/^pts\/\d+$/)
  expect(last(named(events, 'NEW_PROCESS', seen)).event.TTY).toBe(terminal)
})

test('a process of a login has the user who logged in and the session', async () => {
  if (!existsSync('/proc/self/loginuid')) cannotRun('this kernel has no audit')
  const command = 'echo 1234 > /proc/self/loginuid && exec "$0" a'
  const { child, seen, events } = await eventsOf(
    NAMES,
    () =>
      whileHeld('/bin/sh', ['-c', command, program('hold')], (pid) => ({
        LOGIN_USER_ID: auditId(pid, 'loginuid'),
        SESSION: auditId(pid, 'sessionid'),
      })),
    EXTENDED,
  )
  const [before, after] = named(events, 'NEW_PROCESS', child.pid)
  expect(seen).toEqual({ LOGIN_USER_ID: 1234, SESSION: expect.any(Number) })
  expect(after!.event).toMatchObject(seen)
  expect(before!.event.LOGIN_USER_ID).toBe(auditId(process.pid, 'loginuid'))
})

test('a process in a cgroup of a container has its path, and the container that it names', async () => {
  const id = '0123456789abcdef'.repeat(4)
  const root = cgroupRoot()
  const outer = join(root, `kernelwire-live-${process.pid}`)
  const inner = join(outer, `docker-${id}.scope`)
  mkdirSync(inner, { recursive: true })
  onTestFinished(() => {
    rmdirSync(inner)
    rmdirSync(outer)
  })
  const command = 'echo $$ > "$1/cgroup.procs" && exec "$0"'
  const { child, seen, events } = await eventsOf(
    NAMES,
    () => whileHeld('/bin/sh', ['-c', command, program('hold'), inner], cgroupOf),
    EXTENDED,
  )
  const { event } = last(named(events, 'NEW_PROCESS', child.pid))
  expect(event).toMatchObject({ CGROUP_PATH: seen, CONTAINER_ID: id })
  expect(seen.endsWith(`/kernelwire-live-${process.pid}/docker-${id}.scope`)).toBe(true)
})

const CONTAINER = 'ab'.repeat(32)

test.each<[string, string[]]>([
  ['40 of them', Array.from({ length: 40 }, (_, i) => `d${i}`)],
  ['one of 300 bytes', ['n'.repeat(300)]],
  [
    'all together longer than a record takes',
    [...Array.from({ length: 20 }, () => 'n'.repeat(250)), 'docker', CONTAINER],
  ],
])('the path of a cgroup of many or long names is whole, or says how long it is: %s', async (_, names) => {
  if (kernelIsBefore(5, 17)) cannotRun('before Linux 5.17 no more than 64 names are looked at')
  const outer = join(cgroupRoot(), `kernelwire-live-${process.pid}`)
  const script =
    'mkdir "$1" && cd "$1" && shift && for name; do mkdir "$name" && cd -P "./$name"; done && echo $$ > cgroup.procs && exec "$0"'
  onTestFinished(() => {
    execFileSync('sh', [
      '-c',
      'cd "$0" && find . -depth -type d ! -name . -execdir rmdir {} ";"; cd / && rmdir "$0"',
      outer,
    ])
  })
  const look = async (pid: number) => {
    const collected = await Collected.open({ events: ['EXISTING_PROCESS'], ...EXTENDED })
    await collected.close()
    return only(named(collected.events, 'EXISTING_PROCESS', pid)).event
  }
  const args = ['-c', script, program('hold'), outer, ...names]
  const { child, seen, events } = await eventsOf(NAMES, () => whileHeld('/bin/sh', args, look), EXTENDED)
  const end = [`kernelwire-live-${process.pid}`, ...names].map((name) => `/${name}`).join('')
  for (const event of [last(named(events, 'NEW_PROCESS', child.pid)).event, seen]) {
    const path = event.CGROUP_PATH!
    if (end.length < 4_000) {
      expect(path.startsWith('/') && path.endsWith(end)).toBe(true)
      expect(event.TRUNCATED).toBeUndefined()
    } else {
      expect(path.startsWith('.../') && end.endsWith(path.slice(3))).toBe(true)
      expect(event.TRUNCATED!.CGROUP_PATH).toBeGreaterThanOrEqual(end.length)
      expect(event).not.toHaveProperty('CONTAINER_ID')
    }
  }
})

test('a process that gave capabilities up has the rest', async () => {
  const { child, seen, events } = await eventsOf(
    NAMES,
    () =>
      whileHeld(
        'setpriv',
        ['--bounding-set=-all,+chown,+kill,+syslog', program('hold')],
        (pid) => statusLine(pid, 'CapEff')[0],
      ),
    EXTENDED,
  )
  // CAP_CHOWN 0, CAP_KILL 5, CAP_SYSLOG 34.
  expect(seen).toBe('0000000400000021')
  expect(last(named(events, 'NEW_PROCESS', child.pid)).event.CAPABILITIES).toBe(seen)
})

test('a directory that was removed has the path that it had', async () => {
  const folder = join(temporaryFolder(), 'gone')
  mkdirSync(folder)
  const { child, events } = await eventsOf(
    NAMES,
    () => spawn('/bin/sh', ['-c', 'rmdir "$PWD" && exec "$0"', program('exit-as-told')], { cwd: folder }),
    EXTENDED,
  )
  const images = named(events, 'NEW_PROCESS', child.pid)
  expect(images.map(({ event }) => event.CURRENT_DIRECTORY)).toEqual([folder, folder])
})

/** Where version 2 is mounted and new groups can be made. */
function cgroupRoot(): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const root = mounts.map((line) => line.split(' ')).find((fields) => fields[2] === 'cgroup2')?.[1]
  if (root === undefined) cannotRun('cgroup version 2 is not mounted')
  try {
    writeFileSync(join(root, 'cgroup.subtree_control'), '')
  } catch {
    cannotRun('no cgroup can be made')
  }
  return root
}
