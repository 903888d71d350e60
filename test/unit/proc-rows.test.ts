/** Rows from /proc, where there is no task iterator: starts in ticks of 10 ms, and no exec id. */
import { expect, test } from 'vitest'
import { EPOCH, inShort, Playback } from './playback.js'
import { exec, exit, FLAG, fork, type Image, row } from './record-bytes.js'

const ATTACHED = 10_000
const TAKEN = 10_020
const INIT: Image = { pid: 1, execId: 5, startMs: 10 }

/** The process, and what /proc says of it. */
const SHELL: Image = { pid: 40, execId: 7, startMs: 5_004.2 }
const coarse = (image: Image, atMs = TAKEN) =>
  row({ ...image, execId: 0, startMs: Math.floor(image.startMs / 10) * 10 }, INIT, {
    atMs,
    flags: FLAG.coarse,
    path: '/bin/sh',
  })

function running(): Playback {
  const playback = new Playback()
  playback.takeOver([coarse(INIT), coarse(SHELL)], ATTACHED)
  return playback
}

test('a row is told with the tick of its creation', () => {
  const { events } = new Playback().takeOver([coarse(SHELL)], ATTACHED)
  expect(inShort(events)).toEqual(['EXISTING 40'])
  expect(events[0]!.event).toMatchObject({ CREATION_TIME: EPOCH + 5_000, TIMESTAMP: EPOCH + TAKEN })
})

test('a row from /proc among others has its parent, and is one', () => {
  const exact: Image = { pid: 2, execId: 3, startMs: 5_004.2 }
  const hidden: Image = { pid: 3, execId: 0, startMs: 5_000 }
  const child: Image = { pid: 4, execId: 3, startMs: 5_005 }
  const { events } = new Playback().takeOver(
    [row(child, hidden), row(hidden, exact, { atMs: TAKEN, flags: FLAG.coarse }), row(exact, INIT), coarse(INIT)],
    ATTACHED,
  )
  expect(inShort(events)).toEqual(['EXISTING 1', 'EXISTING 2', 'EXISTING 3', 'EXISTING 4'])
  const atoms = events.map(({ routing }) => routing.this)
  expect(events.map(({ routing }) => routing.parent)).toEqual([undefined, ...atoms.slice(0, -1)])
})

test('records of the same process, with exact starts, are about the same process', () => {
  const playback = running()
  const child: Image = { pid: 50, execId: 7, startMs: 20_000 }
  const events = playback.play(fork(child, SHELL), exit(child), exit(SHELL, { atMs: 21_000 }))
  expect(inShort(events)).toEqual(['NEW 50', 'TERMINATE 50', 'TERMINATE 40'])
  const shell = playback.play(exit(SHELL, { atMs: 21_000 }))
  expect(shell).toEqual([])
})

test('a process that started in another tick is another one', () => {
  const playback = running()
  expect(inShort(playback.play(exit({ ...SHELL, startMs: 5_010 }, { atMs: 21_000 })))).toEqual([
    'EXISTING 40',
    'TERMINATE 40',
  ])
})

test('a process that started after the hooks is told once, although ticks cannot tell', () => {
  const late: Image = { pid: 60, execId: 7, startMs: ATTACHED + 3.3 }
  const playback = new Playback()
  const { events } = playback.takeOver([coarse(late)], ATTACHED)
  expect(inShort(events)).toEqual(['EXISTING 60'])
  expect(playback.play(fork(late, SHELL), exec({ ...late, execId: 8 }, SHELL, { atMs: TAKEN - 1 }))).toEqual([])
  expect(inShort(playback.play(exit({ ...late, execId: 8 }, { atMs: 11_000 })))).toEqual(['TERMINATE 60'])
})

test('an exec after the row was read is a second image, and from then on everything is exact', () => {
  const playback = running()
  const after: Image = { ...SHELL, execId: 8 }
  expect(inShort(playback.play(exec(after, INIT, { atMs: TAKEN + 1 })))).toEqual(['NEW 40'])
  expect(inShort(playback.play(exit(after, { atMs: TAKEN + 2 })))).toEqual(['TERMINATE 40'])
})

test('after a loss, rows and exact images are compared by ticks', () => {
  const playback = running()
  const exact: Image = { pid: 60, execId: 7, startMs: 15_007.7 }
  const missed: Image = { pid: 61, execId: 7, startMs: 15_008 }
  playback.play(fork(exact, SHELL), exec({ ...exact, execId: 8 }, SHELL, { atMs: 15_010 }))
  const rows = [INIT, SHELL, exact, missed].map((image) => coarse(image, 20_000))
  expect(inShort(playback.reconcile(rows, 19_999))).toEqual(['EXISTING 61'])
})

test('after a loss, a process that ended meanwhile does not come back', () => {
  const playback = running()
  const brief: Image = { pid: 60, execId: 7, startMs: 20_003.3 }
  const rows = [INIT, SHELL, brief].map((image) => coarse(image, 20_010))
  const events = playback.reconcile(rows, 20_000, [
    fork(brief, SHELL),
    exit(brief, { atMs: 20_011 }),
    exit(SHELL, { atMs: 20_012 }),
  ])
  expect(inShort(events)).toEqual(['NEW 60', 'TERMINATE 60', 'TERMINATE 40'])
  expect([...playback.stream.processes.images()].map(({ pid }) => pid)).toEqual([1])
})
