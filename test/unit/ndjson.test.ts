import { PassThrough, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { escapeForTerminal } from '../../lib/output/ndjson.js'
import { ReaderGone, Writer } from '../../lib/output/writer.js'
import { newProcess } from './records.js'

/** Everything that makes a terminal do something, or a reader see something else than is there. */
const OBEYED = [
  ...Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)),
  ...Array.from({ length: 0x21 }, (_, code) => String.fromCharCode(0x7f + code)),
  ...'\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069',
  ...'\u00ad\u034f\u115f\u200b\u200d\ufe0f\ufeff\ue000',
]

test.each(OBEYED.map((character) => [character.charCodeAt(0).toString(16).padStart(4, '0'), character]))(
  'U+%s reaches a terminal as an escape, and its reader as itself',
  (code, character) => {
    const record = newProcess({ COMMAND_LINE: `a${character}b` })
    const text = escapeForTerminal(JSON.stringify(record))
    expect(text).not.toContain(character)
    expect(JSON.parse(text)).toEqual(record)
    if (character.charCodeAt(0) > 0x20) expect(text).toContain(`a\\u${code}b`)
  },
)

test.each([
  ['invisible letters beyond the first plane', 'a\u{e0041}b', '"a\\udb40\\udc41b"'],
  ['an accent that would sit on the quote', '\u0301e', '"\\u0301e"'],
  ['a pile of accents', 'e\u0301\u0301\u0301\u0301', '"e\u0301\u0301\u0301\\u0301"'],
])('%s', (_, text, shown) => {
  expect(escapeForTerminal(JSON.stringify(text))).toBe(shown)
  expect(JSON.parse(shown)).toBe(text)
})

test('the line breaks between values stay', () => {
  const pretty = JSON.stringify({ a: ['\n'] }, null, 2)
  expect(escapeForTerminal(pretty)).toBe(pretty)
})

test('ordinary text of any language stays readable', () => {
  const text = JSON.stringify({ COMMAND_LINE: 'grüße 漢字 עברית 🙂 \\ "' })
  expect(escapeForTerminal(text)).toBe(text)
})

test('a writer waits until a slow reader has taken what was written', async () => {
  const taken: (() => void)[] = []
  const slow = new Writable({ write: (_chunk, _encoding, done) => void taken.push(done) })
  let isWritten = false
  const written = new Writer(slow, () => false).lines(['text']).then(() => {
    isWritten = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isWritten).toBe(false)
  taken[0]!()
  await written
  expect(isWritten).toBe(true)
})

test('a reader that went away is told apart from a disk that is full', async () => {
  const failing = (code: string) =>
    new Writer(new Writable({ write: (_c, _e, done) => done(Object.assign(new Error(code), { code })) }), () => false)
  await expect(failing('EPIPE').lines(['x'])).rejects.toBeInstanceOf(ReaderGone)
  await expect(failing('ENOSPC').lines(['x'])).rejects.toThrow('ENOSPC')
})

test('a reader that went away between two writes is noticed at the second one', async () => {
  const stream = new PassThrough()
  const writer = new Writer(stream, () => false)
  stream.resume()
  await writer.json(['x'])
  stream.destroy(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }))
  await new Promise((resolve) => setImmediate(resolve))
  await expect(writer.json(['y'])).rejects.toBeInstanceOf(ReaderGone)
})
