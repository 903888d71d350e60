/**
 * The processes of a machine as a tree, kept up to date by events.
 *
 * A child stays below the process that forked it, also when that one ends first. Children that come
 * and go between two looks are counted at their parent, so that a storm of them moves nothing.
 */
import { type EventRecord, isEvent } from '../../events/index.js'
import { baseName, type ProcessWords, programOf } from '../program.js'
import { userOf } from '../seen.js'

export interface TreeNode {
  pid: number
  name: string
  path: string
  arguments: string
  user: string
  isKernel: boolean
  memoryBytes: number | undefined
  threads: number | undefined
  /** When the process began, in milliseconds since 1970. */
  startedMs: number
  /** When this tree heard of it, and of its end: by the clock of whoever looks. */
  seenMs: number
  endedMs: number | undefined
  ending: string
  /** When something last happened to it or to one of its children. */
  activeMs: number
  parent: TreeNode | undefined
  children: Set<TreeNode>
  /** Children that are gone and have no row of their own any more. */
  gone: number
}

/** A process that lived shorter gets no row: nobody could read it. */
const SHOWN_MS = 400
/** How long the end of a process stays to be seen. */
const LINGER_MS = 3_000

export class ProcessTree {
  readonly #nodes = new Map<number, TreeNode>()
  readonly #ended = new Set<TreeNode>()
  started = 0
  ended = 0
  lost = 0
  living = 0

  add(record: EventRecord, nowMs: number): void {
    const { event_type } = record.routing
    if (event_type === 'NEW_PROCESS') {
      this.started++
      this.#start(record.event as ProcessEvent, nowMs, nowMs)
    } else if (event_type === 'EXISTING_PROCESS') {
      this.#start(record.event as ProcessEvent, nowMs, 0)
    } else if (event_type === 'TERMINATE_PROCESS') {
      this.#end(record.event as EndEvent, nowMs)
    } else if (isEvent(record, 'LOSS_ACCOUNTING')) {
      for (const count of Object.values(record.event.LOST)) this.lost += count
    }
  }

  /** Those below nothing, in the order of their numbers. */
  roots(): TreeNode[] {
    return [...this.#nodes.values()].filter(({ parent }) => parent === undefined).sort(byAge)
  }

  /** Lets those go whose end was shown long enough. */
  forget(nowMs: number): void {
    for (const node of this.#ended) {
      if (node.children.size === 0 && nowMs - node.endedMs! >= LINGER_MS) this.#remove(node)
    }
  }

  #start(event: ProcessEvent, nowMs: number, activeMs: number): void {
    const known = this.#nodes.get(event.PROCESS_ID)
    if (known !== undefined && known.endedMs === undefined) {
      // Another image of the same process.
      Object.assign(known, described(event), { activeMs: nowMs })
      return
    }
    // Its number is used again; children that it may still have go to the new one's parent's level.
    if (known !== undefined) this.#replace(known)
    const parent = event.PARENT === undefined ? undefined : this.#nodes.get(event.PARENT_PROCESS_ID)
    const node: TreeNode = {
      ...described(event),
      pid: event.PROCESS_ID,
      startedMs: event.CREATION_TIME ?? event.TIMESTAMP,
      seenMs: activeMs,
      endedMs: undefined,
      ending: '',
      activeMs,
      parent,
      children: new Set(),
      gone: 0,
    }
    this.#nodes.set(node.pid, node)
    this.living++
    if (parent === undefined) return
    parent.children.add(node)
    parent.activeMs = Math.max(parent.activeMs, activeMs)
  }

  #end(event: EndEvent, nowMs: number): void {
    const node = this.#nodes.get(event.PROCESS_ID)
    this.ended++
    if (node === undefined || node.endedMs !== undefined) return
    this.living--
    node.endedMs = nowMs
    node.activeMs = nowMs
    node.ending = endingOf(event)
    if (node.parent !== undefined) node.parent.activeMs = nowMs
    this.#ended.add(node)
    if (node.children.size === 0 && nowMs - node.seenMs < SHOWN_MS) this.#remove(node)
  }

  /** And those above it that only stayed for its sake and were long over. */
  #remove(node: TreeNode): void {
    if (this.#nodes.get(node.pid) === node) this.#nodes.delete(node.pid)
    this.#ended.delete(node)
    const { parent } = node
    if (parent === undefined) return
    parent.children.delete(node)
    parent.gone += 1 + node.gone
  }

  #replace(node: TreeNode): void {
    for (const child of node.children) {
      child.parent = node.parent
      node.parent?.children.add(child)
    }
    node.children.clear()
    this.#remove(node)
  }
}

type ProcessEvent = ProcessWords & {
  PROCESS_ID: number
  PARENT_PROCESS_ID: number
  PARENT?: object
  TIMESTAMP: number
  CREATION_TIME?: number
  MEMORY_USAGE?: number
  THREADS?: number
}

interface EndEvent {
  PROCESS_ID: number
  EXIT_CODE?: number
  SIGNAL?: number
}

export function byAge(a: TreeNode, b: TreeNode): number {
  return a.startedMs - b.startedMs || a.pid - b.pid
}

function described(event: ProcessEvent) {
  const program = programOf(event)
  return {
    name: baseName(program.path),
    path: program.path,
    arguments: program.arguments,
    user: userOf(event),
    isKernel: event.FILE_PATH === undefined && event.COMMAND_LINE === undefined,
    memoryBytes: event.MEMORY_USAGE,
    threads: event.THREADS,
  }
}

function endingOf({ EXIT_CODE, SIGNAL }: EndEvent): string {
  if (SIGNAL !== undefined) return `killed by signal ${SIGNAL}`
  return EXIT_CODE === undefined || EXIT_CODE === 0 ? 'ended' : `ended with status ${EXIT_CODE}`
}
