/** What decoding needs beside the record: all of it memory, nothing that waits. */
import type { Acts } from '../../acts.js'
import type { EventClock } from '../../clock.js'
import type { KnownFiles } from '../../identity/known-files.js'

export interface Context {
  clock: EventClock
  users: { name(uid: number): string | undefined }
  pageBytes: number
  /** Where files are hashed. */
  files?: KnownFiles | undefined
  /** Where events are asked for that name two processes. */
  acts?: Acts | undefined
}
