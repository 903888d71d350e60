/** A real Windows, elevated: real processes, real events. Not for Wine, whose tracing answers and does nothing. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type EventRecord, isEvent } from '../../../lib/events/index.js'
import { openSensor } from '../../../lib/sensor.js'

/** Undefined, or why nothing here can run. */
function obstacle(): string | undefined {
  if (process.platform !== 'win32') return 'needs Windows'
  if (existsSync('C:\\windows\\system32\\winecfg.exe')) return 'this is Wine'
  try {
    execFileSync('fltmc.exe', { stdio: 'ignore' })
    return undefined
  } catch {
    return 'needs an elevated program'
  }
}

const reason = obstacle()

async function take(sensor: AsyncIterable<EventRecord[]>, until: (record: EventRecord) => boolean) {
  const events: EventRecord[] = []
  for await (const batch of sensor) {
    events.push(...batch)
    if (batch.some(until)) return events
  }
  return events
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()))
}

describe('a real Windows', () => {
  test('a process starts, has an environment, and ends', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS', 'PROCESS_ENVIRONMENT'] })
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => process.exit(3), 1_000)'], {
      env: { ...process.env, KERNELWIRE_TEST: 'here' },
      stdio: 'ignore',
    })
    const isEnd = (record: EventRecord) => isEvent(record, 'TERMINATE_PROCESS') && record.event.PROCESS_ID === child.pid
    const events = await take(sensor, isEnd)
    const started = events.find((record) => isEvent(record, 'NEW_PROCESS') && record.event.PROCESS_ID === child.pid)
    expect(started?.event).toMatchObject({
      FILE_PATH: process.execPath,
      COMMAND_LINE: expect.stringContaining('process.exit(3)'),
      PARENT: { PROCESS_ID: process.pid, FILE_PATH: process.execPath },
      USER_NAME: expect.stringContaining('\\'),
    })
    const environment = events.find((record) => isEvent(record, 'PROCESS_ENVIRONMENT'))
    expect(environment?.event).toMatchObject({
      ENVIRONMENT_VARIABLES: expect.arrayContaining(['KERNELWIRE_TEST=here']),
    })
    expect(events.find(isEnd)?.routing.this).toBeDefined()
  })

  test('we are there already, once', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['EXISTING_PROCESS', 'NEW_PROCESS'] })
    const child = spawn('cmd.exe', ['/c', 'exit'], { stdio: 'ignore' })
    const isChild = (record: EventRecord) => isEvent(record, 'NEW_PROCESS') && record.event.PROCESS_ID === child.pid
    const events = await take(sensor, isChild)
    const ours = events.filter(({ event }) => (event as { PROCESS_ID?: number }).PROCESS_ID === process.pid)
    expect(ours.map(({ routing }) => routing.event_type)).toEqual(['EXISTING_PROCESS'])
  })

  test('of a storm of short processes none is missing, and no command line', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['NEW_PROCESS'] })
    const seen = new Set<string>()
    const reading = (async () => {
      for await (const batch of sensor) {
        for (const record of batch) {
          const number = isEvent(record, 'NEW_PROCESS') ? /storm-(\d+)/.exec(record.event.COMMAND_LINE ?? '') : null
          if (number !== null) seen.add(number[1]!)
        }
      }
    })()
    for (let i = 0; i < 500; i += 25) {
      const children = Array.from({ length: 25 }, (_, k) => spawn('cmd.exe', ['/c', `rem storm-${i + k}`]))
      await Promise.all(children.map(ended))
    }
    await sensor.close()
    await reading
    expect(sensor.stats().lost).toBe(0)
    expect(seen.size).toBe(500)
  })

  test('modules are told with paths that can be opened', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['MODULE_LOAD'] })
    const child = spawn('cmd.exe', ['/c', 'exit'], { stdio: 'ignore' })
    const isNtdll = (record: EventRecord) =>
      isEvent(record, 'MODULE_LOAD') &&
      record.event.PROCESS_ID === child.pid &&
      /\\ntdll\.dll$/i.test(record.event.FILE_PATH ?? '')
    const events = await take(sensor, isNtdll)
    const { FILE_PATH: path } = events.find(isNtdll)!.event as { FILE_PATH: string }
    expect(path).toMatch(/^[A-Z]:\\/)
    expect(existsSync(path)).toBe(true)
  })

  test('nothing is left of a sensor that was closed', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['NEW_PROCESS'] })
    const sessions = () => execFileSync('logman.exe', ['query', '-ets'], { encoding: 'utf8' })
    expect(sessions()).toContain(`kernelwire ${process.pid}-`)
    await sensor.close()
    expect(sessions()).not.toContain(`kernelwire ${process.pid}-`)
  })

  test('a sensor that somebody stops is told and goes on', async ({ skip }) => {
    if (reason !== undefined) skip(reason)
    const sensor = await openSensor({ events: ['NEW_PROCESS'] })
    const name = sensor.stats().windows!.sessions[0]!.name
    execFileSync('logman.exe', ['stop', name, '-ets'])
    const events = await take(sensor, (record) => isEvent(record, 'LOSS_ACCOUNTING'))
    expect(events.at(-1)?.event).toMatchObject({ REASON: 'SESSION_STOPPED' })
  })
})
