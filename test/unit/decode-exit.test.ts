import { expect, test } from 'vitest'
import { atomOf, EPOCH, only, Playback } from './playback.js'
import { exec, exit, type Image } from './record-bytes.js'

const IMAGE: Image = { pid: 500, execId: 7, startMs: 2_000 }
const started = exec(IMAGE, { pid: 1, execId: 1, startMs: 0 })

function endOf(code: number, extended = true) {
  const playback = new Playback({ extended })
  playback.play(started)
  const [end] = only('TERMINATE_PROCESS', playback.play(exit(IMAGE, { code, atMs: 9_000.5, parentPid: 77 })))
  return end!
}

test('an end names the image that was there, and says nothing else of it', () => {
  const { routing, event } = endOf(0, false)
  expect(routing).toMatchObject({ event_time: EPOCH + 9_000, parent: atomOf(IMAGE) })
  expect(routing.this).not.toBe(atomOf(IMAGE))
  expect(event).toEqual({ PROCESS_ID: 500, PARENT_PROCESS_ID: 77, TIMESTAMP: EPOCH + 9_000 })
})

test.each([
  ['that returned has an exit status', 0, { EXIT_CODE: 0 }],
  ['that failed has an exit status', 255 << 8, { EXIT_CODE: 255 }],
  ['that was killed has a signal', 9, { SIGNAL: 9 }],
  ['that dumped its core has a signal', 0x80 | 11, { SIGNAL: 11 }],
  ['with a real-time signal has that one', 64, { SIGNAL: 64 }],
])('a process %s', (_, code, told) => {
  expect(endOf(code).event).toEqual({
    PROCESS_ID: 500,
    PARENT_PROCESS_ID: 77,
    TIMESTAMP: EPOCH + 9_000,
    SEQUENCE: 2,
    ...told,
  })
})
