/** What no real recording proves: files made byte by byte, read by the addon and as WebAssembly. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  BUFFER_HEADER_BYTES,
  compact,
  EtlFormat,
  type FileOptions,
  full,
  guidBytes,
  instance,
  manifest,
  NEW_YEAR,
  perfInfo,
  system,
} from '../../lib/bench/live/etl/format.js'
import { ITEM, ITEM_TYPE, RECORD } from '../../lib/decode/etw/layout.js'
import { countEvents } from '../../lib/etl/counter.js'
import { EtlFile } from '../../lib/etl/file.js'
import { type RawEvent, rawEvent } from '../../lib/etl/raw.js'
import type { EtlTotals } from '../../lib/etl/totals.js'
import { buildWasm } from '../../scripts/build-wasm.mjs'

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-synthetic-'))
let noWasm: string | undefined
let files = 0

beforeAll(() => {
  noWasm = buildWasm()
})
afterAll(() => rmSync(folder, { recursive: true }))

const GUID = '5b1f8c5e-7d0e-4b8a-9c1d-2f6a30e4d7b9'
const PARENT = guidBytes('11111111-2222-3333-4444-555555555555')
const guid = guidBytes(GUID)
const bytes = (...values: number[]) => Uint8Array.from(values)
const PAYLOAD = bytes(1, 2, 3, 4, 5)
/** A hook of a group that nothing decodes. */
const HOOK = 0x0f2a
const AT = 1_000n

interface Event extends RawEvent {
  payload: number[]
  items: Record<number, number[]>
  pointerBytes: number
}

interface ReadFile {
  events: Event[]
  totals: EtlTotals
}

function save(parts: readonly Uint8Array[]): string {
  const path = join(folder, `${files++}.etl`)
  writeFileSync(path, Buffer.concat(parts))
  return path
}

/** Without the event that is the file's header. Read by both readers, which must agree. */
async function readBoth(parts: readonly Uint8Array[]): Promise<ReadFile> {
  const path = save(parts)
  const native = await read(path, 'native')
  if (noWasm === undefined) expect(await read(path, 'wasm')).toEqual(native)
  const { totals } = await countEvents(path)
  expect(totals.events).toBe(native.totals.events)
  return native
}

async function read(path: string, reader: 'native' | 'wasm'): Promise<ReadFile> {
  const file = await EtlFile.open(path, { reader })
  const events: Event[] = []
  for (let count = await file.step(); count !== undefined; count = await file.step()) {
    for (let i = 0; i < count; i++) events.push(eventAt(file, file.offsets[i]!))
  }
  const totals = file.totals()
  file.close()
  return { events: events.slice(1), totals }
}

function eventAt({ records }: EtlFile, at: number): Event {
  const { u8, u16, u32 } = records
  const length = u32[(at + RECORD.payload_length) >>> 2]!
  const start = at + RECORD.SIZE
  const items: Event['items'] = {}
  const first = (start + length + 7) & ~7
  for (let item = first; item < first + u32[(at + RECORD.extended_length) >>> 2]!; ) {
    const size = u32[(item + ITEM.length) >>> 2]!
    items[u16[(item + ITEM.type) >>> 1]!] = [...u8.subarray(item + ITEM.SIZE, item + ITEM.SIZE + size)]
    item += ITEM.SIZE + ((size + 7) & ~7)
  }
  const payload = [...u8.subarray(start, start + length)]
  return { ...rawEvent(records, at), payload, items, pointerBytes: u8[at + RECORD.pointer_size]! }
}

const readEvents = async (events: readonly Uint8Array[], options: FileOptions = {}) => {
  const format = new EtlFormat({ bufferBytes: 0x1000, ...options })
  return readBoth([format.header(), format.buffer(Buffer.concat(events))])
}

