/** How many lines or events a consumer received of what a storm made, and what it was told is missing. */

export interface Tally {
  /** By kind, and by the number that the line names: of the parent, or of the process itself. */
  byParent: Record<string, Record<number, number>>
  byPid: Record<string, Record<number, number>>
  lost: number
}

export function newTally(): Tally {
  return { byParent: {}, byPid: {}, lost: 0 }
}

export function add(to: Record<string, Record<number, number>>, kind: string, pid: number): void {
  to[kind] ??= {}
  to[kind][pid] = (to[kind][pid] ?? 0) + 1
}

export function ofParents(counts: Record<number, number> = {}, parents: ReadonlySet<number>): number {
  return [...parents].reduce((sum, pid) => sum + (counts[pid] ?? 0), 0)
}

/** A number that was used again counts as often as it was made. */
export function ofPids(counts: Record<number, number> = {}, pids: readonly number[]): number {
  const made = new Map<number, number>()
  for (const pid of pids) made.set(pid, (made.get(pid) ?? 0) + 1)
  return [...made].reduce((sum, [pid, times]) => sum + Math.min(times, counts[pid] ?? 0), 0)
}
