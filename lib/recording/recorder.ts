/** What a sensor needs of whoever records it. */
import { IMAGE, TYPE } from '../decode/linux/layout.js'
import type { SnapshotRecords } from '../linux/source.js'
import { Block } from './block.js'
import { ENTRY } from './format.js'
import { type Journal, offsetsOf } from './journal.js'
import type { Meta } from './meta.js'

export interface Recorder {
  readonly journal: Journal
  /** Where more waits to be written than memory should hold, and where writing has failed. */
  ready(): Promise<void> | undefined
  /** Writes what is left, and closes the file. */
  close(): Promise<void>
}

/** What a recorder asks of its sensor. */
export interface Recorded {
  /** All that the mapping knows beside what it is told; part and `attachedMs` are the recorder's to say. */
  meta(): Omit<Meta, 'part' | 'attachedMs'>
  attachedMs: number
  /** How things stand; undefined where that comes among the records by itself. */
  takeSnapshot(): Promise<SnapshotRecords | undefined>
  userName(uid: number): string | undefined
}

/** The first block of a recording. */
export function firstBlock(meta: Meta): Buffer {
  const block = new Block()
  block.text(ENTRY.META, JSON.stringify(meta))
  return block.take()
}

/**
 * The first block of a part that others were before: it also says how things stand, so that it can
 * be replayed alone. That a snapshot failed costs only that.
 */
export async function laterBlock(meta: Meta, recorded: Recorded): Promise<Buffer> {
  const snapshot = await recorded.takeSnapshot().catch(() => undefined)
  if (snapshot === undefined) return firstBlock(meta)
  const block = new Block()
  block.text(ENTRY.META, JSON.stringify(meta))
  const { records } = snapshot
  const offsets = offsetsOf(snapshot)
  const uids = new Set<number>()
  for (const at of offsets) {
    if (records.u8[at] === TYPE.SNAPSHOT) uids.add(records.u32[(at + IMAGE.uid) >>> 2]!)
  }
  for (const uid of uids) {
    const name = recorded.userName(uid)
    block.text(ENTRY.USER, name ?? '', name === undefined ? 0 : 1, uid)
  }
  block.records(records, offsets, offsets.length)
  block.entry(ENTRY.BASE, snapshot.begunMs, snapshot.endedMs, snapshot.isPartial ? 1 : 0)
  return block.take()
}

/** The last block of a file. */
export function lastBlock(): Buffer {
  const block = new Block()
  block.entry(ENTRY.END)
  return block.take()
}