describe('headers', () => {
  const thread = { pid: 0x1234, tid: 0x5678, timestamp: AT }
  const time = '2026-01-01T00:00:00.0001000Z'

  test.each([4, 8] as const)('of the kernel, with pointers of %i bytes', async (pointerBytes) => {
    const event = { ...thread, pointerBytes, hook: HOOK, version: 3 }
    const { events, totals } = await readEvents([
      system(event, PAYLOAD),
      compact(event, PAYLOAD),
      perfInfo(event, PAYLOAD),
    ])
    const header = { time, cpu: 0, provider: 'PerfInfo', opcode: 0x2a, version: 3, size: 5 }
    const rest = { payload: [...PAYLOAD], items: {}, pointerBytes }
    const named = { ...header, pid: 0x1234, tid: 0x5678, ...rest }
    expect(events).toEqual([named, named, { ...header, ...rest }])
    expect(totals.defects).toEqual({})
  })

  test.each([
    ['one counter', 0x0100, 0, 1],
    ['seven counters', 0x0700, 0, 7],
    ['an index of PEBS', 0x8000, 1, 0],
    ['both', 0x8300, 1, 3],
  ])('of the kernel with %s between header and payload', async (_, bits, pebs, counters) => {
    const items = Uint8Array.from({ length: 8 * (pebs + counters) }, (_, i) => i + 1)
    const event = { ...thread, hook: HOOK, version: bits | 3 }
    const { events } = await readEvents([
      perfInfo(event, PAYLOAD, items),
      system(event, PAYLOAD, items),
      compact(event, PAYLOAD, items),
    ])
    expect(events).toHaveLength(3)
    for (const { version, payload, items: found } of events) {
      expect({ version, payload }).toEqual({ version: 3, payload: [...PAYLOAD] })
      expect(found).toEqual({
        ...(pebs > 0 && { [ITEM_TYPE.PEBS]: [...items.subarray(0, 8)] }),
        ...(counters > 0 && { [ITEM_TYPE.COUNTERS]: [...items.subarray(8 * pebs)] }),
      })
    }
  })

  test('more counters than the event has room for: it is left out, and counted', async () => {
    const { events, totals } = await readEvents([
      perfInfo({ ...thread, hook: HOOK, version: 0x0703 }, PAYLOAD),
      perfInfo({ ...thread, hook: HOOK }, PAYLOAD),
    ])
    expect(events).toHaveLength(1)
    expect(totals.defects).toEqual({ extendedItems: 1 })
  })

  test.each([4, 8] as const)(
    'of classic providers and of instances, with pointers of %i bytes',
    async (pointerBytes) => {
      const event = { ...thread, pointerBytes, guid, opcode: 7, version: 2, level: 4 }
      const numbers = { instance: 9, parentInstance: 8, parent: PARENT }
      const { events } = await readEvents([full(event, PAYLOAD), instance({ ...event, ...numbers }, PAYLOAD)])
      const header = { time, cpu: 0, pid: 0x1234, tid: 0x5678, provider: `{${GUID}}`, opcode: 7, version: 2, size: 5 }
      const rest = { payload: [...PAYLOAD], pointerBytes }
      const related = [9, 0, 0, 0, 8, 0, 0, 0, ...PARENT]
      expect(events).toEqual([
        { ...header, ...rest, items: {} },
        { ...header, ...rest, items: { [ITEM_TYPE.INSTANCE]: related } },
      ])
    },
  )

  test.each([4, 8] as const)('of manifests with extended items, with pointers of %i bytes', async (pointerBytes) => {
    const sid = bytes(1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0)
    const key = bytes(1, 2, 3, 4, 5, 6, 7, 8)
    const items = [
      { type: ITEM_TYPE.SID, data: sid },
      { type: 16, data: bytes(7) },
      { type: ITEM_TYPE.PROCESS_START_KEY, data: key },
    ]
    const event = { ...thread, pointerBytes, guid, id: 4_321, version: 1, opcode: 2 }
    const { events } = await readEvents([manifest({ ...event, items }, PAYLOAD), manifest(event, new Uint8Array(0))])
    const header = { time, cpu: 0, pid: 0x1234, tid: 0x5678, provider: `{${GUID}}`, id: 4_321, version: 1 }
    expect(events).toEqual([
      {
        ...header,
        size: 5,
        payload: [...PAYLOAD],
        items: { [ITEM_TYPE.SID]: [...sid], 16: [7], [ITEM_TYPE.PROCESS_START_KEY]: [...key] },
        pointerBytes,
      },
      { ...header, size: 0, payload: [], items: {}, pointerBytes },
    ])
  })

  test('an item without a length ends its event, not the buffer', async () => {
    const broken = manifest({ ...thread, guid, id: 1, items: [{ type: 1, data: PAYLOAD }] }, PAYLOAD)
    broken.writeUInt16LE(0, 0x50)
    const { events, totals } = await readEvents([broken, manifest({ ...thread, guid, id: 2 }, PAYLOAD)])
    expect(events.map(({ id }) => id)).toEqual([2])
    expect(totals.defects).toEqual({ extendedItems: 1 })
  })

  test('messages and kinds that name no event are stepped over, and counted', async () => {
    const message = Buffer.from([0x10, 0, 0, 0x90, 1, 0, 2, 0, 9, 9, 9, 9, 9, 9, 9, 9])
    const wnodes = [0x0c, 0x0d, 0x0e, 0x0f].map((type) => {
      const event = Buffer.alloc(0x18)
      event.writeUInt16LE(0x18, 0)
      event[2] = type
      event[3] = 0xc0
      return event
    })
    const { events, totals } = await readEvents([message, ...wnodes, system({ ...thread, hook: HOOK }, PAYLOAD)])
    expect(events).toHaveLength(1)
    expect({ messages: totals.messages, skipped: totals.skipped, defects: totals.defects }).toEqual({
      messages: 1,
      skipped: 4,
      defects: {},
    })
  })

  test('one of no known kind ends its buffer, not the file', async () => {
    const format = new EtlFormat({ bufferBytes: 0x1000 })
    const unknown = system({ ...thread, hook: HOOK }, PAYLOAD)
    unknown[2] = 0x2a
    const last = system({ ...thread, timestamp: AT + 1n, hook: HOOK }, PAYLOAD)
    const { events, totals } = await readBoth([
      format.header(),
      format.buffer(Buffer.concat([unknown, last])),
      format.buffer(last),
    ])
    expect(events).toHaveLength(1)
    expect(totals.defects).toEqual({ eventHeader: 1 })
    expect(totals.skippedBytes).toBe(unknown.length + last.length)
  })
})

