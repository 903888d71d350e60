/** Lines of --raw: what they say is what raw.ts says, and what describes itself is decoded. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../lib/cli/replay.js'
import { FLAG, RECORD } from '../../lib/decode/etw/layout.js'
import { providerNames, UNNAMED_MAX } from '../../lib/etl/provider-names.js'
import { rawEvent } from '../../lib/etl/raw.js'
import { RawLines } from '../../lib/etl/raw-lines.js'
import { selfDescribed } from '../../lib/etl/trace-logging.js'
import { FRAME_BYTES, Records } from '../../lib/records.js'
import { ETL_FOLDER } from './etl-files.js'
import { eachRecord } from './etl-records.js'
import { FakeTerminal } from './terminal.js'

const MISSING = ETL_FOLDER === undefined

test.skipIf(MISSING).each([
  ['tx-win7-kernel-process.etl', ''],
  ['pv-win10-primitive-types.etl.zip', '.etl'],
  ['sonde-win-insider-29559.etl', ''],
  ['s4-win11-windowsupdate-lost.etl', ''],
  ['jl-win-perfview.etl.zip', '.etl'],
])('%s: each line is the event', async (file, entry) => {
  const lines = new RawLines('json')
  let text = ''
  const events: unknown[] = []
  await eachRecord(ETL_FOLDER!, file, entry, (records, at) => {
    expect(lines.add(records, at)).toBe(true)
    events.push(rawEvent(records, at))
    if (lines.isFull) text += Buffer.from(lines.take()).toString()
  })
  text += Buffer.from(lines.take()).toString()
  expect(text.trimEnd().split('\n')).toEqual(events.map((event) => JSON.stringify(event)))
})

test.skipIf(MISSING)('fields of pv-win10-primitive-types are those of its baseline', async () => {
  const baseline = readFileSync(join(ETL_FOLDER!, 'pv-win10-primitive-types.baseline.txt'), 'utf8')
  const expected = [...baseline.matchAll(/^EVENT [\d,.]+: solar_system\/PrimitiveTypesTest (.*)$/gm)].map(([, words]) =>
    Object.fromEntries([...words!.matchAll(/(\w+_type)=(.*?);/g)].map(([, name, value]) => [name, value])),
  )
  const terminal = new FakeTerminal()
  await run([join(ETL_FOLDER!, 'pv-win10-primitive-types.etl.zip'), '--raw', '--provider', 'solar_system'], terminal)
  const events = terminal.output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events).toHaveLength(5)
  expect(events.every(({ event }) => event === 'PrimitiveTypesTest')).toBe(true)
  // Times are cut to hundredths there, GUIDs to 20 characters; hundredths of SYSTEMTIME it has wrong.
  const shown = events.map(({ fields }) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => {
        if (typeof value === 'boolean') return [name, value ? 'True' : 'False']
        if (name === 'guid_type') return [name, `${String(value).slice(0, 20)}...`]
        const [, date, time] = /^20(.*)T(.*?\.\d\d)/.exec(String(value)) ?? []
        return [name, date === undefined ? String(value) : `${date.replaceAll('-', '/')} ${time}...`]
      }),
    ),
  )
  const seconds = (fields: Record<string, string>) => ({
    ...fields,
    system_time_type: fields.system_time_type!.slice(0, 17),
  })
  expect(shown.map(seconds)).toEqual(expected.map((fields) => seconds(fields as Record<string, string>)))
})

test.skipIf(MISSING)('hw3d and sonde, looked at', async () => {
  const terminal = new FakeTerminal()
  await run([join(ETL_FOLDER!, 'hw3d-win11-tracelogging.etl'), '--raw', '--provider', 'Atum-Hw3d'], terminal)
  expect(JSON.parse(terminal.output)).toMatchObject({ event: 'WinMain', fields: { lpCmdLine: '', nCmdShow: 10 } })
  const other = new FakeTerminal()
  await run([join(ETL_FOLDER!, 'sonde-win-insider-29559.etl'), '--raw', '--provider', 'sonde-gateway'], other)
  expect(other.output.split('\n').map((line) => (line === '' ? undefined : JSON.parse(line).fields))).toContainEqual({
    time: '2026-03-27T03:57:22.428Z',
    message: 'WAKE received',
    node_id: 'sensor--1',
    seq: '629728878295337597',
    battery_mv: 3_300,
  })
})

test('arrays, structures, counted text; what leaves the payload ends the fields', () => {
  const schema = meta(
    'Event',
    field('list', 0x46),
    field('pair', 0x18 | 0x80, 2),
    field('one', 3),
    field('two', 0x16),
    field('fixed', 0x24, 2, 0),
    field('wrong', 0x17),
  )
  const payload = Buffer.from([2, 0, 7, 0, 8, 0, 0xff, 2, 0, 0x41, 0, 5, 6, 99, 0, 1])
  expect(selfDescribed(...memory(payload, schema))).toEqual({
    provider: 'Maker',
    event: 'Event',
    fields: { list: [7, 8], pair: { one: -1, two: 'A' }, fixed: [5, 6] },
    isCut: true,
  })
})

test('a field called __proto__ is a field, and two of one name are two', () => {
  const schema = meta('Event', field('__proto__', 4), field('a', 4), field('a', 4))
  const text = JSON.stringify(selfDescribed(...memory(Buffer.from([1, 2, 3]), schema))!.fields)
  expect(text).toBe('{"__proto__":1,"a":2,"a#3":3}')
})

test('a schema that makes no sense, or nests without end, describes nothing', () => {
  for (const bytes of [
    [],
    [0],
    [0, 0x61],
    [0, 0x61, 0, 0x62, 0],
    [0, 0x61, 0, ...Array(64).fill([0x62, 0, 0x98, 1]).flat()],
  ]) {
    expect(selfDescribed(...memory(Buffer.alloc(4), Buffer.from([0, 0, ...bytes])))).toBeUndefined()
  }
})

function field(name: string, ...type: number[]): Buffer {
  return Buffer.concat([Buffer.from(`${name}\0`), Buffer.from(type)])
}

function meta(event: string, ...fields: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0]), Buffer.from(`${event}\0`), ...fields])
}

/** A record with the two items. */
function memory(payload: Buffer, schema: Buffer): [Records, number] {
  const item = (type: number, data: Buffer) => {
    const bytes = Buffer.alloc(8 + ((data.length + 7) & ~7))
    bytes.writeUInt32LE(data.length, 0)
    bytes.writeUInt16LE(type, 4)
    data.copy(bytes, 8)
    return bytes
  }
  const items = Buffer.concat([item(12, Buffer.from('\0\0Maker\0')), item(11, schema)])
  const padded = Buffer.concat([payload, Buffer.alloc((8 - (payload.length % 8)) % 8)])
  const record = Buffer.alloc(RECORD.SIZE)
  record[RECORD.flags] = 16
  record.writeUInt32LE(payload.length, RECORD.payload_length)
  record.writeUInt32LE(items.length, RECORD.extended_length)
  const whole = Buffer.concat([Buffer.alloc(FRAME_BYTES), record, padded, items])
  const bytes = new ArrayBuffer((whole.length + 7) & ~7)
  new Uint8Array(bytes).set(whole)
  return [new Records(bytes), FRAME_BYTES]
}

test('a provider that has a manifest costs no look through the whole file for its name', async () => {
  const records = new Records(new ArrayBuffer(4_096))
  const at = FRAME_BYTES
  records.u8.set([0x78, 0x56, 0x34, 0x12], at + RECORD.guid)
  const offsets = new Uint32Array([at])
  const stepsFor = async (events: number) => {
    let steps = 0
    const step = async () => (steps++ < 1e5 ? 1 : undefined)
    const wanted = new Map([['12345678-0000-0000-0000-000000000000', events]])
    expect(await providerNames({ records, offsets, step }, wanted)).toEqual(new Map())
    return steps
  }
  expect(await stepsFor(3)).toBe(3)
  expect(await stepsFor(1e6)).toBe(UNNAMED_MAX)
  records.u16[(at + RECORD.flags) >>> 1] = FLAG.CLASSIC
  expect(await stepsFor(3), 'classic events are none of those').toBe(1e5 + 1)
})
