import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { blockOf, execBytes, NO_UTF8, textOf } from './bytes.js'
import { documented, last, only, startedHere } from './expected.js'
import { program } from './programs.js'
import { eventsOf, named } from './sensor.js'

const NAMES = ['NEW_PROCESS'] as const
const EXTENDED = { extended: true }
const TRUE = '/bin/true'

/** exit-as-told ignores all but its first two arguments. */
test.each([
  ['one argument of 100 KB arrives whole', ['x'.repeat(100_000)]],
  ['4,000 arguments arrive, all of them and in their order', Array.from({ length: 4_000 }, (_, i) => `argument-${i}`)],
  ['an empty last argument leaves its separator', ['a', '']],
  ['empty arguments in between leave theirs', ['', '', 'b']],
  ['newlines, tabs, escape characters and quotes arrive as they are', ['a\nb\r', '\t', '\x1b[31mred\x7f', '"\'\\$ *']],
  ['text beyond ASCII arrives as it is', ['é', '日本語', '👩‍🚀', '\ufffd', '\u202eright to left']],
])('%s', async (_, given) => {
  const file = program('exit-as-told')
  const args = ['exit', '0', ...given]
  const { child, events } = await eventsOf(NAMES, () => spawn(file, args), EXTENDED)
  const record = only(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, { PROCESS_ID: child.pid, FILE_PATH: file, COMMAND_LINE: [file, ...args].join(' ') }),
  )
  expect(record.event.ARGUMENTS).toEqual([file, ...args])
  expect(record.event).not.toHaveProperty('RAW_BYTES')
})

test('6 MB of arguments, all that the kernel allows, arrive whole', async () => {
  const file = program('exit-as-told')
  const count = 60
  const { child, events } = await eventsOf(
    NAMES,
    () => spawn(program('exec-large'), [`${count}`, '100000', file]),
    EXTENDED,
  )
  const { event } = last(named(events, 'NEW_PROCESS', child.pid))
  const args = Array.from({ length: count }, (_, i) => 'abcdefghijklmnopqrstuvwxyz'[(i + 1) % 26]!.repeat(100_000))
  expect(event.FILE_PATH).toBe(file)
  expect(event.COMMAND_LINE === [file, ...args].join(' ')).toBe(true)
  expect(event.TRUNCATED).toBeUndefined()
})

test('a program that was given no argument at all has the empty name that the kernel gives it', async () => {
  const [file, args] = execBytes(TRUE, [])
  const { child, events } = await eventsOf(NAMES, () => spawn(file, args), EXTENDED)
  const { event } = last(named(events, 'NEW_PROCESS', child.pid))
  expect(event).toMatchObject({ COMMAND_LINE: '', ARGUMENTS: [''] })
})

test('bytes that are no UTF-8 become U+FFFD, and the exact ones stand beside them in an extended event', async () => {
  const words = ['true', NO_UTF8, Buffer.of(0xff), 'plain']
  const [file, args] = execBytes(TRUE, words)
  const { child, events } = await eventsOf(NAMES, () => spawn(file, args), EXTENDED)
  const { event } = last(named(events, 'NEW_PROCESS', child.pid))
  expect(event.COMMAND_LINE).toBe(words.map(textOf).join(' '))
  expect(event.ARGUMENTS).toEqual(words.map(textOf))
  expect(event.RAW_BYTES).toEqual({ COMMAND_LINE: blockOf(words).toString('base64') })
})

test('so they do where the arguments are longer than one record', async () => {
  // exec-bytes is told each byte in two digits, and no argument may have more than 128 KiB (MAX_ARG_STRLEN).
  const words = ['true', NO_UTF8, 'x'.repeat(60_000), Buffer.of(0xc3)]
  const [file, args] = execBytes(TRUE, words)
  const { child, events } = await eventsOf(NAMES, () => spawn(file, args), EXTENDED)
  const { event } = last(named(events, 'NEW_PROCESS', child.pid))
  expect(event.ARGUMENTS).toEqual(words.map(textOf))
  expect(event.RAW_BYTES).toEqual({ COMMAND_LINE: blockOf(words).toString('base64') })
})