describe('clocks', () => {
  const FILE_TIME = NEW_YEAR + 86_399n * 10_000_000n + 1_234_567n
  const text = (fileTime: bigint) => {
    const ms = Number((fileTime - 116_444_736_000_000_000n) / 10_000n)
    return `${new Date(ms).toISOString().slice(0, -1)}${String(fileTime % 10_000n).padStart(4, '0')}Z`
  }

  test.each([
    ['performance counter', { clock: 1, frequency: 3_579_545n }, 3_579_545n],
    ['performance counter, unnamed', { clock: 0, frequency: 24_000_000n }, 24_000_000n],
    ['CPU cycles', { clock: 3, frequency: 10_000_000n, cpuMhz: 2_933 }, 2_933_000_000n],
    ['CPU cycles of an unknown speed', { clock: 3, frequency: 2_000_000_000n, cpuMhz: 0 }, 2_000_000_000n],
  ])('%s: every duration, also one that overflows, before and after the start', async (_, options, frequency) => {
    const start = 2n ** 60n
    const durations = [0n, 1n, frequency - 1n, frequency * 3_600n * 24n * 400n + 12_345n, -frequency - 1n]
    const { events } = await readEvents(
      durations.map((duration) => system({ hook: HOOK, timestamp: start + duration }, PAYLOAD)),
      { ...options, startTimestamp: start },
    )
    const sorted = [...durations].sort((a, b) => (a < b ? -1 : 1))
    // Towards the start.
    const expected = sorted.map((duration) => text(NEW_YEAR + (duration * 10_000_000n) / frequency))
    expect(events.map(({ time }) => time)).toEqual(expected)
  })

  test('system time: timestamps are times', async () => {
    const event = system({ hook: HOOK, timestamp: FILE_TIME }, PAYLOAD)
    const { events } = await readEvents([event], { clock: 2, frequency: 1n, startTimestamp: NEW_YEAR })
    expect(events.map(({ time }) => time)).toEqual([text(FILE_TIME)])
  })

  test.each([
    ['boot', { bootTime: NEW_YEAR, startTimestamp: 50_000_000n }, NEW_YEAR + 50_000_100n],
    ['end', { bootTime: 0n, endTime: NEW_YEAR, startTimestamp: 50_000_000n }, NEW_YEAR + 100n],
    ['unknown', { bootTime: 0n, endTime: 0n, startTimestamp: 50_000_000n }, 116_444_736_000_000_100n],
  ] as const)('no start: times count from the next best, %s, and it is said', async (base, options, expected) => {
    const format = new EtlFormat({ bufferBytes: 0x1000, startTime: 0n, ...options })
    const parts = [format.header(), format.buffer(system({ hook: HOOK, timestamp: 50_000_100n }, PAYLOAD))]
    const { events, totals } = await readBoth(parts)
    expect(events.map(({ time }) => time)).toEqual([text(expected)])
    expect(totals.defects).toEqual({})
    const file = await EtlFile.open(save(parts))
    expect(file.facts.clockBase).toBe(base)
    file.close()
  })

  test('an event of the year 45861 is left out and counted, and those behind it are not late', async () => {
    const of = (timestamp: bigint) => system({ hook: HOOK, timestamp }, PAYLOAD)
    const { events, totals } = await readEvents([of(1n), of(2n ** 62n), of(2n)])
    expect(events.map(({ time, late }) => [time, late])).toEqual([
      [text(NEW_YEAR + 1n), undefined],
      [text(NEW_YEAR + 2n), undefined],
    ])
    expect(totals.defects).toEqual({ eventTime: 1 })
  })

  test('the time of day that is set back within a buffer, or between two, changes no order', async () => {
    const HOUR = 36_000_000_000n
    const format = new EtlFormat({ bufferBytes: 0x1000, clock: 2, startTimestamp: NEW_YEAR })
    const of = (after: bigint, tid: number) => system({ hook: HOOK, timestamp: NEW_YEAR + after, tid }, PAYLOAD)
    const { events } = await readBoth([
      format.header(),
      format.buffer(
        Buffer.concat([of(2n * HOUR, 1), of(2n * HOUR + 10n, 2), of(HOUR, 3), of(HOUR + 30n, 5), of(HOUR + 20n, 4)]),
      ),
      format.buffer(Buffer.concat([of(HOUR + 40n, 6), of(10n, 7), of(20n, 8)])),
    ])
    expect(events.map(({ tid, late }) => [tid, late])).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((tid) => [tid, undefined]))
  })

  test('one time that is hours ahead of its neighbours is no clock that was set back', async () => {
    const HOUR = 36_000_000_000n
    const of = (after: bigint, tid: number) => system({ hook: HOOK, timestamp: NEW_YEAR + after, tid }, PAYLOAD)
    const { events } = await readEvents([of(10n, 1), of(HOUR, 4), of(20n, 2), of(30n, 3)], {
      clock: 2,
      startTimestamp: NEW_YEAR,
    })
    expect(events.map(({ tid }) => tid)).toEqual([1, 2, 3, 4])
  })

  test.each([
    [{ clock: 9 }, 'clock'],
    [{ frequency: 0n }, 'frequency'],
    [{ clock: 3, cpuMhz: 0, frequency: 0n }, 'frequency'],
  ])('%o is refused', async (options, word) => {
    const path = save([new EtlFormat(options).header()])
    for (const reader of ['native', 'wasm'] as const) {
      if (reader === 'wasm' && noWasm !== undefined) continue
      await expect(EtlFile.open(path, { reader })).rejects.toMatchObject({
        code: 'ERR_RECORDING_FOREIGN',
        message: expect.stringContaining(word),
      })
    }
  })
})

