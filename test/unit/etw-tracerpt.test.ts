import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROVIDER, RECORD } from '../../lib/decode/etw/layout.js'
import { Payload } from '../../lib/decode/etw/payload.js'
import { decodeTraceHeader, TraceHeaderFields } from '../../lib/decode/etw/trace-header.js'
import { fileTimeText } from '../../lib/etl/file-time.js'
import { corpusFolder } from './corpus.js'
import { eachRecord } from './etl-records.js'

/** What Microsoft's tracerpt decoded from the recording of the same name. */
const FOLDER = corpusFolder('etl')
const files = FOLDER === undefined ? [] : readdirSync(FOLDER).filter((file) => file.endsWith('.xml'))

describe.skipIf(FOLDER === undefined)('decoded by tracerpt (skipped where it is not at hand)', () => {
  test.each(files)('%s: every event, its time to the last 100 ns, and the header', async (file) => {
    const expected = [...readFileSync(join(FOLDER!, file), 'utf8').matchAll(/<Event .*?<\/Event>/gs)].map(
      ([xml]) => xml,
    )
    const events: object[] = []
    let header: TraceHeaderFields | undefined
    await eachRecord(FOLDER!, file.replace('.xml', '.etl'), '', (records, at) => {
      const { u8 } = records
      const isClassic = (u8[at + RECORD.flags]! & 1) !== 0
      events.push({
        time: fileTimeText(records, at + RECORD.time),
        id: isClassic ? 0 : u8.readUInt16LE(at + RECORD.id),
        version: u8[at + RECORD.version],
        opcode: u8[at + RECORD.opcode],
        pid: u8.readUInt32LE(at + RECORD.pid),
        tid: u8.readUInt32LE(at + RECORD.tid),
        cpu: u8.readUInt16LE(at + RECORD.cpu),
      })
      if (u8.readUInt16LE(at + RECORD.provider) !== PROVIDER.EVENT_TRACE || u8[at + RECORD.opcode] !== 0) return
      const payload = new Payload(records)
      payload.aim(at, records.length(at))
      header = new TraceHeaderFields()
      decodeTraceHeader(payload, header)
    })
    expect(events).toEqual(expected.map(eventOf))
    const data = Object.fromEntries(
      [...expected[0]!.matchAll(/<Data Name="(\w+)">\s*(.*?)<\/Data>/g)].map((m) => [m[1], m[2]]),
    )
    expect({
      ProviderVersion: String(header!.build),
      NumberOfProcessors: String(header!.processors),
      PointerSize: String(header!.pointerSize),
      EventsLost: String(header!.eventsLost),
      BuffersLost: String(header!.buffersLost),
      BootTime: String(join64(header!.bootHigh, header!.bootLow)),
      StartTime: String(join64(header!.startHigh, header!.startLow)),
    }).toEqual({
      ProviderVersion: data.ProviderVersion,
      NumberOfProcessors: data.NumberOfProcessors,
      PointerSize: data.PointerSize,
      EventsLost: data.EventsLost,
      BuffersLost: data.BuffersLost,
      BootTime: data.BootTime,
      StartTime: data.StartTime,
    })
  })
})

function eventOf(xml: string): object {
  const number = (pattern: RegExp) => Number(pattern.exec(xml)![1])
  return {
    time: utc(/SystemTime="(.*?)"/.exec(xml)![1]!),
    id: number(/<EventID>(\d+)/),
    version: number(/<Version>(\d+)/),
    opcode: number(/<Opcode>(\d+)/),
    pid: number(/ProcessID="(\d+)"/),
    tid: number(/ThreadID="(\d+)"/),
    cpu: number(/ProcessorID="(\d+)"/),
  }
}

/** Nine digits and an offset, as seven digits in UTC. */
function utc(time: string): string {
  const [, seconds, fraction, offset] = /^(.{19})\.(\d{9})(.*)$/.exec(time)!
  return `${new Date(seconds! + offset!).toISOString().slice(0, 19)}.${fraction!.slice(0, 7)}Z`
}

function join64(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}
