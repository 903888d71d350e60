/** CODE_IDENTITY, ONGOING_IDENTITY and HASH of a live sensor: real files, and records of a stand-in that say they were run. */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { EventName, EventRecord } from '../../lib/events/index.js'
import { openSensor, type Sensor } from '../../lib/sensor.js'
import { type EtwEvent, memoryOf } from '../unit/etw-bytes.js'
import { BEGIN, load, start } from '../unit/etw-run.js'
import { only } from '../unit/playback.js'
import { signatureStandIn, signedFile, whyNoFiles } from './signed-files.js'
import { fileTime, frameOf, isOfKernel, standIn } from './stand-in.js'

const trace = standIn()
const signatures = signatureStandIn()
const scratch = mkdtempSync(path.join(tmpdir(), 'kernelwire-'))
const EVENTS = ['NEW_PROCESS', 'MODULE_LOAD', 'CODE_IDENTITY', 'ONGOING_IDENTITY'] as const

beforeEach(() => {
  trace.reset()
  trace.setNow(fileTime(BEGIN + 3_600_000), true)
  trace.listProcesses(false)
  signatures.wish({})
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function feed(...events: EtwEvent[]): void {
  const { records, offsets } = memoryOf(events)
  for (const at of offsets) trace.feed(isOfKernel(records, at)!, frameOf(records, at))
}

let pid = 4_000
/** A process that starts, and the load of its program. */
function started(file: string, ms: number): EtwEvent[] {
  pid += 4
  return [start({ pid, name: path.basename(file), ms }), load({ pid, path: file, ms, built: 7 })]
}

interface Reading {
  events: EventRecord[]
  /** Waits until so many of these have come. */
  until(count: number, ...names: EventName[]): Promise<EventRecord[]>
  end(): Promise<EventRecord[]>
}

function reading(sensor: Pick<Sensor, 'close'> & AsyncIterable<EventRecord[]>): Reading {
  const events: EventRecord[] = []
  const loop = (async () => {
    for await (const batch of sensor) events.push(...batch)
  })()
  const of = (names: EventName[]) => events.filter(({ routing }) => names.includes(routing.event_type))
  return {
    events,
    async until(count, ...names) {
      while (of(names).length < count) await sleep(5)
      return of(names)
    },
    async end() {
      while (trace.left() > 0) await sleep(5)
      await sensor.close()
      await loop
      return events
    },
  }
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

describe.skipIf(whyNoFiles !== undefined)('programs of ours', () => {
  test('each is told with its hash and its signature, when it is run and when it is loaded', async () => {
    const sensor = await openSensor({ events: [...EVENTS] })
    const names = ['signed.exe', 'unsigned.exe', 'tampered.exe']
    const files = names.map(signedFile)
    const read = reading(sensor)
    feed(...files.flatMap((file, i) => started(file, i)))
    const told = await read.until(6, 'CODE_IDENTITY', 'ONGOING_IDENTITY')
    await read.end()
    const bodies = only('CODE_IDENTITY', told).map(({ event }) => event)
    expect(bodies.map(({ FILE_PATH }) => FILE_PATH)).toEqual(files)
    expect(bodies.map(({ HASH }) => HASH)).toEqual(files.map(sha256))
    expect(bodies.map(({ SIGNATURE }) => SIGNATURE)).toMatchObject([
      { FILE_PATH: files[0], FILE_IS_SIGNED: 1, CERT_SUBJECT: expect.stringContaining('CN=signer') },
      { FILE_PATH: files[1], FILE_IS_SIGNED: 0, FILE_CERT_IS_VERIFIED_LOCAL: 0 },
      { FILE_PATH: files[2], FILE_IS_SIGNED: 1, FILE_CERT_IS_VERIFIED_LOCAL: 0, CERT_CHAIN_STATUS: 123 },
    ])
    for (const body of bodies) {
      expect(body).toMatchObject({
        ERROR: 0,
        FILE_INFO: '1.2.3.4',
        ORIGINAL_FILE_NAME: 'sch\u00f6n.exe',
        FILE_SIZE: readFileSync(body.FILE_PATH).length,
        ATTRIBUTES: expect.any(Number),
      })
    }
    // The main module of each is loaded after its process has started.
    const [first] = only('ONGOING_IDENTITY', told)
    expect(first!.event).toMatchObject({ FILE_PATH: files[0], MEMORY_SIZE: 0x1000 })
    expect(sensor.stats().identities).toEqual({ hashed: 3, failed: 0, waiting: 0, overflowed: 0 })
    expect(sensor.coverage.identities).toBe('executed and mapped')
  })

  test('what is known is on the next process and module', async () => {
    const sensor = await openSensor({ events: [...EVENTS] })
    const file = signedFile('signed.exe')
    const read = reading(sensor)
    feed(...started(file, 0))
    await read.until(1, 'CODE_IDENTITY')
    feed(...started(file, 10))
    const [before, process] = await read.until(2, 'NEW_PROCESS')
    const [, module] = await read.until(2, 'MODULE_LOAD')
    await read.end()
    expect(before!.event).not.toHaveProperty('HASH')
    const known = { HASH: sha256(file), FILE_IS_SIGNED: 1 }
    expect(process!.event).toMatchObject({ ...known, ORIGINAL_FILE_NAME: 'sch\u00f6n.exe' })
    expect(module!.event).toMatchObject(known)
  })

  test('a file that is looked at again and is the same is not read again', async () => {
    const sensor = await openSensor({ events: [...EVENTS] })
    const file = signedFile('signed.exe')
    const read = reading(sensor)
    feed(...started(file, 0))
    await read.until(1, 'CODE_IDENTITY')
    const looks = signatures.calls().length
    feed(...started(file, 20_000))
    const ongoing = await read.until(3, 'ONGOING_IDENTITY')
    await read.end()
    expect(signatures.calls()).toHaveLength(looks)
    expect(ongoing.at(-1)!.event).toMatchObject({ HASH: sha256(file), ORIGINAL_FILE_NAME: 'sch\u00f6n.exe' })
  })

  test('another file at the same path is another pair', async () => {
    const sensor = await openSensor({ events: [...EVENTS] })
    const file = path.join(scratch, 'replaced.exe')
    copyFileSync(signedFile('signed.exe'), file)
    const hashes = [sha256(file)]
    const read = reading(sensor)
    feed(...started(file, 0))
    await read.until(1, 'CODE_IDENTITY')
    copyFileSync(signedFile('unsigned.exe'), file)
    hashes.push(sha256(file))
    feed(...started(file, 20_000))
    const told = await read.until(2, 'CODE_IDENTITY')
    await read.end()
    expect(told.map(({ event }) => (event as { HASH: string }).HASH)).toEqual(hashes)
  })
})

test('files that were run last are told at the end', async () => {
  const file = path.join(scratch, 'last.exe')
  writeFileSync(file, 'no program')
  const sensor = await openSensor({ events: ['CODE_IDENTITY'] })
  const read = reading(sensor)
  feed(...started(file, 0))
  const events = await read.end()
  expect(only('CODE_IDENTITY', events).map(({ event }) => event)).toMatchObject([
    { FILE_PATH: file, HASH: sha256(file), SIGNATURE: { FILE_IS_SIGNED: 0 } },
  ])
})

test('a file that is gone, on another machine, or too large has an ERROR and no hash', async () => {
  const large = path.join(scratch, 'large.exe')
  writeFileSync(large, Buffer.alloc(5_000))
  const sensor = await openSensor({ events: ['CODE_IDENTITY'], hashLimitBytes: 4_000 })
  const files = ['C:\\nothing.exe', '\\\\server\\share\\far.exe', large]
  const read = reading(sensor)
  feed(...files.flatMap((file, i) => started(file, i)))
  const told = only('CODE_IDENTITY', await read.until(3, 'CODE_IDENTITY'))
  await read.end()
  expect(told.map(({ event }) => [event.FILE_PATH, event.ERROR, event.HASH])).toEqual([
    [files[0], 2, undefined],
    [files[1], 50, undefined],
    [files[2], 223, undefined],
  ])
  expect(told[2]!.event).toMatchObject({ FILE_SIZE: 5_000, MODIFICATION_TIME: expect.any(Number) })
})

test('a sensor that is closed while a file is read ends', async () => {
  const file = path.join(scratch, 'huge.exe')
  writeFileSync(file, Buffer.alloc(200 * 2 ** 20))
  const abort = new AbortController()
  const sensor = await openSensor({ events: ['NEW_PROCESS', 'CODE_IDENTITY'], signal: abort.signal })
  const loop = (async () => {
    for await (const _ of sensor) abort.abort(new Error('enough'))
  })()
  feed(...started(file, 0))
  await expect(loop).rejects.toThrow('enough')
  await sensor.close()
  expect(sensor.stats().identities).toMatchObject({ hashed: 0, waiting: 1 })
})

test('without options a sensor has CODE_IDENTITY, of processes that run too', async () => {
  trace.setNow(fileTime(Date.now()), true)
  trace.listProcesses(true)
  const sensor = await openSensor()
  const read = reading(sensor)
  while (!only('CODE_IDENTITY', read.events).some(({ event }) => event.FILE_PATH === process.execPath)) await sleep(20)
  await read.end()
  const us = only('CODE_IDENTITY', read.events).find(({ event }) => event.FILE_PATH === process.execPath)
  const existing = only('EXISTING_PROCESS', read.events).find(({ event }) => event.PROCESS_ID === process.pid)
  expect(us!.event).toMatchObject({ HASH: sha256(process.execPath), ORIGINAL_FILE_NAME: 'node.exe' })
  expect(us!.routing.parent).toBe(existing!.routing.this)
})