describe('order and loss', () => {
  const of = (timestamp: number, tid = 0) => system({ hook: HOOK, timestamp: BigInt(timestamp), tid }, PAYLOAD)
  const tidsOf = ({ events }: ReadFile) => events.map(({ tid }) => tid)

  test('CPUs are merged by time, and by their number at the same time', async () => {
    const format = new EtlFormat({ bufferBytes: 0x1000, cpus: 3 })
    const result = await readBoth([
      format.header(),
      format.buffer(Buffer.concat([of(20, 2), of(50, 5)]), { cpu: 2 }),
      format.buffer(Buffer.concat([of(10, 1), of(30, 3), of(40, 4)]), { cpu: 1 }),
      format.buffer(Buffer.concat([of(50, 6), of(60, 7)]), { cpu: 0 }),
      format.buffer(of(70, 8), { cpu: 1, hasCpuIndex: false }),
    ])
    expect(tidsOf(result)).toEqual([1, 2, 3, 4, 6, 5, 7, 8])
    expect(result.totals.late).toBe(0)
  })

  test('within a buffer that all CPUs share they are sorted, those of one time as they lie', async () => {
    const result = await readEvents([of(10, 1), of(30, 3), of(20, 2), of(40, 5), of(30, 4), of(50, 6)])
    expect(tidsOf(result)).toEqual([1, 2, 3, 4, 5, 6])
    expect(result.totals.late).toBe(0)
  })

  test('what was written too late for its order is marked', async () => {
    const format = new EtlFormat({ bufferBytes: 0x1000 })
    const result = await readBoth([format.header(), format.buffer(of(30, 1)), format.buffer(of(20, 2))])
    expect(result.events.map(({ tid, late }) => [tid, late])).toEqual([
      [1, undefined],
      [2, true],
    ])
  })

  test('a circular file is read from its oldest buffer on', async () => {
    const format = new EtlFormat({ bufferBytes: 0x1000, mode: 2 })
    const result = await readBoth([
      format.header(),
      format.buffer(of(50, 5), { sequence: 12 }),
      format.buffer(of(30, 3), { sequence: 10 }),
      format.buffer(of(40, 4), { sequence: 11 }),
    ])
    expect(tidsOf(result)).toEqual([3, 4, 5])
    expect(result.totals.late).toBe(0)
  })

  test('the first event behind a loss says so, once, and only of its CPU', async () => {
    const format = new EtlFormat({ bufferBytes: 0x1000, cpus: 2, eventsLost: 3, buffersLost: 1 })
    const { events, totals } = await readBoth([
      format.header(),
      format.buffer(Buffer.concat([of(10, 1), of(40, 4)]), { cpu: 0 }),
      format.buffer(Buffer.concat([of(20, 2), of(30, 3)]), { cpu: 1, flags: 2 }),
      format.buffer(of(50, 5), { cpu: 0, flags: 4 }),
    ])
    expect(events.filter(({ behindLoss }) => behindLoss).map(({ tid }) => tid)).toEqual([2, 5])
    expect(totals.buffersAfterEventLoss).toBe(1)
    expect(totals.buffersAfterBufferLoss).toBe(1)
  })
})

