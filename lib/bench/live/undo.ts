/** What is to be taken back when the benchmarks end, in whatever way: processes, mounts, temporary files. */
import { constants } from 'node:os'

const actions = new Set<() => void>()

/** Returns what to call when it is no longer to be done. */
export function atEnd(action: () => void): () => void {
  actions.add(action)
  return () => void actions.delete(action)
}

/** The latest first. Any number of times. */
export function undo(): void {
  for (const action of [...actions].reverse()) {
    actions.delete(action)
    try {
      action()
    } catch {
      // It is gone already; the others still are to be done.
    }
  }
}

/** Also where the program ends by a signal or an exception. */
export function undoAtExit(): void {
  process.on('exit', undo)
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => process.exit(128 + constants.signals[name]))
  }
}
