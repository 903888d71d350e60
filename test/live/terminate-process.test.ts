import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { expect, test } from 'vitest'
import type { TerminateProcess } from '../../lib/events/index.js'
import { only } from './expected.js'
import { program } from './programs.js'
import { eventsOf, named } from './sensor.js'

const EXTENDED = { extended: true }
const NAMES = ['NEW_PROCESS', 'TERMINATE_PROCESS'] as const

/** The end of a program, what `extended` adds to it, and how the kernel told its parent of it. */
async function endOf(name: string, args: readonly string[]) {
  const { child, events } = await eventsOf(NAMES, () => spawn(program(name), args), EXTENDED)
  const { event } = only(named(events, 'TERMINATE_PROCESS', child.pid))
  return {
    how: howOf(event),
    told: child.signalCode === null ? { EXIT_CODE: child.exitCode } : signal(child.signalCode),
  }
}

function howOf({ EXIT_CODE, SIGNAL }: TerminateProcess['event']) {
  return { ...(EXIT_CODE !== undefined && { EXIT_CODE }), ...(SIGNAL !== undefined && { SIGNAL }) }
}

function signal(name: NodeJS.Signals) {
  return { SIGNAL: constants.signals[name] }
}

test('the end of a process is one event, about the image that it had', async () => {
  const { child, events } = await eventsOf(NAMES, () => spawn(program('exit-as-told'), ['exit', '7']), EXTENDED)
  const started = only(named(events, 'NEW_PROCESS', child.pid))
  const record = only(named(events, 'TERMINATE_PROCESS', child.pid))
  expect(record.routing).toEqual({
    ...started.routing,
    event_type: 'TERMINATE_PROCESS',
    event_time: record.event.TIMESTAMP,
    event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    this: expect.stringMatching(/^[0-9a-f]{32}$/),
    parent: started.routing.this,
  })
  // What an extended event adds stands behind the rest.
  expect(Object.entries(record.event)).toEqual([
    ['PARENT_PROCESS_ID', process.pid],
    ['TIMESTAMP', record.routing.event_time],
    ['PROCESS_ID', child.pid],
    ['EXIT_CODE', 7],
    ['SEQUENCE', expect.any(Number)],
  ])
  expect(record.routing.this).not.toBe(started.routing.this)
  expect(record.routing.event_id).not.toBe(started.routing.event_id)
  expect(record.routing.event_time).toBeGreaterThanOrEqual(started.routing.event_time)
  expect(events.indexOf(record)).toBeGreaterThan(events.indexOf(started))
})

test('a process whose leader leaves first terminates once, when its last thread ends', async () => {
  const { child, events } = await eventsOf(NAMES, () => spawn(program('leader-leaves-first')), EXTENDED)
  const started = only(named(events, 'NEW_PROCESS', child.pid))
  const ended = only(named(events, 'TERMINATE_PROCESS', child.pid))
  expect(ended.routing.parent).toBe(started.routing.this)
  expect(ended.event).toEqual({
    PARENT_PROCESS_ID: process.pid,
    TIMESTAMP: ended.routing.event_time,
    PROCESS_ID: child.pid,
    EXIT_CODE: 7,
    SEQUENCE: expect.any(Number),
  })
})

test.each(['0', '1', '7', '255'])('a program that ends with status %s has that one', async (status) => {
  const { how, told } = await endOf('exit-as-told', ['exit', status])
  expect(how).toEqual({ EXIT_CODE: Number(status) })
  expect(how).toEqual(told)
})

test.each(['SIGHUP', 'SIGKILL', 'SIGSEGV', 'SIGTERM'] as const)(
  'a program that %s ends has that signal',
  async (name) => {
    const { how, told } = await endOf('exit-as-told', ['signal', `${constants.signals[name]}`])
    expect(how).toEqual(signal(name))
    expect(how).toEqual(told)
  },
)

test.each(['SIGKILL', 'SIGTERM', 'SIGABRT'] as const)('so it has when it has several threads: %s', async (name) => {
  const { how, told } = await endOf('kill-by-threads', [`${constants.signals[name]}`])
  expect(how).toEqual(signal(name))
  expect(how).toEqual(told)
})

test.each([
  ['the last thread ends with another status than the leader did', ['5', '6']],
  ['only the leader ended with a status', ['5', '0']],
  ['a thread ends the process', ['5', '6', 'group']],
  ['a thread ends the process with status 0', ['5', '0', 'group']],
])('an end is what the parent is told of it, also when %s', async (_, args) => {
  // Which of the two statuses that is depends on the kernel's version.
  const { how, told } = await endOf('end-by-threads', args)
  expect(how).toEqual(told)
})
