/** What a program asks of a live sensor beside its batches. */
import { spawnSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, onTestFinished, test } from 'vitest'
import { type EventRecord, isEvent } from '../../lib/events/index.js'
import type { RawRecord } from '../../lib/raw-record.js'
import { open, until } from './sensor.js'
import { storm } from './storm.js'

/** What is published from now to the end of the test. */
function published(name: string): Record<string, unknown>[] {
  const messages: Record<string, unknown>[] = []
  const listen = (message: unknown) => void messages.push(message as Record<string, unknown>)
  subscribe(`kernelwire:${name}`, listen)
  onTestFinished(() => void unsubscribe(`kernelwire:${name}`, listen))
  return messages
}

test('a process and its ancestors, while its events are handled and when it is gone', async () => {
  const sensor = await open({ events: ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'], forkWindowMs: 10_000 })
  onTestFinished(() => sensor.close())
  const { pid } = spawnSync('sh', ['-c', 'env true face-test; exit 0'])
  let atom = ''
  for await (const record of sensor.events()) {
    if (isEvent(record, 'NEW_PROCESS') && record.event.COMMAND_LINE === 'true face-test') {
      atom = record.routing.this
      const { PARENT, ...own } = record.event
      expect(sensor.process(atom)).toEqual({ ...own, THIS_ATOM: atom, PARENT_ATOM: record.routing.parent })
      expect(sensor.process(atom)?.PARENT_ATOM).toBe(PARENT?.THIS_ATOM)
    }
    if (isEvent(record, 'TERMINATE_PROCESS') && record.event.PROCESS_ID === pid) break
  }
  const ancestors = sensor.ancestors(atom).map(({ PROCESS_ID }) => PROCESS_ID)
  expect(ancestors.slice(0, 2)).toEqual([pid, process.pid])
  expect(sensor.process(process.pid)).toMatchObject({ PROCESS_ID: process.pid, FILE_PATH: process.execPath })
  expect(sensor.process(pid)).toMatchObject({ COMMAND_LINE: 'sh -c env true face-test; exit 0' })
})

test('each event to the handler of its name, each record of the kernel to onRecord', async () => {
  const handled: string[] = []
  const raw: { name: string | undefined; pid: number; bytes: number }[] = []
  let kept: RawRecord | undefined
  const sensor = await open({
    forkWindowMs: 10_000,
    on: {
      NEW_PROCESS: ({ event }) => void handled.push(`start ${event.PROCESS_ID}`),
      TERMINATE_PROCESS: ({ event }) => void handled.push(`end ${event.PROCESS_ID}`),
    },
    onRecord: (record) => {
      raw.push({ name: record.name, pid: record.pid, bytes: record.bytes().length })
      kept = record
    },
  })
  onTestFinished(() => sensor.close())
  const { pid } = spawnSync('true')
  await until(() => handled.includes(`end ${pid}`), 'its end is handled')
  expect(handled.filter((line) => line.endsWith(` ${pid}`))).toEqual([`start ${pid}`, `end ${pid}`])
  const own = raw.filter((record) => record.pid === pid)
  expect(own.map(({ name }) => name)).toEqual(expect.arrayContaining(['FORK', 'EXEC', 'EXIT']))
  expect(own.every(({ bytes }) => bytes >= 32)).toBe(true)
  expect(() => kept!.pid).toThrow('until onRecord returns')
})

test('who listens on the channels is told of opening, losses and closing', async () => {
  const [opened, closed, losses] = [published('open'), published('close'), published('loss')]
  const sensor = await open({ events: ['TERMINATE_PROCESS'], ringBytes: 65_536 })
  onTestFinished(() => sensor.close())
  expect(opened).toEqual([{ sensor, coverage: sensor.coverage }])
  await storm({ exits: 2_000 })
  const told: EventRecord[] = []
  for await (const batch of sensor) {
    told.push(...batch.filter((record) => isEvent(record, 'LOSS_ACCOUNTING')))
    if (told.length > 0) break
  }
  expect(losses.slice(0, told.length)).toEqual(told.map((record) => ({ sensor, record })))
  expect(closed).toEqual([{ sensor, stats: sensor.stats() }])
})
