/** Whole events, as they must be: what a test does not say is taken from this process and from the machine. */
import { readlinkSync } from 'node:fs'
import { release } from 'node:os'
import { expect } from 'vitest'
import type { NewProcess } from '../../lib/events/index.js'
import { newProcess } from '../../lib/events/new-process.js'
import { argumentsOf, auditId, cgroupOf, namespaceOf, pageBytes, statusLine } from './proc.js'

interface Schema {
  properties: { event: { properties: Record<string, { 'x-extension'?: true }> } }
}

type Body = NewProcess['event']
type Fields = { [Name in keyof Body]?: (Name extends 'PARENT' ? object : Body[Name]) | undefined }

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
export function documented<Event extends object>(event: Event): Partial<Event> {
  return Object.fromEntries(Object.entries(event).filter(([field]) => !isExtension(field))) as Partial<Event>
}

/** Only what `extended` added, without what numbers the stream. */
export function extensions<Event extends object>(event: Event): Partial<Event> {
  const added = Object.entries(event).filter(([field]) => isExtension(field) && field !== 'SEQUENCE')
  return Object.fromEntries(added) as Partial<Event>
}

function isExtension(field: string): boolean {
  const { properties } = (newProcess as unknown as Schema).properties.event
  return properties[field]?.['x-extension'] === true
}

/** What an extended event must say of a process that runs, as the kernel tells it to those who ask. */
export function extensionsOf(pid: number) {
  const set = (name: string, value: number | undefined) => (value === undefined ? {} : { [name]: value })
  return {
    ARGUMENTS: argumentsOf(pid),
    CURRENT_DIRECTORY: readlinkSync(`/proc/${pid}/cwd`),
    GROUP_ID: Number(statusLine(pid, 'Gid')[0]),
    EFFECTIVE_USER_ID: Number(statusLine(pid, 'Uid')[1]),
    ...set('LOGIN_USER_ID', auditId(pid, 'loginuid')),
    ...set('SESSION', auditId(pid, 'sessionid')),
    CAPABILITIES: statusLine(pid, 'CapEff')[0]!,
    CGROUP_PATH: cgroupOf(pid),
    NAMESPACES: namespacesOf(pid),
  }
}

export function namespacesOf(pid: number) {
  return {
    MNT: namespaceOf(pid, 'mnt'),
    PID: namespaceOf(pid, 'pid'),
    NET: namespaceOf(pid, 'net'),
    USER: namespaceOf(pid, 'user'),
    UTS: namespaceOf(pid, 'uts'),
    IPC: namespaceOf(pid, 'ipc'),
    CGROUP: namespaceOf(pid, 'cgroup'),
  }
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
