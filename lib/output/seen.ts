/** What a view remembers of processes, so that later events can name them. Bounded: one entry for each number. */
import type { EventRecord } from '../events/index.js'
import { type ProcessWords, programOf } from './program.js'
import { visible } from './visible.js'

export interface SeenProcess {
  atom: string
  pid: number
  path: string
  user: string
  startedMs: number
}

export class SeenProcesses {
  readonly #byPid = new Map<number, SeenProcess>()
  readonly #byAtom = new Map<string, SeenProcess>()

  /** Takes note of a start; of an end it must be told behind the event. */
  add({ routing, event }: EventRecord): void {
    if (routing.event_type !== 'NEW_PROCESS' && routing.event_type !== 'EXISTING_PROCESS') return
    const process = event as ProcessWords & { PROCESS_ID: number; TIMESTAMP: number; CREATION_TIME?: number }
    const seen = {
      atom: routing.this,
      pid: process.PROCESS_ID,
      path: programOf({ ...process, ARGUMENTS: [] }).path,
      user: userOf(event),
      startedMs: process.CREATION_TIME ?? process.TIMESTAMP,
    }
    const before = this.#byPid.get(seen.pid)
    if (before !== undefined) this.#byAtom.delete(before.atom)
    this.#byPid.set(seen.pid, seen)
    this.#byAtom.set(seen.atom, seen)
  }

  of(atom: string | undefined): SeenProcess | undefined {
    return atom === undefined ? undefined : this.#byAtom.get(atom)
  }

  delete(process: SeenProcess): void {
    this.#byAtom.delete(process.atom)
    if (this.#byPid.get(process.pid) === process) this.#byPid.delete(process.pid)
  }
}

export function userOf(event: object): string {
  const { USER_NAME, USER_ID } = event as { USER_NAME?: string; USER_ID?: number }
  return USER_NAME === undefined ? String(USER_ID ?? '') : visible(USER_NAME)
}
