/** What a program for Windows imports: read from its file, as PE has it. */

const IMPORT_DIRECTORY = 1
const SECTION_SIZE = 40
const IMPORT_SIZE = 20
const BY_ORDINAL = 0x8000_0000

/** Names by library, in lower case. */
export function importsOf(file: Buffer): Map<string, string[]> {
  const headers = file.readUInt32LE(0x3c)
  const optional = headers + 24
  const imports = file.readUInt32LE(optional + 112 + 8 * IMPORT_DIRECTORY)
  const sections = optional + file.readUInt16LE(headers + 20)
  const sectionCount = file.readUInt16LE(headers + 6)

  function at(address: number): number {
    for (let i = 0; i < sectionCount; i++) {
      const section = sections + SECTION_SIZE * i
      const start = file.readUInt32LE(section + 12)
      const inside = address - start
      if (inside >= 0 && inside < file.readUInt32LE(section + 16)) return file.readUInt32LE(section + 20) + inside
    }
    throw new Error(`nothing of the file is at ${address}`)
  }
  function text(address: number): string {
    const from = at(address)
    return file.toString('latin1', from, file.indexOf(0, from))
  }
  function names(table: number): string[] {
    const found: string[] = []
    for (let entry = at(table); file.readBigUInt64LE(entry) !== 0n; entry += 8) {
      const isOrdinal = file.readUInt32LE(entry + 4) === BY_ORDINAL
      found.push(isOrdinal ? `#${file.readUInt32LE(entry)}` : text(file.readUInt32LE(entry) + 2))
    }
    return found
  }

  const found = new Map<string, string[]>()
  for (let entry = at(imports); file.readUInt32LE(entry + 12) !== 0; entry += IMPORT_SIZE) {
    const library = text(file.readUInt32LE(entry + 12)).toLowerCase()
    found.set(library, [...(found.get(library) ?? []), ...names(file.readUInt32LE(entry))])
  }
  return found
}
