import { expect, test } from 'vitest'
import { DEFAULT_EVENTS, EVENT_NAMES, isEvent, isEventName, SUPPORTED_ON_LINUX } from '../../lib/events/index.js'
import { newProcess, terminateProcess } from './records.js'

test('there are the thirteen documented events, and the one that tells a loss', () => {
  expect([...EVENT_NAMES].sort()).toEqual([
    'CODE_IDENTITY',
    'EXISTING_PROCESS',
    'LOSS_ACCOUNTING',
    'MODULE_LOAD',
    'NEW_NAMED_PIPE',
    'NEW_PROCESS',
    'NEW_REMOTE_THREAD',
    'ONGOING_IDENTITY',
    'OPEN_NAMED_PIPE',
    'PROCESS_ENVIRONMENT',
    'REMOTE_PROCESS_HANDLE',
    'SENSITIVE_PROCESS_ACCESS',
    'TERMINATE_PROCESS',
    'THREAD_INJECTION',
  ])
})

test('every default event can be produced', () => {
  expect(SUPPORTED_ON_LINUX).toEqual(expect.arrayContaining([...DEFAULT_EVENTS]))
})

test('a record is recognised by its name and by nothing else', () => {
  expect(isEvent(newProcess(), 'NEW_PROCESS')).toBe(true)
  expect(
    isEvent(terminateProcess() as ReturnType<typeof newProcess> | ReturnType<typeof terminateProcess>, 'NEW_PROCESS'),
  ).toBe(false)
})

test('names are exact', () => {
  expect(isEventName('NEW_PROCESS')).toBe(true)
  expect(isEventName('new_process')).toBe(false)
  expect(isEventName('toString')).toBe(false)
})
