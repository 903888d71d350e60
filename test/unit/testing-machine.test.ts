/** A scripted machine tells of itself what a sensor would. */
import { Compile, Errors } from 'typebox/schema'
import { expect, test } from 'vitest'
import { EVENT_NAMES, type EventRecord } from '../../lib/events/index.js'
import { schemaOf } from '../../lib/events/schemas.js'
import { type MachineOptions, ScriptedMachine } from '../../lib/testing/index.js'
import { expectCausalOrder, expectEachOnce } from './invariants.js'
import { inShort, only } from './playback.js'

const validators = Object.fromEntries(EVENT_NAMES.map((name) => [name, Compile(schemaOf(name))]))

function expectSound(events: readonly EventRecord[]): void {
  for (const record of events) {
    const name = record.routing.event_type
    if (!validators[name]!.Check(record)) expect({ record, why: Errors(schemaOf(name), record)[1] }).toBeUndefined()
  }
  expectCausalOrder(events)
  expectEachOnce(events)
  expect(new Set(events.map(({ routing }) => routing.event_id)).size).toBe(events.length)
}

function shellFromServer(options: MachineOptions = {}): EventRecord[] {
  const machine = new ScriptedMachine(options)
  const init = machine.runs('/sbin/init', { pid: 1 })
  const nginx = machine.runs('/usr/sbin/nginx', { userId: 33, userName: 'www-data' }, init)
  const worker = nginx.forks()
  machine.passes(20)
  const shell = worker.starts('/bin/sh', { arguments: ['sh', '-c', 'id'] }).hasEnvironment('A=1', 'B=2')
  shell.loads('/usr/lib/libc.so.6').createsPipe('/tmp/p')
  shell.executes('/usr/bin/id').ends(1)
  worker.ends(0, 9)
  return machine.takeEvents()
}

test('a tree of processes, as a sensor tells it', () => {
  const events = shellFromServer()
  expectSound(events)
  expect(inShort(events)).toEqual(
    [
      'EXISTING 1',
      'EXISTING 1000',
      'NEW 1001',
      'NEW 1002',
      'ENVIRONMENT 1002',
      'MODULE_LOAD 1002',
      'NEW_NAMED_PIPE 1002',
      'NEW 1002',
      'TERMINATE 1002',
      'TERMINATE 1001',
    ].map((line) => line.replace('ENVIRONMENT', 'PROCESS_ENVIRONMENT')),
  )
  const [, nginx, worker, shell, , module, , id, end] = events
  expect(worker!.event).toMatchObject({ FILE_PATH: '/usr/sbin/nginx', USER_ID: 33, PARENT_PROCESS_ID: 1_000 })
  expect(worker!.routing.parent).toBe(nginx!.routing.this)
  expect(shell!.event).toMatchObject({ COMMAND_LINE: 'sh -c id', USER_NAME: 'www-data' })
  expect(shell!.routing.event_time).toBe(worker!.routing.event_time + 20)
  expect(module!.routing.parent).toBe(shell!.routing.this)
  expect(id!.routing.parent).toBe(shell!.routing.parent)
  expect(end!.routing.parent).toBe(id!.routing.this)
})

test('extensions where they are asked for', () => {
  const events = shellFromServer({ extended: true })
  expectSound(events)
  expect(events.map(({ event }) => event.SEQUENCE)).toEqual(events.map((_, i) => i + 1))
  expect(only('TERMINATE_PROCESS', events).map(({ event }) => [event.EXIT_CODE, event.SIGNAL])).toEqual([
    [1, undefined],
    [undefined, 9],
  ])
})

test('the same script gives the same events, another seed other ids', () => {
  expect(shellFromServer()).toEqual(shellFromServer())
  const ids = (seed: string) => shellFromServer({ seed }).map(({ routing }) => routing.this)
  expect(new Set([...ids('one'), ...ids('two')]).size).toBe(2 * shellFromServer().length)
})

test('the correlation finds what it would find live', () => {
  const machine = new ScriptedMachine({ correlation: { sensitive: [{ path: '/usr/bin/keeper' }] } })
  const [thief, keeper] = [machine.runs('/tmp/thief'), machine.runs('/usr/bin/keeper')]
  thief.opens(keeper).startsThreadIn(keeper)
  const events = machine.takeEvents()
  expectSound(events)
  const found = events.slice(2).map(({ routing }) => routing.event_type)
  expect(found.toSorted()).toEqual([
    'NEW_REMOTE_THREAD',
    'REMOTE_PROCESS_HANDLE',
    'SENSITIVE_PROCESS_ACCESS',
    'SENSITIVE_PROCESS_ACCESS',
    'THREAD_INJECTION',
  ])
  const [injection] = only('THREAD_INJECTION', events)
  expect(injection!.routing).toMatchObject({ parent: thief.atom, target: keeper.atom })
})

test('a number can be used again, and is another process then', () => {
  const machine = new ScriptedMachine()
  const shell = machine.runs('/bin/sh')
  const first = shell.starts('/bin/ls', { pid: 50 })
  expect(() => shell.starts('/bin/ls', { pid: 50 })).toThrow('number 50 runs')
  first.ends()
  const second = shell.starts('/bin/ls', { pid: 50 })
  expect(second.atom).not.toBe(first.atom)
  expectSound(machine.takeEvents())
})

test('a script that cannot be is refused', () => {
  const machine = new ScriptedMachine()
  const shell = machine.runs('/bin/sh')
  shell.ends()
  expect(() => shell.starts('/bin/ls')).toThrow('has ended')
  expect(() => machine.passes(-1)).toThrow('whole milliseconds')
  expect(() => machine.runs('/bin/sh', { pid: 0 })).toThrow('"pid"')
  expect(() => new ScriptedMachine({ beganMs: Number.NaN })).toThrow('"beganMs"')
})
