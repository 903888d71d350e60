/** Programs, maps and links of a process in the kernel, each as "prog 12". */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { program } from './programs.js'

/** What the process holds a descriptor of. */
export function heldBy(pid: number): Set<string> {
  const held = new Set<string>()
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    for (const [, kind, id] of describe(pid, fd).matchAll(/^(prog|map|link)_id:\s*(\d+)$/gm)) held.add(`${kind} ${id}`)
  }
  return held
}

/** What the kernel has, of all processes. */
export function inKernel(): Set<string> {
  return new Set(execFileSync(program('bpf-objects'), { encoding: 'utf8' }).trimEnd().split('\n'))
}

export type Kind = 'prog' | 'map' | 'link'

export function count(objects: Iterable<string>, kind: Kind): number {
  return [...objects].filter((name) => name.startsWith(kind)).length
}

/** Empty where it was closed meanwhile. */
function describe(pid: number, fd: string): string {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')
  } catch {
    return ''
  }
}
