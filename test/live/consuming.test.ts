import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { openSensor } from '../../lib/sensor.js'
import { heldBy } from './kernel-objects.js'
import { named, open, until } from './sensor.js'

test('a sensor has one consumer', async () => {
  await using sensor = await open({})
  sensor[Symbol.asyncIterator]()
  expect(() => sensor[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'ERR_CONSUMED' }))
})

test('a sensor that has onBatch cannot be iterated as well', async () => {
  let events = 0
  await using sensor = await open({
    onBatch(batch) {
      events += batch.length
    },
  })
  expect(() => sensor[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'ERR_CONSUMED' }))
  await until(() => events > 0, 'onBatch was called')
})

test('a sensor is closed at the end of the block that uses it', async () => {
  {
    await using sensor = await open({})
    for await (const batch of sensor) {
      expect(batch.length).toBeGreaterThan(0)
      break
    }
  }
  {
    await using _unread = await open({})
    expect(heldBy(process.pid)).not.toEqual(new Set())
  }
  expect(heldBy(process.pid)).toEqual(new Set())
})

test('close() in the loop delivers what happened before, nothing that happened after, and ends the loop', async () => {
  const sensor = await open({ forkWindowMs: 10_000 })
  const events = []
  let before: number | undefined
  let after: number | undefined
  for await (const batch of sensor) {
    events.push(...batch)
    if (before !== undefined) continue
    before = spawnSync('true').pid
    await sensor.close()
    after = spawnSync('true').pid
  }
  expect(named(events, 'NEW_PROCESS', before)).toHaveLength(1)
  expect(named(events, 'TERMINATE_PROCESS', before)).toHaveLength(1)
  expect(named(events, 'NEW_PROCESS', after)).toEqual([])
  expect(heldBy(process.pid)).toEqual(new Set())
})

test('batches that are asked for ahead come one after the other', async () => {
  const sensor = await open({})
  const batches = sensor[Symbol.asyncIterator]()
  const ahead = [batches.next(), batches.next(), batches.next()]
  await ahead[0]
  const { pid: second } = spawnSync('true')
  await ahead[1]
  const { pid: third } = spawnSync('true')
  await ahead[2]
  await sensor.close()
  const events = (await Promise.all(ahead)).flatMap(({ value }) => value ?? [])
  for (let more = await batches.next(); !more.done; more = await batches.next()) events.push(...more.value)
  for (const pid of [second, third]) expect(named(events, 'TERMINATE_PROCESS', pid)).toHaveLength(1)
})

test("an aborted signal's reason comes out of the loop, whether it waits or not", async () => {
  for (const isWaiting of [false, true]) {
    const aborting = new AbortController()
    const reason = new Error('enough')
    const sensor = await open({ signal: aborting.signal })
    const loop = async () => {
      for await (const _ of sensor) if (!isWaiting) aborting.abort(reason)
    }
    if (isWaiting) setTimeout(() => aborting.abort(reason), 100)
    await expect(loop()).rejects.toBe(reason)
    expect(heldBy(process.pid)).toEqual(new Set())
  }
})

test('an aborted signal opens no sensor', async () => {
  const reason = new Error('enough')
  await expect(openSensor({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)

  const aborting = new AbortController()
  const opening = openSensor({ signal: aborting.signal })
  aborting.abort(reason)
  await expect(opening).rejects.toBe(reason)
  expect(heldBy(process.pid)).toEqual(new Set())
})
