import { expect, test } from 'vitest'
import { atomOf, EPOCH, inShort, only, Playback } from './playback.js'
import { exec, exit, fork, type Image } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 1, startMs: 0 }
const IMAGE: Image = { pid: 500, execId: 7, startMs: 2_000 }

test('a process of which only the end was seen is announced by it, with what the end tells', () => {
  const events = new Playback().play(exit(IMAGE, { atMs: 4_000, parentPid: 77 }))
  expect(inShort(events)).toEqual(['EXISTING 500', 'TERMINATE 500'])
  expect(events[0]!.routing).toMatchObject({ this: atomOf(IMAGE), event_time: EPOCH + 4_000 })
  expect(events[0]!.event).toEqual({
    PROCESS_ID: 500,
    PARENT_PROCESS_ID: 77,
    CREATION_TIME: EPOCH + 2_000,
    TIMESTAMP: EPOCH + 4_000,
  })
  expect(events[1]!.routing.parent).toBe(atomOf(IMAGE))
})

test('two threads that leave at once end their process once', () => {
  const playback = new Playback()
  const events = playback.play(exec(IMAGE, INIT), exit(IMAGE, { atMs: 4_000 }), exit(IMAGE, { atMs: 4_000, cpu: 1 }))
  expect(inShort(events)).toEqual(['NEW 500', 'TERMINATE 500'])
  expect(playback.stream.accounts.folded[3]).toBe(1)
})

test('also when nothing but the end was seen', () => {
  const playback = new Playback()
  expect(inShort(playback.play(exit(IMAGE), exit(IMAGE)))).toEqual(['EXISTING 500', 'TERMINATE 500'])
})

test('a number may be given to one process after the other', () => {
  const generations = [0, 1, 2].map((n) => ({ ...IMAGE, startMs: 2_000 + n * 10 }))
  const records = generations.flatMap((image) => [
    fork(image, INIT),
    exec({ ...image, execId: 8 }, INIT, { atMs: image.startMs + 1 }),
    exit({ ...image, execId: 8 }, { atMs: image.startMs + 2 }),
  ])
  const events = new Playback().play(...records)
  expect(inShort(events)).toEqual(generations.flatMap(() => ['NEW 500', 'TERMINATE 500']))
  const atoms = generations.map((image) => atomOf({ ...image, execId: 8 }))
  expect(only('TERMINATE_PROCESS', events).map(({ routing }) => routing.parent)).toEqual(atoms)
})

test('the end of the process that had the number before is not that of the one that has it now', () => {
  const playback = new Playback()
  const now = { ...IMAGE, startMs: 8_000 }
  const events = playback.play(exec(now, INIT), exit(IMAGE, { atMs: 8_001 }))
  expect(inShort(events)).toEqual(['NEW 500', 'EXISTING 500', 'TERMINATE 500'])
  expect(playback.stream.processes.ofPid(500)?.atom).toBe(atomOf(now))
})

test('an end behind a lost exec is that of the image that the exec made, and the process is gone', () => {
  const playback = new Playback()
  playback.play(exec(INIT, INIT), exec(IMAGE, INIT, { path: '/bin/sh' }))
  const lost = { ...IMAGE, execId: 8 }
  const events = playback.play(exit(lost, { atMs: 5_000, parentPid: 1 }))
  expect(inShort(events)).toEqual(['EXISTING 500', 'TERMINATE 500'])
  expect(events[0]!.routing).toMatchObject({ this: atomOf(lost), parent: atomOf(INIT) })
  expect(events[0]!.event).not.toHaveProperty('FILE_PATH')
  expect(playback.stream.processes.ofPid(500)).toBeUndefined()
})

test('a fork that still waits when a lost exec shows comes first', () => {
  const playback = new Playback()
  const events = [
    ...playback.play(fork(IMAGE, INIT), exit({ ...IMAGE, execId: 8 }, { atMs: 2_010 })),
    ...playback.finish(),
  ]
  expect(inShort(events)).toEqual(['NEW 500', 'EXISTING 500', 'TERMINATE 500'])
  expect(playback.stream.processes.size).toBe(0)
})

test('the table keeps no ancestors alive for the sake of their descendants', () => {
  const playback = new Playback()
  const line = Array.from({ length: 10 }, (_, n) => ({ pid: 600 + n, execId: 2, startMs: 2_000 + n }))
  playback.play(...line.map((image, n) => fork(image, line[n - 1] ?? INIT)))
  playback.finish()
  for (const image of playback.stream.processes.images()) expect(image.parent).toBeUndefined()
})

test('ends are remembered for a while only', () => {
  const playback = new Playback()
  playback.play(exec(IMAGE, INIT), exit(IMAGE))
  const [low, high] = [2_000 * 1e6, 0]
  expect(playback.stream.processes.hasEnded(500, low, high)).toBe(true)
  playback.play(...Array.from({ length: 5_000 }, (_, n) => exit({ pid: 1_000 + n, execId: 1, startMs: 3_000 })))
  expect(playback.stream.processes.hasEnded(500, low, high)).toBe(false)
})

test('the table forgets those that ended', () => {
  const playback = new Playback()
  for (let n = 0; n < 3_000; n++) {
    const image: Image = { pid: 1_000 + n, execId: 2, startMs: 2_000 + n }
    playback.play(fork(image, INIT), exit(image))
  }
  playback.tick(20_000)
  expect(playback.stream.processes.size).toBe(0)
  expect(playback.stream.processes.oldestPendingMs).toBeUndefined()
})
