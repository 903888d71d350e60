/** Whole events, as they must be: what a test does not say is taken from this process and from the machine. */
import { release } from 'node:os'
import { expect } from 'vitest'
import type { NewProcess } from '../../lib/events/index.js'
import { newProcess } from '../../lib/events/new-process.js'
import { pageBytes } from './proc.js'

interface Schema {
  properties: { event: { properties: Record<string, { 'x-extension'?: true }> } }
}

type Body = NewProcess['event']
type Fields = { [Name in keyof Body]?: Body[Name] | undefined }

/**
 * The body of the NEW_PROCESS of a program that this process ran. What stands here holds for every
 * program of one thread that root runs.
 */
export function startedHere(record: NewProcess, expected: Fields): Fields {
  return {
    PARENT_PROCESS_ID: process.pid,
    BASE_ADDRESS: expect.toSatisfy(isPages),
    ...memoryUsage(record),
    THREADS: 1,
    USER_NAME: 'root',
    USER_ID: 0,
    TIMESTAMP: record.routing.event_time,
    PARENT: expect.objectContaining({
      PROCESS_ID: expected.PARENT_PROCESS_ID ?? process.pid,
      THIS_ATOM: record.routing.parent,
    }),
    ...expected,
  }
}

/** Since 6.2 the kernel's counter usually still reads 0 at exec, and then the field is absent. */
export function memoryUsage(record: NewProcess): { MEMORY_USAGE?: number } {
  const isCountedAtOnce = /^([1-5]|6\.[01])\./.test(release())
  return isCountedAtOnce || record.event.MEMORY_USAGE !== undefined
    ? { MEMORY_USAGE: expect.toSatisfy(isPages) as number }
    : {}
}

export function isPages(bytes: number): boolean {
  return bytes > 0 && bytes % pageBytes === 0
}

/** An extended event of a process without what `extended` added. */
export function documented(event: Body): Fields {
  const { properties } = (newProcess as unknown as Schema).properties.event
  return Object.fromEntries(Object.entries(event).filter(([field]) => !properties[field]?.['x-extension']))
}

/** The one that there is. */
export function only<T>(list: readonly T[]): T {
  expect(list).toHaveLength(1)
  return list[0]!
}

export function last<T>(list: readonly T[]): T {
  expect(list).not.toHaveLength(0)
  return list.at(-1)!
}
