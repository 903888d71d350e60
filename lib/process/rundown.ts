/**
 * A snapshot of all processes, taken over into the table: at the start, and again after a loss.
 *
 * Rows tell how things stood while the snapshot was taken; the stream may be behind that moment,
 * or, by the time the snapshot is used, ahead of it. So a row counts only where the stream does
 * not know better: nobody is announced twice, nobody is missing.
 */
import { TYPE } from '../decode/linux/layout.js'
import type { EventStream } from '../stream.js'
import { type ProcessImage, STATE } from './image.js'

export interface Rundown {
  images: readonly ProcessImage[]
  /** CLOCK_BOOTTIME. */
  begunMs: number
  endedMs: number
  /** Processes may be missing that are there: then none is gone because it is missing. */
  isPartial?: boolean | undefined
}

/**
 * The first one, before any record is read. `attachedMs`: when all hooks were in place; a process
 * that started later has records of its own.
 */
export function takeOverFirst(stream: EventStream, rundown: Rundown, attachedMs: number): void {
  const found = rundown.images.filter((image) => image.isCoarse || image.startMs <= attachedMs)
  announceAll(stream, found)
}

/**
 * One that was taken because records had been lost, when the stream has come past its end:
 * processes that went unseen leave the table, and those that came unseen arrive.
 */
export function reconcile(stream: EventStream, rundown: Rundown): void {
  const { processes } = stream
  const ends = byPid(processes.takeEnds())
  const living = new Map<number, ProcessImage>()
  for (const image of rundown.images) if (!image.isZombie) living.set(image.pid, image)

  for (const image of [...processes.images()]) {
    const isOlder = image.bootMs < rundown.begunMs
    const row = living.get(image.pid)
    const isGone = row === undefined ? !rundown.isPartial : !isSameProcess(row, image)
    if (isOlder && isGone) vanish(stream, image)
  }
  const missed: ProcessImage[] = []
  for (const row of living.values()) {
    const known = processes.ofPid(row.pid)
    const hasEnded = ends.get(row.pid)?.some((image) => isSameProcess(row, image)) ?? false
    if (hasEnded || !isNews(row, known)) continue
    if (known !== undefined) {
      vanish(stream, known)
      row.isInSubtree = known.isInSubtree && isSameProcess(row, known)
    }
    missed.push(row)
  }
  announceAll(stream, missed)
}

/** The zombies of the first snapshot whose end was before it: no record will end them. */
export function dropZombies(stream: EventStream, rundown: Rundown): void {
  for (const image of rundown.images) {
    if (image.isZombie && image.state === STATE.ANNOUNCED) stream.processes.end(image)
  }
}

function vanish(stream: EventStream, image: ProcessImage): void {
  if (image.state === STATE.PENDING) stream.announce(image, TYPE.FORK)
  stream.processes.vanish(image)
}

function isNews(row: ProcessImage, known: ProcessImage | undefined): boolean {
  if (known === undefined) return true
  if (isSameProcess(row, known)) return !row.isCoarse && !known.isCoarse && row.execId > known.execId
  return known.bootMs < row.bootMs
}

function isSameProcess(row: ProcessImage, image: ProcessImage): boolean {
  if (row.isCoarse || image.isCoarse) return Math.abs(row.startMs - image.startMs) <= TICK_MS
  return row.startedAt(image.startLow, image.startHigh)
}

function byPid(images: Iterable<ProcessImage>): Map<number, ProcessImage[]> {
  const groups = new Map<number, ProcessImage[]>()
  for (const image of images) {
    const group = groups.get(image.pid)
    if (group === undefined) groups.set(image.pid, [image])
    else group.push(image)
  }
  return groups
}

/** Parents first, however deep they are nested. */
function announceAll(stream: EventStream, found: readonly ProcessImage[]): void {
  const { processes } = stream
  for (const image of found) {
    image.state = STATE.FOUND
    processes.put(image)
  }
  for (const image of found) {
    const line: ProcessImage[] = []
    for (let next: ProcessImage | undefined = image; next?.state === STATE.FOUND; next = next.parent) {
      line.push(next)
      const parent = processes.ofPid(next.parentPid)
      // A forged recording could make a process its own ancestor: one of this line has a parent, or is `next`.
      const isInLine = parent === next || (parent?.state === STATE.FOUND && parent.parent !== undefined)
      if (parent !== undefined && !isInLine && couldBeParent(parent, next)) next.parent = parent
    }
    for (let i = line.length - 1; i >= 0; i--) stream.announceExisting(line[i]!)
  }
}

/** A younger process was given the number of a parent that is gone. The start in a row from /proc is rounded down. */
function couldBeParent(parent: ProcessImage, child: ProcessImage): boolean {
  return parent.startMs <= child.startMs + (child.isCoarse ? TICK_MS : 0)
}

const TICK_MS = 10