describe('files that are not whole', () => {
  const of = (timestamp: number) => system({ hook: HOOK, timestamp: BigInt(timestamp), tid: timestamp }, PAYLOAD)
  const format = () => new EtlFormat({ bufferBytes: 0x1000, endTime: 0n })

  test('a session that was not closed: up to the end of the file, whatever the header says', async () => {
    const { header, buffers } = { header: format().header(), buffers: [1, 2, 3].map((t) => format().buffer(of(t))) }
    const { events } = await readBoth([header, ...buffers])
    expect(events.map(({ tid }) => tid)).toEqual([1, 2, 3])
  })

  test('space that was set aside and never written', async () => {
    const { events, totals } = await readBoth([format().header(), format().buffer(of(1)), Buffer.alloc(0x5000)])
    expect(events).toHaveLength(1)
    expect(totals).toMatchObject({ unwrittenBytes: 0x5000, defects: {} })
  })

  test('cut anywhere within the last buffer: what is there of it is read', async () => {
    const last = format().buffer(Buffer.concat([of(2), of(3)]))
    for (const bytes of [0x10, BUFFER_HEADER_BYTES, BUFFER_HEADER_BYTES + of(2).length, 0x800, 0xfff]) {
      const parts = [format().header(), format().buffer(of(1)), last.subarray(0, bytes)]
      const { events, totals } = await readBoth(parts)
      const expected = bytes >= 0x800 ? [1, 2, 3] : bytes > BUFFER_HEADER_BYTES ? [1, 2] : [1]
      expect(events.map(({ tid }) => tid)).toEqual(expected)
      expect(totals.defects).toEqual({ bufferCut: 1 })
    }
  })

  test('garbage between buffers: the next one is found, and the hole counted', async () => {
    const garbage = Buffer.alloc(0x1234, 0xa5)
    const parts = [format().header(), format().buffer(of(1)), garbage, format().buffer(of(2))]
    const { events, totals } = await readBoth(parts)
    expect(events.map(({ tid }) => tid)).toEqual([1, 2])
    expect(totals.defects).toEqual({ bufferHeader: 1 })
  })

  test('chance bytes behind a broken header are no compressed buffer, where the file has none', async () => {
    const chance = Buffer.alloc(0x1000)
    chance.writeUInt32LE(0x60, 0x108)
    chance.writeUInt32LE(0x200, 0x10c)
    chance.writeUInt32LE(0x200, 0x138)
    chance.writeUInt16LE(0x40, 0x13c)
    const broken = format().buffer(of(2))
    broken.fill(0xa5, 0, BUFFER_HEADER_BYTES)
    chance.copy(broken, 0x100, 0x100, 0x800)
    const { events, totals } = await readBoth([
      format().header(),
      format().buffer(of(1)),
      broken,
      format().buffer(of(3)),
    ])
    expect(events.map(({ tid }) => tid)).toEqual([1, 3])
    expect(totals.defects).toEqual({ bufferHeader: 1 })
  })

  test.each([
    ['wrapped', { mode: 2, buffersWritten: 6, mostMebibytes: 0 }, { overwrittenBuffers: 3, defects: {} }],
    ['did not wrap', { mode: 2, buffersWritten: 3, mostMebibytes: 1 }, { overwrittenBuffers: 0, defects: {} }],
    [
      'was cut',
      { mode: 2, buffersWritten: 6, mostMebibytes: 1 },
      { overwrittenBuffers: 0, defects: { bufferMissing: 3 } },
    ],
    ['goes on, not circular', { mode: 1, buffersWritten: 6 }, { overwrittenBuffers: 0, defects: { bufferMissing: 3 } }],
  ])('a circular file that %s', async (_, options, expected) => {
    const whole = new EtlFormat({ bufferBytes: 0x1000, ...options })
    const { totals } = await readBoth([whole.header(), whole.buffer(of(1)), whole.buffer(of(2))])
    expect(totals).toMatchObject({ overwrittenBuffers: expected.overwrittenBuffers })
    expect(totals.defects).toEqual(expected.defects)
  })

  test('flags and types of a later Windows are no reason not to read a buffer', async () => {
    const later = format().buffer(of(2), { flags: 0x1000 })
    later.writeUInt16LE(11, 0x36)
    const { events, totals } = await readBoth([format().header(), format().buffer(of(1)), later])
    expect(events.map(({ tid }) => tid)).toEqual([1, 2])
    expect(totals.defects).toEqual({})
  })
})

