/** What is asked for changes at one point of the stream, live and in a replay. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../lib/change.js'
import type { EventName, EventRecord } from '../../lib/events/index.js'
import { buildEvent, FakeSensor } from '../../lib/testing/index.js'
import { exec, exit, fork } from './record-bytes.js'
import { eventsIn, fileRecorder, INIT, RecordedSensor, temporaryFolder } from './recorded-sensor.js'

const LIFE: readonly EventName[] = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS', 'LOSS_ACCOUNTING']

const change = (atMs: number, events: readonly EventName[], filter?: Change['filter']): Change => ({
  atMs,
  events,
  filter,
  coverage: { attachments: [] },
})

const told = (events: readonly EventRecord[]) =>
  events.map(({ routing, event }) => `${routing.event_type} ${'PROCESS_ID' in event ? event.PROCESS_ID : ''}`)

const lifeOf = (pid: number, atMs: number, path = '/bin/x') => {
  const image = { pid, execId: 2, startMs: atMs }
  return [
    fork({ ...image, execId: 1 }, INIT, { atMs }),
    exec(image, INIT, { atMs: atMs + 1, path, arguments: 'x\0' }),
    exit(image, { atMs: atMs + 2 }),
  ]
}

test('records of before and after, in one drain, are told by what was asked for when they were made', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(950)
  sensor.run(970)
  sensor.write(...lifeOf(10, 1_000), ...lifeOf(20, 1_010), ...lifeOf(30, 1_020), ...lifeOf(40, 1_030))
  sensor.drain.prepareUpdate()
  sensor.drain.update(change(1_008, ['TERMINATE_PROCESS', 'LOSS_ACCOUNTING']), undefined)
  sensor.drain.prepareUpdate()
  sensor.drain.update(change(1_018, LIFE, { paths: ['/bin/y'] }), undefined)
  sensor.drain.prepareUpdate()
  sensor.drain.update(change(1_028, LIFE), undefined)
  sensor.run(1_040)
  const live = await sensor.close()
  expect(told(live).filter((one) => !one.endsWith(' 1'))).toEqual([
    'NEW_PROCESS 10',
    'TERMINATE_PROCESS 10',
    'TERMINATE_PROCESS 20',
    'NEW_PROCESS 40',
    'TERMINATE_PROCESS 40',
  ])
  expect((await eventsIn(path)).events.map((record) => JSON.stringify(record))).toEqual(
    live.map((one) => JSON.stringify(one)),
  )
})

test('where nothing happens it comes with time, and who comes into view comes once', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(950)
  sensor.run(970)
  sensor.write(...lifeOf(10, 1_000, '/bin/y').slice(0, 2))
  const steps = [
    change(990, LIFE, { paths: ['/none'] }),
    change(1_010, LIFE, { paths: ['/bin/y'] }),
    change(1_020, LIFE),
  ]
  for (const step of steps) {
    sensor.drain.prepareUpdate()
    sensor.drain.update(step, undefined)
  }
  sensor.run(1_005)
  expect(told(sensor.delivered)).toEqual(['EXISTING_PROCESS 1'])
  sensor.run(1_020)
  expect(told(sensor.delivered)).toEqual(['EXISTING_PROCESS 1'])
  expect(sensor.drain.waitMs(1_020, 10_000)).toBeLessThan(10)
  sensor.run(1_031)
  sensor.run(1_040)
  const live = await sensor.close()
  expect(told(live)).toEqual(['EXISTING_PROCESS 1', 'EXISTING_PROCESS 10'])
  expect((await eventsIn(path)).events.map((record) => JSON.stringify(record))).toEqual(
    live.map((one) => JSON.stringify(one)),
  )
})

test('an event that only a change has asked for can be selected of a recording', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(950)
  sensor.drain.prepareUpdate()
  sensor.drain.update(change(1_008, [...LIFE, 'MODULE_LOAD']), undefined)
  sensor.run(1_040)
  await sensor.close()
  expect((await eventsIn(path, { events: ['MODULE_LOAD'] })).events).toEqual([])
  await expect(eventsIn(path, { events: ['OPEN_NAMED_PIPE'] })).rejects.toMatchObject({ code: 'ERR_EVENT_UNSUPPORTED' })
})

test('a fake sensor is told as a real one is', async () => {
  const sensor = new FakeSensor<EventName>({ events: ['NEW_PROCESS'] })
  const [start, end] = [buildEvent('NEW_PROCESS', {}), buildEvent('TERMINATE_PROCESS', {})]
  sensor.deliver(start, end)
  await sensor.update({ events: ['TERMINATE_PROCESS'], filter: { users: ['root'] } })
  sensor.deliver(start, end)
  for (const [update, code] of [
    [{ events: [] }, 'ERR_OPTION'],
    [{ events: ['NO_SUCH'] }, 'ERR_UNKNOWN_EVENT'],
    [{ filter: { paths: 'x' } }, 'ERR_OPTION'],
    [{ ringBytes: 65_536 }, 'ERR_OPTION'],
    [undefined, 'ERR_OPTION'],
  ] as const) {
    await expect(sensor.update(update as never)).rejects.toMatchObject({ code })
  }
  await sensor.close()
  await expect(sensor.update({})).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  const names: string[] = []
  for await (const { routing } of sensor.events()) names.push(routing.event_type)
  expect(names).toEqual(['NEW_PROCESS', 'TERMINATE_PROCESS'])
})
