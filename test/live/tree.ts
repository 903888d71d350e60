/** What a container sees: a root directory with one program in it, which needs nothing else. */
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { program } from './programs.js'
import { temporaryFolder } from './temporary.js'

/** The path of hold, seen from that root. */
export const INSIDE = '/opt/inside/hold'

/** The path of that root. It is removed behind the running test. */
export function smallTree(): string {
  const root = temporaryFolder()
  mkdirSync(join(root, 'opt/inside'), { recursive: true })
  copyFileSync(program('hold', 'static'), join(root, INSIDE))
  return root
}
