import { expect, test } from 'vitest'
import { exitStatus, KernelwireError } from '../../lib/errors.js'
import { nearest } from '../../lib/nearest.js'
import { type SensorOptions, validate } from '../../lib/options.js'

const refused = (options: object): KernelwireError => {
  try {
    validate(options as SensorOptions)
  } catch (error) {
    if (error instanceof KernelwireError) return error
    throw error
  }
  throw new Error('accepted')
}

test('without options, the process life cycle is watched through a ring of 16 MiB', () => {
  expect(validate()).toEqual({
    events: new Set(['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS', 'CODE_IDENTITY', 'LOSS_ACCOUNTING']),
    ringBytes: 16 * 1024 * 1024,
    extended: false,
    allAccess: false,
    forkWindowMs: 100,
    hashLimitBytes: 256 * 1024 * 1024,
    hashBytesPerSecond: 128 * 1024 * 1024,
    hashRemote: false,
    envelope: {},
    filter: undefined,
    correlation: {},
    onBatch: undefined,
    on: undefined,
    onRecord: undefined,
    record: undefined,
    signal: undefined,
  })
})

test('a loss is told, asked for or not', () => {
  expect(validate({ events: ['PROCESS_ENVIRONMENT'] }).events).toEqual(
    new Set(['PROCESS_ENVIRONMENT', 'LOSS_ACCOUNTING']),
  )
})

test('an option set to undefined is an option left out', () => {
  expect(validate({ events: undefined, ringBytes: undefined, extended: undefined, signal: undefined })).toEqual(
    validate(),
  )
})

test.each([
  [65_536, 65_536],
  [65_537, 131_072],
  [3 * 1024 * 1024, 4 * 1024 * 1024],
  [1024 ** 3, 1024 ** 3],
])('a ring of %i bytes becomes one of %i', (asked, got) => {
  expect(validate({ ringBytes: asked }).ringBytes).toBe(got)
})

test.each([
  [{ event: ['NEW_PROCESS'] }, 'ERR_OPTION', 'no option is called "event"; did you mean events?'],
  [{ ringSize: 1 }, 'ERR_OPTION', 'no option is called "ringSize"; did you mean ringBytes?'],
  [{ events: ['NEW_PROCES'] }, 'ERR_UNKNOWN_EVENT', 'no event is called "NEW_PROCES"; did you mean NEW_PROCESS?'],
  [{ events: ['new_process'] }, 'ERR_UNKNOWN_EVENT', 'no event is called "new_process"; did you mean NEW_PROCESS?'],
  [
    { events: ['zzz'] },
    'ERR_UNKNOWN_EVENT',
    /^no event is called "zzz"; the choice is NEW_PROCESS, .*LOSS_ACCOUNTING$/,
  ],
  [{ events: [] }, 'ERR_OPTION', /"events" is empty/],
  [{ events: 'NEW_PROCESS' }, 'ERR_OPTION', /must be an array/],
  [{ ringBytes: 4096 }, 'ERR_OPTION', /from 65536 \(64 KiB\) to 1073741824 \(1 GiB\), not 4096$/],
  [{ ringBytes: 2 ** 31 }, 'ERR_OPTION', /"ringBytes"/],
  [{ ringBytes: '16MiB' }, 'ERR_OPTION', /"ringBytes" .* not "16MiB"$/],
  [{ ringBytes: Number.NaN }, 'ERR_OPTION', /"ringBytes"/],
  [{ extended: 1 }, 'ERR_OPTION', '"extended" must be true or false, not 1'],
  [{ forkWindowMs: -1 }, 'ERR_OPTION', /"forkWindowMs"/],
  [{ hashLimitBytes: -1 }, 'ERR_OPTION', /"hashLimitBytes"/],
  [{ hashLimitBytes: 2 ** 41 }, 'ERR_OPTION', /"hashLimitBytes"/],
  [{ hashBytesPerSecond: 0 }, 'ERR_OPTION', /"hashBytesPerSecond"/],
  [{ hashBytesPerSecond: 2 ** 41 }, 'ERR_OPTION', /"hashBytesPerSecond"/],
  [{ onBatch: {} }, 'ERR_OPTION', /"onBatch" must be a function/],
  [{ signal: {} }, 'ERR_OPTION', /"signal" must be the signal of an AbortController/],
  [{ envelope: { odi: '' } }, 'ERR_OPTION', 'no option of "envelope" is called "odi"; did you mean oid?'],
])('%j is refused with a sentence that says what to write instead', (options, code, message) => {
  expect(refused(options)).toMatchObject({
    name: 'KernelwireError',
    code,
    message: message instanceof RegExp ? expect.stringMatching(message) : message,
  })
})

test.each([
  ['ERR_OPTION', 2],
  ['ERR_UNKNOWN_EVENT', 2],
  ['ERR_PRIVILEGE', 3],
  ['ERR_PLATFORM', 4],
  ['ERR_NOTHING_ATTACHED', 4],
  ['ERR_SOURCE', 1],
] as const)('%s ends a command with status %i', (code, status) => {
  expect(exitStatus(new KernelwireError(code, 'sentence'))).toBe(status)
})

test('any other error ends a command with status 1', () => {
  expect(exitStatus(new Error('bug'))).toBe(1)
})

test('an error carries its cause and its details only when there are any', () => {
  const cause = new Error('EPERM')
  expect(new KernelwireError('ERR_KERNEL', 's', { cause, details: 'log' })).toMatchObject({ cause, details: 'log' })
  expect(Object.keys(new KernelwireError('ERR_KERNEL', 's'))).not.toContain('details')
  expect('cause' in new KernelwireError('ERR_KERNEL', 's')).toBe(false)
})

test.each([
  ['NEW_PROCES', 'NEW_PROCESS'],
  ['NEW_PROCESSES', 'NEW_PROCESS'],
  ['NEW_PRXCESS', 'NEW_PROCESS'],
  ['EW_PROCESS', 'NEW_PROCESS'],
  ['module-load', 'MODULE_LOAD'],
  ['FILE', undefined],
  ['', undefined],
])('whoever writes "%s" meant %s', (word, meant) => {
  expect(nearest(word, ['MODULE_LOAD', 'NEW_PROCESS'])).toBe(meant)
})

test('of two near names the nearer one is meant', () => {
  expect(nearest('forkWindows', ['forkWindow123', 'forkWindow1'])).toBe('forkWindow1')
})
