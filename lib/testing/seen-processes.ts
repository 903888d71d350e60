/** The processes that a fake sensor's events have told of. */
import {
  type EventRecord,
  type ExistingProcess,
  isEvent,
  type NestedProcess,
  type NewProcess,
} from '../events/index.js'

export class SeenProcesses {
  /** By atom, in the order of their starts; those that ended are remembered. */
  readonly #all = new Map<string, NestedProcess>()
  /** The atom of what each process runs. */
  readonly #running = new Map<number, string>()

  observe(record: EventRecord): void {
    if (isEvent(record, 'NEW_PROCESS') || isEvent(record, 'EXISTING_PROCESS')) {
      this.#all.set(record.routing.this, nested(record))
      this.#running.set(record.event.PROCESS_ID, record.routing.this)
    } else if (isEvent(record, 'TERMINATE_PROCESS')) {
      const { parent } = record.routing
      const { PROCESS_ID } = record.event
      if (parent === undefined || this.#running.get(PROCESS_ID) === parent) this.#running.delete(PROCESS_ID)
    }
  }

  running(): NestedProcess[] {
    return [...this.#running.values()].map((atom) => this.#all.get(atom)!)
  }

  /** Of a number: one that runs, else the latest that ran. */
  find(atomOrPid: string | number): NestedProcess | undefined {
    if (typeof atomOrPid === 'string') return this.#all.get(atomOrPid)
    const atom = this.#running.get(atomOrPid)
    if (atom !== undefined) return this.#all.get(atom)
    return [...this.#all.values()].findLast(({ PROCESS_ID }) => PROCESS_ID === atomOrPid)
  }

  /** The parent first. */
  ancestors(atom: string): NestedProcess[] {
    const ancestors: NestedProcess[] = []
    const seen = new Set([atom])
    for (let above = this.#all.get(atom)?.PARENT_ATOM; above !== undefined && !seen.has(above); ) {
      seen.add(above)
      const parent = this.#all.get(above)
      if (parent === undefined) break
      ancestors.push(parent)
      above = parent.PARENT_ATOM
    }
    return ancestors
  }
}

/** The fields of a process that others carry, in their order. */
const FIELDS = [
  'PROCESS_ID',
  'PARENT_PROCESS_ID',
  'FILE_PATH',
  'COMMAND_LINE',
  'BASE_ADDRESS',
  'MEMORY_USAGE',
  'THREADS',
  'USER_NAME',
  'USER_ID',
  'HASH',
  'FILE_IS_SIGNED',
  'ORIGINAL_FILE_NAME',
  'CREATION_TIME',
  'THIS_ATOM',
  'PARENT_ATOM',
  'TIMESTAMP',
  'TRUNCATED',
] as const satisfies readonly (keyof NestedProcess)[]

function nested({ routing, event }: NewProcess | ExistingProcess): NestedProcess {
  const known: Partial<NestedProcess> = { ...event, THIS_ATOM: routing.this }
  const all = routing.parent === undefined ? known : { ...known, PARENT_ATOM: routing.parent }
  const fields = FIELDS.filter((name) => all[name] !== undefined).map((name) => [name, all[name]])
  return Object.freeze(Object.fromEntries(fields)) as NestedProcess
}
