import { expect, test } from 'vitest'
import { atomOf, EPOCH, inShort, only, Playback } from './playback.js'
import { block, exec, type Image, terminated } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 0 }
const IMAGE: Image = { pid: 500, execId: 7, startMs: 2_000 }
const atMs = 2_003

function environmentOf(bytes: Uint8Array, extended = false) {
  const playback = new Playback({ extended })
  const events = playback.play(...block('environment', IMAGE, bytes, 64, { atMs }), exec(IMAGE, INIT, { atMs }))
  return only('PROCESS_ENVIRONMENT', events)
}

test('the environment follows the process that it belongs to, whole and in order', () => {
  const variables = [
    'HOME=/root',
    'EMPTY=',
    'A=b=c',
    'noequals',
    ...Array.from({ length: 500 }, (_, i) => `V${i}=${i}`),
  ]
  const playback = new Playback()
  const events = playback.play(
    ...block('environment', IMAGE, terminated(variables), 64, { atMs }),
    exec(IMAGE, INIT, { atMs }),
  )
  expect(inShort(events)).toEqual(['NEW 500', 'PROCESS_ENVIRONMENT 500'])
  expect(events[1]).toMatchObject({ routing: { event_time: EPOCH + atMs, parent: atomOf(IMAGE) } })
  expect(events[1]!.event).toEqual({ PROCESS_ID: 500, ENVIRONMENT_VARIABLES: variables })
})

test('a process with an empty environment has no event of it', () => {
  expect(environmentOf(new Uint8Array())).toEqual([])
})

test('an environment with a lost piece is dropped whole, and counted', () => {
  const playback = new Playback()
  const pieces = block('environment', IMAGE, terminated(['A='.padEnd(300, 'x')]), 64)
  const events = playback.play(...pieces.filter((_, index) => index !== 0), exec(IMAGE, INIT))
  expect(inShort(events)).toEqual(['NEW 500'])
  const { read, dropped, delivered } = playback.stream.accounts
  expect([read[5], dropped[5], delivered[5]]).toEqual([pieces.length - 1, pieces.length - 1, 0])
})

test('variables that are no UTF-8 are beside the text as they were, when asked for', () => {
  const bytes = Buffer.from('A=\xff\0B=b\0', 'latin1')
  const [event] = environmentOf(bytes, true)
  expect(event!.event).toEqual({
    PROCESS_ID: 500,
    ENVIRONMENT_VARIABLES: ['A=\ufffd', 'B=b'],
    SEQUENCE: 2,
    RAW_BYTES: { ENVIRONMENT_VARIABLES: bytes.toString('base64') },
  })
})
