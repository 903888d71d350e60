/** Everything that comes out of the recordings of the corpus, as one hash for each and kind of output. */
import { createHash } from 'node:crypto'
import { EtlFile } from '../../lib/etl/file.js'
import { EtlPlayback } from '../../lib/etl/playback.js'
import { rawEvent } from '../../lib/etl/raw.js'
import { lineEncoder } from '../../lib/output/encoder.js'
import { recordings } from '../unit/etl-files.js'

export interface Digest {
  recording: string
  events: number
  ndjson: string
  raw: string
}

export async function digests(): Promise<Digest[]> {
  const found: Digest[] = []
  for (const { name, path } of recordings()) {
    found.push({ recording: name, ...(await eventsOf(path)), raw: await rawOf(path) })
  }
  return found
}

async function eventsOf(path: string): Promise<{ events: number; ndjson: string }> {
  const playback = await EtlPlayback.open(path, { extended: true })
  const line = lineEncoder()
  const hash = createHash('sha256')
  let events = 0
  for (let batch = await playback.next(); batch !== undefined; batch = await playback.next()) {
    for (const record of batch) hash.update(`${line(record)}\n`)
    events += batch.length
  }
  playback.close()
  return { events, ndjson: hash.digest('hex') }
}

async function rawOf(path: string): Promise<string> {
  const file = await EtlFile.open(path, { reader: 'native' })
  const hash = createHash('sha256')
  for (let count = await file.step(); count !== undefined; count = await file.step()) {
    for (let i = 0; i < count; i++) hash.update(`${JSON.stringify(rawEvent(file.records, file.offsets[i]!))}\n`)
  }
  file.close()
  return hash.digest('hex')
}
