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

test('ordinary text of any language stays readable', () => {
  const text = JSON.stringify({ COMMAND_LINE: 'grüße 漢字 עברית 🙂 \\ "' })
  expect(escapeForTerminal(text)).toBe(text)
})

test('a writer waits until a slow reader has taken what was written', async () => {
  const taken: (() => void)[] = []
  const slow = new Writable({ write: (_chunk, _encoding, done) => void taken.push(done) })
  let isWritten = false
  const written = new Writer(slow).write('text').then(() => {
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
    new Writer(new Writable({ write: (_c, _e, done) => done(Object.assign(new Error(code), { code })) }))
  await expect(failing('EPIPE').write('x')).rejects.toBeInstanceOf(ReaderGone)
  await expect(failing('ENOSPC').write('x')).rejects.toThrow('ENOSPC')
})

test('a reader that went away between two writes is noticed at the second one', async () => {
  const stream = new PassThrough()
  const writer = new Writer(stream)
  stream.resume()
  await writer.write('x')
  stream.destroy(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }))
  await new Promise((resolve) => setImmediate(resolve))
  await expect(writer.write('y')).rejects.toBeInstanceOf(ReaderGone)
})
