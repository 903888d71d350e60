/** The records of a real recording, read as replay reads them; those in archives are unpacked first. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { ALL_PROVIDERS, EtlFile } from '../../lib/etl/file.js'
import type { Records } from '../../lib/records.js'

export type EachRecord = (records: Records, at: number) => void

/** `file`: in the folder of recordings; `entry`: where that is an archive, how the name ends of what is in it. */
export async function eachRecord(
  folder: string,
  file: string,
  entry: string,
  take: EachRecord,
): Promise<EtlFile['facts']> {
  return withUnpacked(folder, file, entry, async (path) => {
    const etl = await EtlFile.open(path)
    try {
      for (let count = await etl.step(ALL_PROVIDERS); count !== undefined; count = await etl.step(ALL_PROVIDERS)) {
        for (let i = 0; i < count; i++) take(etl.records, etl.offsets[i]!)
      }
      return etl.facts
    } finally {
      etl.close()
    }
  })
}

/** Gives a path at which the recording lies as it is. */
export async function withUnpacked<T>(
  folder: string,
  file: string,
  entry: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  if (!file.endsWith('.zip')) return use(join(folder, file))
  const temporary = mkdtempSync(join(tmpdir(), 'kernelwire-'))
  try {
    const path = join(temporary, 'recording.etl')
    writeFileSync(path, unzip(readFileSync(join(folder, file)), entry))
    return await use(path)
  } finally {
    rmSync(temporary, { recursive: true })
  }
}

const CENTRAL = 0x02014b50
const END = 0x06054b50
const STORED = 0

/** The one entry of an archive whose name ends like this (APPNOTE.TXT 4.3). */
function unzip(archive: Buffer, entry: string): Buffer {
  let at = archive.readUInt32LE(archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6])) + 16)
  for (; archive.readUInt32LE(at) === CENTRAL; ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field))
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength!)
    if (name.endsWith(entry)) return content(archive, at)
    at += 46 + nameLength! + extraLength! + commentLength!
  }
  if (archive.readUInt32LE(at) !== END) throw new Error('the archive is damaged')
  throw new Error(`the archive has no ${entry}`)
}

function content(archive: Buffer, central: number): Buffer {
  const local = archive.readUInt32LE(central + 42)
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
  const bytes = archive.subarray(start, start + archive.readUInt32LE(central + 20))
  return archive.readUInt16LE(central + 10) === STORED ? bytes : inflateRawSync(bytes)
}
