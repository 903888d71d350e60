import { spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { NewProcess } from '../../lib/events/index.js'
import { execBytes } from './bytes.js'
import { documented, last, only, startedHere } from './expected.js'
import { numberAfter, whileHeld } from './held.js'
import { program } from './programs.js'
import { ended, eventsOf, named } from './sensor.js'
import { temporaryFolder } from './temporary.js'

const NAMES = ['NEW_PROCESS', 'TERMINATE_PROCESS'] as const
const EXTENDED = { extended: true }
const TRUE = '/bin/true'

/** fork-exec, whose child waits so long before it executes a program, to a sensor with the default window. */
async function execAfter(ms: number) {
  const file = program('exit-as-told')
  const { parent, pid, events } = await eventsOf(
    NAMES,
    async () => {
      const child = spawn(program('fork-exec'), [`${ms}`, file, 'argv0'])
      const { output } = await ended(child)
      return { parent: child.pid!, pid: numberAfter(output, 'forked') }
    },
    { ...EXTENDED, forkWindowMs: 100 },
  )
  return {
    file,
    pid,
    parent: last(named(events, 'NEW_PROCESS', parent)),
    images: named(events, 'NEW_PROCESS', pid),
    end: only(named(events, 'TERMINATE_PROCESS', pid)),
  }
}

test('an exec 10 ms after its fork is one event with it', { retry: 5 }, async () => {
  // A busy machine may take more than 100 ms where it was told 10: hence the retries.
  const { file, pid, parent, images, end } = await execAfter(10)
  const record = only(images)
  expect(documented(record.event)).toEqual(
    startedHere(record, {
      PROCESS_ID: pid,
      PARENT_PROCESS_ID: parent.event.PROCESS_ID,
      FILE_PATH: file,
      COMMAND_LINE: 'argv0',
    }),
  )
  expect(record.event.PREVIOUS_ATOM).toBeUndefined()
  expect(record.routing.parent).toBe(parent.routing.this)
  expect(end.routing.parent).toBe(record.routing.this)
})

test('an exec 300 ms after its fork is a second image of the process', async () => {
  const { file, pid, parent, images, end } = await execAfter(300)
  expect(images).toHaveLength(2)
  const [forked, executed] = images as [NewProcess, NewProcess]

  const family = { PROCESS_ID: pid, PARENT_PROCESS_ID: parent.event.PROCESS_ID }
  const { FILE_PATH, COMMAND_LINE, BASE_ADDRESS } = parent.event
  expect(documented(forked.event)).toEqual(startedHere(forked, { ...family, FILE_PATH, COMMAND_LINE, BASE_ADDRESS }))
  expect(documented(executed.event)).toEqual(
    startedHere(executed, { ...family, FILE_PATH: file, COMMAND_LINE: 'argv0' }),
  )
  // Both times are rounded down.
  expect(executed.event.TIMESTAMP - forked.event.TIMESTAMP).toBeGreaterThanOrEqual(299)

  expect(forked.routing.this).not.toBe(executed.routing.this)
  expect(images.map(({ event }) => event.PREVIOUS_ATOM)).toEqual([undefined, forked.routing.this])
  expect(images.map(({ routing }) => routing.parent)).toEqual(Array(2).fill(parent.routing.this))
  expect(end.routing.parent).toBe(executed.routing.this)
})

test('a process that executes one program after the other has an image of each', async () => {
  const second = execBytes(TRUE, ['third'])
  const first = execBytes(second[0], ['second', ...second[1]])
  const { child, events } = await eventsOf(NAMES, () => spawn(...first), EXTENDED)

  const images = named(events, 'NEW_PROCESS', child.pid)
  expect(images.map(({ event }) => event.ARGUMENTS![0])).toEqual([first[0], 'second', 'third'])
  expect(images.map(({ event }) => event.PREVIOUS_ATOM)).toEqual([
    undefined,
    images[0]!.routing.this,
    images[1]!.routing.this,
  ])
  expect(new Set(images.map(({ routing }) => routing.this)).size).toBe(3)
  expect(new Set(images.map(({ routing }) => routing.parent)).size).toBe(1)
  expect(only(named(events, 'TERMINATE_PROCESS', child.pid)).routing.parent).toBe(images[2]!.routing.this)
})

test.each(['fork', 'vfork', 'clone'])('a %s without exec has the image of its creator', async (how) => {
  const { creator, pid, events } = await eventsOf(
    NAMES,
    async () => {
      const child = spawn(program('fork-only'), [how])
      const { output } = await ended(child)
      return { creator: child.pid!, pid: numberAfter(output, 'forked') }
    },
    EXTENDED,
  )

  const parent = only(named(events, 'NEW_PROCESS', creator))
  const record = only(named(events, 'NEW_PROCESS', pid))
  const { FILE_PATH, COMMAND_LINE, BASE_ADDRESS } = parent.event
  const { PARENT, ...own } = documented(parent.event)
  expect(documented(record.event)).toEqual(
    startedHere(record, {
      PROCESS_ID: pid,
      PARENT_PROCESS_ID: creator,
      FILE_PATH,
      COMMAND_LINE,
      BASE_ADDRESS,
      PARENT: { ...own, THIS_ATOM: parent.routing.this, PARENT_ATOM: PARENT!.THIS_ATOM },
    }),
  )
  expect(record.routing.parent).toBe(parent.routing.this)

  const end = only(named(events, 'TERMINATE_PROCESS', pid))
  expect(end.routing.parent).toBe(record.routing.this)
  expect(events.indexOf(end)).toBeGreaterThan(events.indexOf(record))
})

test('an exec from a thread that is not the leader keeps the process, and ends nothing', async () => {
  const args = [program('hold'), 'argv0']
  const { child, seen, events } = await eventsOf(
    NAMES,
    () => whileHeld(program('exec-from-thread'), args, (pid) => pid),
    EXTENDED,
  )

  expect(seen).toBe(child.pid)
  const images = named(events, 'NEW_PROCESS', child.pid)
  expect(images).toHaveLength(2)
  expect(documented(images[1]!.event)).toEqual(
    startedHere(images[1]!, { PROCESS_ID: child.pid, FILE_PATH: program('hold'), COMMAND_LINE: 'argv0' }),
  )
  const end = only(named(events, 'TERMINATE_PROCESS', child.pid))
  expect(end.routing.parent).toBe(images[1]!.routing.this)
  expect(events.indexOf(end)).toBeGreaterThan(events.indexOf(images[1]!))
})

test.each([
  ['there is no such file', () => '/nowhere/to/be/found'],
  ['the file is no program', brokenProgram],
])('an exec that fails changes nothing: %s', async (_, path) => {
  const [file, args] = execBytes(path(), ['name'])
  const { child, events } = await eventsOf(
    NAMES,
    () => spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] }),
    EXTENDED,
  )
  expect(child.exitCode).toBe(127)
  expect(only(named(events, 'NEW_PROCESS', child.pid)).event.FILE_PATH).toBe(file)
})

function brokenProgram(): string {
  const file = join(temporaryFolder(), 'broken')
  writeFileSync(file, '\x7fELF\x02\x01\x01 and nothing else')
  chmodSync(file, 0o755)
  return file
}