describe('compression', () => {
  const bytesLike = fc.array(
    fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 400 })),
    { minLength: 1, maxLength: 12 },
  )

  test('whatever the bytes are, they come back', async () => {
    await fc.assert(
      fc.asyncProperty(bytesLike, async (pieces) => {
        const repeated = pieces.flatMap(([piece, times]) => Array.from({ length: times }, () => piece))
        const payload = Buffer.concat(repeated).subarray(0, 0xff00)
        const format = new EtlFormat({ isCompressed: true, bufferBytes: 0x20000 })
        const event = manifest({ guid, id: 1, timestamp: AT }, payload)
        const { events, totals } = await readBoth([format.header(), format.buffer(event)])
        expect(Buffer.from(events[0]!.payload).equals(payload)).toBe(true)
        expect(totals.defects).toEqual({})
      }),
      { numRuns: 30 },
    )
  })

  test.each([2, 4, 0x104])('format %i is counted for each buffer, and the file read on', async (compression) => {
    const format = new EtlFormat({ isCompressed: true, bufferBytes: 0x1000 })
    const header = format.header()
    header.writeUInt32LE(compression, 0x2c)
    const event = system({ hook: HOOK, timestamp: AT }, PAYLOAD)
    const plain = new EtlFormat({ bufferBytes: 0x1000 }).buffer(event)
    const { events, totals } = await readBoth([header, format.buffer(event), format.buffer(event), plain])
    expect(events).toHaveLength(1)
    expect(totals.defects).toEqual({ compression: 2 })
  })

  test('broken data are read as far as they go', async () => {
    const format = new EtlFormat({ isCompressed: true, bufferBytes: 0x1000 })
    const events = [1, 2, 3, 4, 5, 6].map((tid) => system({ hook: HOOK, timestamp: AT, tid }, PAYLOAD))
    const buffer = format.buffer(Buffer.concat(events))
    // The first reference points before the start.
    buffer.writeUInt32LE(0x8000_0000, BUFFER_HEADER_BYTES)
    const { events: read, totals } = await readBoth([format.header(), buffer])
    expect(read).toEqual([])
    expect(totals.defects).toMatchObject({ compressedData: 1 })
  })
})
