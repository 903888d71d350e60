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

export async function openParts(parts: readonly Part[]): Promise<EtlSource> {
  const files: EtlFile[] = []
  try {
    for (const part of parts) files.push(await openPart(part))
  } catch (error) {
    for (const file of files) file.close()
    throw error
  }
  return files.length === 1 ? files[0]! : new MergedFiles(files)
}
