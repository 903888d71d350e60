/** What the tests of CODE_IDENTITY share: programs that are like no other, and what is told of them. */
import { createHash } from 'node:crypto'
import { appendFileSync, copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EventOf, type EventRecord, isEvent } from '../../lib/events/index.js'
import { Collected, until } from './sensor.js'

export type Collecting = Collected<'NEW_PROCESS' | 'CODE_IDENTITY'>

export const collecting = (): Promise<Collecting> => Collected.open({ events: ['NEW_PROCESS', 'CODE_IDENTITY'] })

export const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** A program of its own content. */
export function copyOf(path: string, folder: string, name: string): string {
  const copy = join(folder, name)
  copyFileSync(path, copy)
  appendFileSync(copy, `${name} ${process.pid} ${performance.now()}`)
  return copy
}

/** The latest one of this path, awaited. */
export async function identityOf(
  collected: { readonly events: readonly EventRecord[] },
  path: string,
): Promise<EventOf<'CODE_IDENTITY'>> {
  let found: EventOf<'CODE_IDENTITY'> | undefined
  const find = () => {
    for (const record of collected.events) {
      if (isEvent(record, 'CODE_IDENTITY') && record.event.FILE_PATH === path) found = record
    }
    return found !== undefined
  }
  await until(find, `${path} is told`)
  return found!
}
