/** What decoding needs beside the record: all of it memory, nothing that waits. */
import type { EventClock } from '../../clock.js'
import type { ImageAtoms } from '../../process/atom.js'

export interface Context {
  atoms: ImageAtoms
  clock: EventClock
  users: { name(uid: number): string | undefined }
  pageBytes: number
}
