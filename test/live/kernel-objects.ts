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

/** The programs of this process that are attached to something, by their names in the kernel: at most 15 characters. */
export function attachedPrograms(pid: number): string[] {
  const held = heldBy(pid)
  const links = execFileSync(program('bpf-links'), { encoding: 'utf8' }).trimEnd().split('\n')
  return links
    .map((line) => /^(link \d+) (.*)$/.exec(line))
    .filter((parts) => parts !== null && held.has(parts[1]!))
    .map((parts) => parts![2]!)
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
