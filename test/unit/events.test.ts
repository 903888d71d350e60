import { readFileSync } from 'node:fs'
import ts from 'typescript'
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

test('the names and types of the events load no other module, so that importing kernelwire stays cheap', () => {
  const source = readFileSync(new URL('../../lib/events/index.ts', import.meta.url), 'utf8')
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
  })
  expect(outputText).toContain('EVENT_NAMES')
  expect(outputText).not.toMatch(/^\s*(?:import|export .* from)\b/m)
})
