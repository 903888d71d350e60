/** A recording and what its sensor said: as one hash beside it, for a replay elsewhere. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { EventRecord } from '../../lib/events/index.js'
import { lineEncoder } from '../../lib/output/encoder.js'
import { openRecording } from '../../lib/recording.js'

export function ndjson(events: readonly EventRecord[]): string {
  const line = lineEncoder()
  return events.map((record) => `${line(record)}\n`).join('')
}

export async function replayOf(file: string): Promise<string> {
  const events: EventRecord[] = []
  for await (const batch of await openRecording(file)) events.push(...batch)
  return ndjson(events)
}

/** Beside the recording. */
export function keepHash(file: string, said: string): void {
  writeFileSync(`${file}.sha256`, sha256(said))
}

export interface Replay {
  name: string
  isSame: boolean
}

/** Of all recordings in a folder. */
export async function replays(folder: string): Promise<Replay[]> {
  const found: Replay[] = []
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.kwr'))) {
    const file = path.join(folder, name)
    const expected = readFileSync(`${file}.sha256`, 'utf8')
    found.push({ name, isSame: sha256(await replayOf(file)) === expected })
  }
  return found
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
