import { expect, test } from 'vitest'
import { readArguments } from '../../lib/cli/arguments.js'
import { parseCount, parseDuration, parseEvents, parseSize } from '../../lib/cli/values.js'
import { SUPPORTED_HERE } from '../../lib/events/index.js'

test.each([
  ['65536', 65_536],
  ['64KiB', 65_536],
  ['64 kib', 65_536],
  ['1.5MiB', 1_572_864],
  ['16MiB', 16_777_216],
  ['1GiB', 1_073_741_824],
  ['512B', 512],
])('the size %s is %i bytes', (text, bytes) => {
  expect(parseSize('--ring-size', text)).toBe(bytes)
})

test.each(['', '16MB', '16M', '-1', '1.5', '0x10', 'MiB', '99999999999GiB'])('"%s" is no size', (text) => {
  expect(() => parseSize('--ring-size', text)).toThrow(
    expect.objectContaining({
      code: 'ERR_OPTION',
      message: `--ring-size must be a size such as 16MiB (KiB, MiB or GiB; a bare number is bytes), not "${text}"`,
    }),
  )
})

test.each([
  ['5', 5_000],
  ['5s', 5_000],
  ['0.5', 500],
  ['250ms', 250],
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['596h', 2_145_600_000],
])('the duration %s is %i ms', (text, ms) => {
  expect(parseDuration('--duration', text)).toBe(ms)
})

test.each(['', 's', '5d', '-5', '1:30', 'soon', '0', '0s', '597h'])('"%s" is no duration', (text) => {
  expect(() => parseDuration('--duration', text)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }))
})

test('a count is a whole number from 1', () => {
  expect(parseCount('--count', '1')).toBe(1)
  for (const text of ['0', '-1', '1.5', 'x', '1e3', '99999999999999999999']) {
    expect(() => parseCount('--count', text), text).toThrow('--count must be a whole number from 1')
  }
})

function without(left: string): string[] {
  return SUPPORTED_HERE.filter((name) => name !== left)
}

test.each([
  ['NEW_PROCESS', ['NEW_PROCESS']],
  ['NEW_PROCESS,TERMINATE_PROCESS', ['NEW_PROCESS', 'TERMINATE_PROCESS']],
  [' NEW_PROCESS , NEW_PROCESS ', ['NEW_PROCESS']],
  ['all', [...SUPPORTED_HERE]],
  ['all,-PROCESS_ENVIRONMENT', without('PROCESS_ENVIRONMENT')],
  ['-PROCESS_ENVIRONMENT,all', without('PROCESS_ENVIRONMENT')],
  ['all,-NEW_NAMED_PIPE', without('NEW_NAMED_PIPE')],
])('the events "%s" are %j', (text, events) => {
  expect(parseEvents('--events', text)).toEqual(events)
})

test.each([
  ['NEW_PROCES', 'ERR_UNKNOWN_EVENT', 'no event is called "NEW_PROCES"; did you mean NEW_PROCESS?'],
  ['all,-PROCESS_ENV', 'ERR_UNKNOWN_EVENT', /"PROCESS_ENV"/],
  ['-NEW_PROCESS', 'ERR_OPTION', '--events can leave out NEW_PROCESS only from all: write all,-NEW_PROCESS'],
  ['all,-LOSS_ACCOUNTING', 'ERR_OPTION', '--events cannot leave out LOSS_ACCOUNTING: a loss is always told'],
  ['NEW_PROCESS,', 'ERR_OPTION', /must be event names with commas between/],
  ['', 'ERR_OPTION', /must be event names/],
])('the events "%s" are refused', (text, code, message) => {
  expect(() => parseEvents('--events', text)).toThrow(
    expect.objectContaining({ code, message: message instanceof RegExp ? expect.stringMatching(message) : message }),
  )
})

const OPTIONS = { count: { type: 'string' }, json: { type: 'boolean' } } as const

test('options are read with or without "=", the last one of several counts', () => {
  expect(readArguments(['--count=1', 'file', '--count', '2', '--json'], OPTIONS)).toEqual({
    values: { count: '2', json: true },
    positionals: ['file'],
  })
})

test.each([
  [['--jsn'], 'no option is called "--jsn"; did you mean --json?'],
  [['-x'], /^no option is called "-x"/],
  [['--count'], '--count needs a value: write --count VALUE or --count=VALUE'],
  [['--count', '--json'], '--count needs a value: write --count VALUE or --count=VALUE'],
  [['--count='], '--count needs a value that is not empty'],
  [['--json=yes'], '--json takes no value; leave out "=yes"'],
])('%j is refused with a sentence', (args, message) => {
  expect(() => readArguments(args, OPTIONS)).toThrow(
    expect.objectContaining({
      code: 'ERR_OPTION',
      message: message instanceof RegExp ? expect.stringMatching(message) : message,
    }),
  )
})
