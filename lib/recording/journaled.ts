/**
 * The parts of a sensor that is recorded: each does what it did, and writes down what it was told.
 * A sensor that is not recorded has none of them.
 */
import type { Change } from '../change.js'
import type { Context } from '../decode/linux/context.js'
import { Drain, type DrainSource } from '../drain.js'
import type { EventRecord } from '../events/index.js'
import type { FileResult } from '../identity/known-file.js'
import { Gaps, type Loss } from '../linux/gaps.js'
import type { SnapshotRecords } from '../linux/source.js'
import type { Records } from '../records.js'
import type { EventStream } from '../stream.js'
import { TappedSource } from '../tap.js'
import type { Journal } from './journal.js'

export class JournaledDrain extends Drain {
  readonly #journal: Journal

  constructor(source: DrainSource, stream: EventStream, context: Context, forkWindowMs: number, journal: Journal) {
    const gaps = new JournaledGaps(source.counters, () => source.missedRuns(), journal)
    const users = new JournaledUsers(context.users, journal)
    const tapped = new TappedSource(source, (...taken) => journal.records(...taken))
    super(tapped, stream, { ...context, users }, forkWindowMs, gaps)
    this.#journal = journal
    context.clock.onStep = (bootToEpochMs) => journal.clock(bootToEpochMs)
  }

  override run(nowMs: number): EventRecord[] {
    const batch = super.run(nowMs)
    this.#journal.drain(nowMs)
    return batch
  }

  override expectSnapshot(): void {
    super.expectSnapshot()
    this.#journal.expectSnapshot()
  }

  override addSnapshot(snapshot: SnapshotRecords): void {
    super.addSnapshot(snapshot)
    this.#journal.snapshot(snapshot)
  }

  override prepareUpdate(): void {
    super.prepareUpdate()
    this.#journal.prepareUpdate()
  }

  override update(change: Change, rows: SnapshotRecords | undefined): void {
    super.update(change, rows)
    this.#journal.update(change, rows)
  }

  override accept(result: FileResult): void {
    super.accept(result)
    this.#journal.file(result)
  }

  override finish(): EventRecord[] {
    const batch = super.finish()
    this.#journal.finish()
    return batch
  }

  override closeFiles(): EventRecord[] {
    const batch = super.closeFiles()
    this.#journal.closeFiles()
    return batch
  }
}

class JournaledUsers {
  readonly #users: Context['users']
  readonly #journal: Journal

  constructor(users: Context['users'], journal: Journal) {
    this.#users = users
    this.#journal = journal
  }

  name(uid: number): string | undefined {
    const name = this.#users.name(uid)
    this.#journal.user(uid, name)
    return name
  }
}

class JournaledGaps extends Gaps {
  readonly #journal: Journal
  #isAtMark = false

  constructor(counters: DrainSource['counters'], missedRuns: DrainSource['missedRuns'], journal: Journal) {
    super(counters, missedRuns)
    this.#journal = journal
  }

  override isBehind(records: Records, at: number): boolean {
    this.#isAtMark = super.isBehind(records, at)
    return this.#isAtMark
  }

  /** At the mark of a gap also that nothing new was counted: a replay asks there too. */
  override take(): Loss[] {
    const losses = super.take()
    if (losses.length > 0 || this.#isAtMark) this.#journal.losses(losses)
    this.#isAtMark = false
    return losses
  }
}
