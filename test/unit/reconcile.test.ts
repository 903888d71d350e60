import { expect, test } from 'vitest'
import { atomOf, inShort, Playback } from './playback.js'
import { block, exec, exit, FLAG, fork, type Image, row, terminated } from './record-bytes.js'

const INIT: Image = { pid: 1, execId: 5, startMs: 10 }
const SHELL: Image = { pid: 40, execId: 7, startMs: 1_000 }
const BEGUN = 20_000

const rowAt = (image: Image, parent: Image = INIT, parts = {}) =>
  row(image, parent, { atMs: BEGUN, path: '/bin/x', ...parts })
const ROWS = [rowAt(INIT, INIT), rowAt(SHELL)]
const BEFORE = [INIT, SHELL].map((image) => rowAt(image, INIT, { atMs: 5_000 }))

/** Knows init and a shell. */
function running(): Playback {
  const playback = new Playback({ extended: true })
  playback.takeOver(BEFORE, 5_000)
  return playback
}

const pids = (playback: Playback) => [...playback.stream.processes.images()].map(({ pid }) => pid).sort((a, b) => a - b)

test('where nothing was missed, nothing is told', () => {
  expect(running().reconcile(ROWS, BEGUN)).toEqual([])
})

test('a process of which the end was lost leaves without an event', () => {
  const playback = running()
  expect(playback.reconcile([rowAt(INIT, INIT)], BEGUN)).toEqual([])
  expect(pids(playback)).toEqual([1])
})

test('of a snapshot that may lack processes, nobody leaves because he is missing', () => {
  const playback = running()
  const reused: Image = { ...INIT, startMs: 15_000 }
  expect(inShort(playback.reconcile([rowAt(reused)], BEGUN, [], true))).toEqual(['EXISTING 1'])
  expect(pids(playback)).toEqual([1, 40])
  // The one whose number another one has now is gone, and whoever was not listed is still a parent.
  const [started] = playback.play(exec({ pid: 50, execId: 1, startMs: BEGUN + 1 }, SHELL, { atMs: BEGUN + 2 }))
  expect(started!.routing.parent).toBe(atomOf(SHELL))
})

test('an end that comes after all is told, once', () => {
  const playback = running()
  playback.reconcile([rowAt(INIT, INIT)], BEGUN)
  const events = playback.play(exit(SHELL, { atMs: BEGUN }), exit(SHELL, { atMs: BEGUN }))
  expect(inShort(events)).toEqual(['TERMINATE 40'])
  expect(events[0]!.routing.parent).toBe(atomOf(SHELL))
})

test('a process of which the start was lost arrives, with its parent, and ends like any other', () => {
  const playback = running()
  const missed: Image = { pid: 50, execId: 8, startMs: 15_000 }
  const child: Image = { pid: 51, execId: 8, startMs: 15_001 }
  const events = playback.reconcile([...ROWS, rowAt(child, missed), rowAt(missed, SHELL)], BEGUN)
  expect(inShort(events)).toEqual(['EXISTING 50', 'EXISTING 51'])
  expect(events.map(({ routing }) => routing.parent)).toEqual([atomOf(SHELL), atomOf(missed)])
  expect(inShort(playback.play(exit(missed, { atMs: 21_000 })))).toEqual(['TERMINATE 50'])
})

test('a zombie does not arrive', () => {
  const missed: Image = { pid: 50, execId: 8, startMs: 15_000 }
  expect(running().reconcile([...ROWS, rowAt(missed, SHELL, { flags: FLAG.zombie })], BEGUN)).toEqual([])
})

test('a process that ended while the snapshot was on its way does not come back', () => {
  const playback = running()
  const events = playback.reconcile(ROWS, BEGUN, [exit(SHELL, { atMs: BEGUN + 1 })])
  expect(inShort(events)).toEqual(['TERMINATE 40'])
  expect(pids(playback)).toEqual([1])
})

