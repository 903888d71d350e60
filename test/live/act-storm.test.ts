/** One process that creates and opens pipes, and opens the memory of another one, again and again. */
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isEvent } from '../../lib/events/index.js'
import { numberAfter } from './held.js'
import { program } from './programs.js'
import { Collected, ended, named, open } from './sensor.js'
import { scaled } from './storm.js'
import { temporaryFolder } from './temporary.js'

const EVENTS = ['NEW_PROCESS', 'NEW_NAMED_PIPE', 'OPEN_NAMED_PIPE', 'REMOTE_PROCESS_HANDLE'] as const
/** Of each kind; of pipes there are two. A record takes at least 56 bytes. */
const TIMES = scaled(3_000)
const RING_BYTES = 65_536
const TIMES_THAT_OVERFLOW = (2 * RING_BYTES) / 56

async function actOften(times: number) {
  const folder = realpathSync(temporaryFolder())
  const child = spawn(program('act-often'), [`${Math.ceil(times)}`, folder], { stdio: 'pipe' })
  const { code, output } = await ended(child)
  expect(code).toBe(0)
  return { pid: child.pid!, target: numberAfter(output, 'child'), path: `${folder}/pipe` }
}

test('each time is told', async () => {
  const collected = await Collected.open({ events: EVENTS })
  const { pid, target, path } = await actOften(TIMES)
  const { events, sensor } = await collected.close()
  expect(sensor.stats().lost).toBe(0)
  for (const name of ['NEW_NAMED_PIPE', 'OPEN_NAMED_PIPE'] as const) {
    const pipes = named(events, name, pid)
    expect(pipes).toHaveLength(TIMES)
    expect(new Set(pipes.map(({ event }) => event.FILE_PATH))).toEqual(new Set([path]))
  }
  const handles = named(events, 'REMOTE_PROCESS_HANDLE', target)
  expect(handles).toHaveLength(TIMES)
  expect(handles.every(({ event }) => event.PARENT_PROCESS_ID === pid && event.ACCESS_FLAGS === 0x10)).toBe(true)
})

test('what a small ring has no room for is told as lost, to the record', async () => {
  const sensor = await open({ events: EVENTS, ringBytes: RING_BYTES })
  const batches = sensor[Symbol.asyncIterator]()
  // One batch, and then none until all is over.
  const first = batches.next()
  await actOften(TIMES_THAT_OVERFLOW)
  await sensor.close()
  const losses = []
  for (let result = await first; !result.done; result = await batches.next()) {
    losses.push(...result.value.filter((record) => isEvent(record, 'LOSS_ACCOUNTING')))
  }
  for (const type of ['ACCESS', 'PIPE'] as const) {
    const { attempts, read, failed, refused, delivered } = sensor.stats().records[type]
    expect(attempts).toBeGreaterThanOrEqual(TIMES_THAT_OVERFLOW)
    expect(failed + refused).toBeGreaterThan(0)
    expect(attempts).toBe(read + failed + refused)
    expect(delivered).toBe(read)
    expect(losses.reduce((sum, { event }) => sum + (event.LOST[type] ?? 0), 0)).toBe(failed + refused)
  }
})
