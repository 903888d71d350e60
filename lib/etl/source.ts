/** What somebody names as a recording of Windows: a file, an archive, several of them. */
import { type Part, partsOf } from './archives.js'
import { EtlFile, type EtlFileOptions } from './file.js'
import { type EtlSource, MergedFiles } from './merged-files.js'

export async function partsOfAll(paths: readonly string[]): Promise<Part[]> {
  const parts: Part[] = []
  for (const path of paths) parts.push(...(await partsOf(path)))
  return parts
}

export async function openPart({ name, path, open }: Part, options: EtlFileOptions = {}): Promise<EtlFile> {
  return open === undefined ? EtlFile.open(path, options) : EtlFile.of(await open(), name, options)
}

/** Of all recordings that are read at a time, and of one. */
const HELD_BYTES_OF_ALL = 2 ** 28
const HELD_BYTES = 2 ** 26

export async function openParts(parts: readonly Part[]): Promise<EtlSource> {
  const files: EtlFile[] = []
  try {
    const heldBytes = Math.min(HELD_BYTES, Math.floor(HELD_BYTES_OF_ALL / parts.length))
    for (const part of parts) files.push(await openPart(part, { heldBytes }))
  } catch (error) {
    for (const file of files) file.close()
    throw error
  }
  return files.length === 1 ? files[0]! : new MergedFiles(files)
}
