/** What a program can ask of a sensor beside its batches. */
import { spawnSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, onTestFinished, test } from 'vitest'
import type { EventOf } from '../../lib/events/index.js'
import { open, until } from './sensor.js'

test('one event at a time, each process with its ancestors, also when it has ended', async () => {
  const sensor = await open({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS'] })
  const { pid } = spawnSync('sh', ['-c', 'true; true'])
  const seen: string[] = []
  for await (const record of sensor.events()) {
    if (!('PROCESS_ID' in record.event) || record.event.PROCESS_ID !== pid) continue
    seen.push(record.routing.event_type)
    if (record.routing.event_type === 'TERMINATE_PROCESS') break
  }
  expect(seen.at(0)).toBe('NEW_PROCESS')
  const shell = sensor.process(pid)!
  expect(shell).toMatchObject({ PROCESS_ID: pid, PARENT_PROCESS_ID: process.pid })
  expect(sensor.process(shell.THIS_ATOM!)).toEqual(shell)
  const ancestors = sensor.ancestors(shell.THIS_ATOM!).map(({ PROCESS_ID }) => PROCESS_ID)
  expect(ancestors.slice(0, 2)).toEqual([process.pid, process.ppid])
  expect(sensor.process(0x7fff_fff0)).toBeUndefined()
})

test('handlers by name, and the raw records before the events that are made of them', async () => {
  const ended: number[] = []
  const raw: [name: string | undefined, pid: number][] = []
  const sensor = await open({
    on: { TERMINATE_PROCESS: ({ event }: EventOf<'TERMINATE_PROCESS'>) => ended.push(event.PROCESS_ID) },
    onRecord: ({ name, pid }) => raw.push([name, pid]),
  })
  const { pid } = spawnSync('true')
  await until(() => ended.includes(pid), 'its end was told')
  await sensor.close()
  expect(raw.filter((one) => one[1] === pid).map(([name]) => name)).toEqual(['FORK', 'EXEC', 'EXIT'])
})

test('diagnostics channels say when a sensor opens and closes, and what it lost', async () => {
  const told: [channel: string, message: unknown][] = []
  const hear = (message: unknown, channel: string | symbol) => told.push([String(channel), message])
  const channels = ['kernelwire:open', 'kernelwire:close', 'kernelwire:loss']
  for (const channel of channels) subscribe(channel, hear)
  onTestFinished(() => {
    for (const channel of channels) unsubscribe(channel, hear)
  })

  const sensor = await open({ events: ['TERMINATE_PROCESS'], ringBytes: 64 * 1024 })
  expect(told).toEqual([['kernelwire:open', { sensor, coverage: sensor.coverage }]])
  // 40 bytes for each end, 64 and more for each start, and nobody reads.
  for (let i = 0; i < 600; i++) spawnSync('true')
  for await (const [record] of sensor) if (record!.routing.event_type === 'LOSS_ACCOUNTING' || told.length > 1) break
  await sensor.close()
  const names = told.map(([channel]) => channel)
  expect(names.at(-1)).toBe('kernelwire:close')
  expect(names.filter((name) => name === 'kernelwire:loss').length).toBeGreaterThan(0)
})