test('neither does one that came and went meanwhile', () => {
  const playback = running()
  const brief: Image = { pid: 50, execId: 7, startMs: BEGUN }
  const events = playback.reconcile([...ROWS, rowAt(brief, SHELL)], BEGUN, [fork(brief, SHELL), exit(brief)])
  expect(inShort(events)).toEqual(['NEW 50', 'TERMINATE 50'])
  expect(pids(playback)).toEqual([1, 40])
})

test('a process that started while the snapshot was on its way stays, whether it has a row or not', () => {
  const late: Image = { pid: 50, execId: 7, startMs: BEGUN + 1 }
  for (const rows of [ROWS, [...ROWS, rowAt(late, SHELL)]]) {
    const playback = running()
    expect(playback.reconcile(rows, BEGUN, [fork(late, SHELL)])).toEqual([])
    expect(pids(playback)).toEqual([1, 40, 50])
    expect(inShort(playback.finish())).toEqual(['NEW 50'])
  }
})

test('an exec that was lost is told as a process that is there', () => {
  const playback = running()
  const after: Image = { ...SHELL, execId: 8 }
  const events = playback.reconcile([rowAt(INIT, INIT), rowAt(after)], BEGUN)
  expect(inShort(events)).toEqual(['EXISTING 40'])
  expect(events[0]!.routing.this).toBe(atomOf(after))
  expect(inShort(playback.play(exit(after, { atMs: 21_000 })))).toEqual(['TERMINATE 40'])
})

test('an exec that came after the row was read stays', () => {
  const playback = running()
  const after: Image = { ...SHELL, execId: 8 }
  const events = playback.reconcile(ROWS, BEGUN, [exec(after, INIT, { atMs: BEGUN + 1 })])
  expect(inShort(events)).toEqual(['NEW 40'])
  expect(playback.stream.processes.ofPid(40)?.atom).toBe(atomOf(after))
})

test('a number that another process has since: the one leaves and the other arrives', () => {
  const playback = running()
  const reused: Image = { ...SHELL, startMs: 15_000 }
  const events = playback.reconcile([rowAt(INIT, INIT), rowAt(reused)], BEGUN)
  expect(inShort(events)).toEqual(['EXISTING 40'])
  expect(playback.stream.processes.ofPid(40)?.atom).toBe(atomOf(reused))
})

test('a row of a process whose number another one has by now changes nothing', () => {
  const playback = running()
  const reused: Image = { ...SHELL, startMs: BEGUN + 1 }
  expect(inShort(playback.reconcile(ROWS, BEGUN, [exec(reused, INIT)]))).toEqual(['NEW 40'])
  expect(playback.stream.processes.ofPid(40)?.atom).toBe(atomOf(reused))
})

test('a fork that waits is announced before it leaves, and before its exec that was lost', () => {
  const child: Image = { pid: 50, execId: 7, startMs: 19_990 }
  for (const [rows, expected] of [
    [ROWS, ['NEW 50']],
    [
      [...ROWS, rowAt({ ...child, execId: 8 }, SHELL)],
      ['NEW 50', 'EXISTING 50'],
    ],
  ] as const) {
    const playback = running()
    playback.play(fork(child, SHELL))
    expect(inShort(playback.reconcile(rows, BEGUN))).toEqual(expected)
    expect(playback.finish()).toEqual([])
  }
})

test('the arguments of an exec that is half read are not disturbed by the rows', () => {
  const playback = running()
  const whole = terminated(['program', 'x'.repeat(3_000)])
  const image: Image = { ...SHELL, execId: 8 }
  const pieces = block('arguments', image, whole, 1_000)
  const others = block('arguments', INIT, terminated(['init', 'y'.repeat(3_000)]), 5_000, { from: 2_000 })
  playback.play(...pieces.slice(0, 2))
  playback.reconcile([...others, ...ROWS], BEGUN)
  const [event] = playback.play(
    ...pieces.slice(2),
    exec(image, INIT, { atMs: BEGUN + 1, argumentsBytes: whole.length }),
  )
  expect(event!.event).toMatchObject({ COMMAND_LINE: `program ${'x'.repeat(3_000)}` })
  expect(playback.stream.accounts.dropped[4]).toBe(0)
})
