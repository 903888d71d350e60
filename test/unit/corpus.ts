/** Real recordings, where they are at hand: beside the project, or beside what it is a worktree of. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Undefined where there is none: tests of it are skipped then. */
export function corpusFolder(name: string): string | undefined {
  const given = process.env.KERNELWIRE_CORPUS
  if (given !== undefined) return existsSync(join(given, name)) ? join(given, name) : undefined
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'shared', 'corpus', name)
    if (existsSync(candidate)) return candidate
    if (folder === dirname(folder)) return undefined
  }
}
