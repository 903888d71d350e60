/** The .etl files of the corpus, those in archives unpacked. */
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { corpusFolder } from './corpus.js'

export const ETL_FOLDER = corpusFolder('etl')
export const NO_ETL_FOLDER = 'there is no shared/corpus/etl beside or above this clone'

export interface Recording {
  name: string
  path: string
}

/** One for all runs, so that nothing gathers. */
const UNPACKED = join(tmpdir(), 'kernelwire-corpus')

/** None where there is no corpus. */
export function recordings(): Recording[] {
  if (ETL_FOLDER === undefined) return []
  const folder = ETL_FOLDER
  return readdirSync(folder).flatMap((file): Recording[] => {
    const path = join(folder, file)
    if (file.endsWith('.etl')) return [{ name: file, path }]
    if (!file.endsWith('.zip')) return []
    const target = join(UNPACKED, file)
    mkdirSync(target, { recursive: true })
    return unzip(readFileSync(path)).map(({ name, bytes }) => ({
      name: `${file}/${name}`,
      path: keep(join(target, name), bytes),
    }))
  })
}

/** Whole under its name at once: several processes unpack the same. */
function keep(path: string, bytes: Buffer): string {
  if (statSync(path, { throwIfNoEntry: false })?.size === bytes.length) return path
  const part = `${path}.${process.pid}`
  writeFileSync(part, bytes)
  renameSync(part, path)
  return path
}

const CENTRAL = 0x02014b50
const END = 0x06054b50

/** The .etl files of an archive. */
function unzip(zip: Buffer): { name: string; bytes: Buffer }[] {
  const end = zip.lastIndexOf(Buffer.from([END & 0xff, (END >> 8) & 0xff, (END >> 16) & 0xff, END >> 24]))
  const files: { name: string; bytes: Buffer }[] = []
  for (let at = zip.readUInt32LE(end + 16); zip.readUInt32LE(at) === CENTRAL; ) {
    const packedBytes = zip.readUInt32LE(at + 20)
    const nameLength = zip.readUInt16LE(at + 28)
    const name = basename(zip.toString('latin1', at + 46, at + 46 + nameLength).replaceAll('\\', '/'))
    if (name.endsWith('.etl')) {
      const local = zip.readUInt32LE(at + 42)
      const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
      const packed = zip.subarray(data, data + packedBytes)
      files.push({ name, bytes: zip.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed) })
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return files
}
