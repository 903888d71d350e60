/** Who a process is and whom it descends from, by its atom or its number: also when it has just ended. */
import { nestedProcess } from '../build/process.js'
import type { NestedProcess } from '../events/index.js'
import { type ProcessImage, STATE } from './image.js'
import type { ProcessTable } from './table.js'

export class Lineage {
  readonly #table: ProcessTable
  /** Made when it is asked for, and again when the table has changed since. */
  #byAtom = new Map<string, ProcessImage>()
  #indexed = -1

  constructor(table: ProcessTable) {
    this.#table = table
  }

  process(key: string | number): NestedProcess | undefined {
    const image = typeof key === 'number' ? this.#ofPid(key) : this.#ofAtom(key)
    return image === undefined ? undefined : nestedProcess(image)
  }

  /** The parent first. Ends with the first one that was never announced. */
  ancestors(atom: string): NestedProcess[] {
    const ancestors: NestedProcess[] = []
    const seen = new Set([atom])
    const image = this.#ofAtom(atom)
    let known = image?.parentObject
    let above = image?.parentAtom
    while (above !== undefined && !seen.has(above)) {
      seen.add(above)
      const parent = this.#ofAtom(above)
      const nested: NestedProcess | undefined = parent === undefined ? known : nestedProcess(parent)
      if (nested === undefined) break
      ancestors.push(nested)
      known = parent?.parentObject
      above = nested.PARENT_ATOM
    }
    return ancestors
  }

  /** One that runs, else the latest that ran. */
  #ofPid(pid: number): ProcessImage | undefined {
    const image = this.#table.ofPid(pid)
    if (image !== undefined && isAnnounced(image)) return image
    for (const departed of this.#table.departed) if (departed.pid === pid && isAnnounced(departed)) return departed
    return undefined
  }

  #ofAtom(atom: string): ProcessImage | undefined {
    if (this.#indexed !== this.#table.changes) this.#index()
    return this.#byAtom.get(atom)
  }

  #index(): void {
    this.#indexed = this.#table.changes
    this.#byAtom = new Map()
    for (const image of this.#table.departed) if (isAnnounced(image)) this.#byAtom.set(image.atom, image)
    for (const image of this.#table.images()) if (isAnnounced(image)) this.#byAtom.set(image.atom, image)
  }
}

/** One that became another image untold has no atom. */
function isAnnounced(image: ProcessImage): boolean {
  return image.state >= STATE.ANNOUNCED && image.atom !== ''
}
