/** A fake sensor is consumed as a real one is. */
import { expect, test } from 'vitest'
import { type EventRecord, isEvent } from '../../lib/events/index.js'
import { LiveSensor } from '../../lib/live-sensor.js'
import { buildEvent, FakeSensor, ScriptedMachine } from '../../lib/testing/index.js'

const start = (pid: number) => buildEvent('NEW_PROCESS', { PROCESS_ID: pid })

test('it has all that a sensor has', () => {
  const face = Object.getOwnPropertyNames(LiveSensor.prototype).filter((name) => name !== 'constructor')
  const fake = new FakeSensor()
  expect(face.filter((name) => !(name in fake))).toEqual([])
})

test('batches, single events, handlers', async () => {
  const looped: number[] = []
  const one = new FakeSensor({ events: ['NEW_PROCESS'] }).deliver(start(1), start(2))
  const loop = (async () => {
    for await (const batch of one) looped.push(batch.length)
  })()
  await expect.poll(() => looped).toEqual([2])
  one.deliver(start(3))
  await one.close()
  await loop
  expect(looped).toEqual([2, 1])

  const single: EventRecord[] = []
  const other = new FakeSensor({ events: ['NEW_PROCESS'] }).deliver(start(1), start(2))
  for await (const record of other.events()) {
    single.push(record)
    if (single.length === 2) break
  }
  expect(single).toHaveLength(2)
  expect(() => other.deliver(start(3))).toThrow('is closed')

  const handled: number[] = []
  const third = new FakeSensor({ on: { TERMINATE_PROCESS: ({ event }) => void handled.push(event.PROCESS_ID) } })
  third.deliver(start(4), buildEvent('TERMINATE_PROCESS', { PROCESS_ID: 4 }))
  await third.close()
  expect(handled).toEqual([4])
})

test('only what was asked for, and a loss in any case', async () => {
  const sensor = new FakeSensor({ events: ['TERMINATE_PROCESS'] })
  sensor.deliver(start(1), buildEvent('TERMINATE_PROCESS'), buildEvent('LOSS_ACCOUNTING'))
  await sensor.close()
  const names: string[] = []
  for await (const batch of sensor) {
    for (const record of batch) names.push(isEvent(record, 'LOSS_ACCOUNTING') ? 'loss' : record.routing.event_type)
  }
  expect(names).toEqual(['TERMINATE_PROCESS', 'loss'])
  expect(sensor.stats().events).toMatchObject({ TERMINATE_PROCESS: 1, NEW_PROCESS: 0 })
})

test('what a sensor refuses is refused, and a failure reaches the loop', async () => {
  expect(() => new FakeSensor({ ringBytes: 1 })).toThrow('"ringBytes"')
  const broken = new FakeSensor()
  expect(() => [broken[Symbol.asyncIterator](), broken[Symbol.asyncIterator]()]).toThrow('one consumer')

  const abort = new AbortController()
  const aborted = new FakeSensor({ signal: abort.signal })
  const next = aborted[Symbol.asyncIterator]().next()
  abort.abort(new Error('enough'))
  await expect(next).rejects.toThrow('enough')
  const failed = new FakeSensor()
  failed.fail(new Error('broken'))
  await expect(failed[Symbol.asyncIterator]().next()).rejects.toThrow('broken')
  await expect(failed.dump()).rejects.toMatchObject({ code: 'ERR_OPTION' })
})

test('it knows the processes that its events tell of, as their own events do', async () => {
  const machine = new ScriptedMachine({ extended: true })
  const nginx = machine.runs('/usr/sbin/nginx')
  const shell = nginx.starts('/bin/sh')
  const id = shell.starts('/usr/bin/id')
  id.ends()
  const sensor = new FakeSensor({ extended: true }).deliver(...machine.takeEvents())
  expect(sensor.processes()).toEqual([nginx.nested, shell.nested])
  expect(sensor.process(id.pid)).toEqual(id.nested)
  expect(Object.keys(sensor.process(id.atom)!)).toEqual(Object.keys(id.nested))
  expect(sensor.ancestors(id.atom)).toEqual([shell.nested, nginx.nested])
  expect(sensor.process('no such atom')).toBeUndefined()
})
