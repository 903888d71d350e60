/** Libraries that are loaded again and again, by several threads at once. */
import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isEvent } from '../../lib/events/index.js'
import { library, program } from './programs.js'
import { Collected, ended, open } from './sensor.js'
import { scaled } from './storm.js'
import { temporaryFolder } from './temporary.js'

const THREADS = 4
const TIMES = scaled(500)
const RING_BYTES = 65_536
/** A record takes at least 104 bytes. */
const TIMES_THAT_OVERFLOW = Math.ceil((2 * RING_BYTES) / 104 / THREADS)
const EVENTS = ['NEW_PROCESS', 'MODULE_LOAD'] as const

/** Runs it to its end. `moves`: how many loads were at another address than the one before. */
async function loadOften(times: number): Promise<{ pid: number; libraries: string[]; moves: number }> {
  const folder = temporaryFolder()
  const libraries = Array.from({ length: THREADS }, (_, i) => join(folder, `library${i}.so`))
  for (const copy of libraries) copyFileSync(library('library'), copy)
  const child = spawn(program('load-often'), [`${times}`, ...libraries], { stdio: 'pipe' })
  const { code, output } = await ended(child)
  expect(code).toBe(0)
  const moves = Number(output)
  expect(moves).toBeGreaterThan(0.9 * THREADS * times)
  return { pid: child.pid!, libraries, moves }
}

test('each time at another address is told', async () => {
  const collected = await Collected.open({ events: EVENTS })
  const { pid, libraries, moves } = await loadOften(TIMES)
  const { events, sensor } = await collected.close()
  const loads = events
    .filter((record) => isEvent(record, 'MODULE_LOAD'))
    .filter(({ event }) => event.PROCESS_ID === pid && libraries.includes(event.FILE_PATH ?? ''))
  expect(sensor.stats().lost).toBe(0)
  expect(loads).toHaveLength(moves)
  for (const library of libraries) {
    const places = loads.filter(({ event }) => event.FILE_PATH === library).map(({ event }) => event.BASE_ADDRESS)
    expect(places.filter((place, i) => place === places[i - 1])).toEqual([])
  }
})

test('what a small ring has no room for is told as lost, to the record', async () => {
  const sensor = await open({ events: EVENTS, ringBytes: RING_BYTES })
  const batches = sensor[Symbol.asyncIterator]()
  // One batch, and then none until all is over.
  const first = batches.next()
  const { moves } = await loadOften(TIMES_THAT_OVERFLOW)
  await sensor.close()
  let told = 0
  for (let result = await first; !result.done; result = await batches.next()) {
    for (const record of result.value) if (isEvent(record, 'LOSS_ACCOUNTING')) told += record.event.LOST.MODULE ?? 0
  }
  const { attempts, read, failed, refused, delivered } = sensor.stats().records.MODULE
  expect(attempts).toBeGreaterThanOrEqual(moves)
  expect(refused).toBeGreaterThan(0)
  expect(attempts).toBe(read + failed + refused)
  expect(delivered).toBe(read)
  expect(told).toBe(failed + refused)
})
