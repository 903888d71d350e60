/** The reader of .etl files against real recordings, through the addon and as WebAssembly. */

import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { RECORD } from '../../lib/decode/etw/layout.js'
import { countEvents, type EventCount, HEADER_TYPE } from '../../lib/etl/counter.js'
import { EtlFile } from '../../lib/etl/file.js'
import { fileTimeText } from '../../lib/etl/file-time.js'
import { FRAME_BYTES } from '../../lib/records.js'
import { buildWasm } from '../../scripts/build-wasm.mjs'
import { ETL_FOLDER, NO_ETL_FOLDER, recordings } from '../unit/etl-files.js'

interface Counted {
  sha256: string
  os_build: number
  pointerSize: number
  clockType: number
  eventsLost: number
  buffersLost: number
  buffers: number
  events: number
  counts: Record<string, number>
}

const READERS = ['native', 'wasm'] as const
const FILES = recordings()
const CLOCKS: Record<string, number> = { 'performance counter': 1, 'system time': 2, 'CPU cycles': 3 }
let noWasm: string | undefined

beforeAll(() => {
  noWasm = buildWasm()
})

test('there are recordings to read', ({ skip }) => {
  if (ETL_FOLDER === undefined) skip(NO_ETL_FOLDER)
  expect(FILES.length).toBeGreaterThan(30)
})

describe.skipIf(ETL_FOLDER === undefined)('every recording', () => {
  const counted = ETL_FOLDER === undefined ? new Map<string, Counted>() : countsByHash()

  describe.each(READERS)('%s', (reader) => {
    test.for(FILES)('$name is counted as it was by somebody else', async ({ path }, { skip }) => {
      if (reader === 'wasm' && noWasm !== undefined) skip(noWasm)
      const expected = counted.get(hashOf(path))!
      const { facts, totals, kinds } = await countEvents(path, { reader })
      expect(totals.defects).toEqual({})
      expect(totals.buffers).toBe(expected.buffers)
      expect(totals.events + totals.messages).toBe(expected.events)
      expect(keysOf(kinds, totals.messages)).toEqual(expected.counts)
      expect({
        os_build: facts.osBuild,
        pointerSize: facts.pointerBytes,
        clockType: CLOCKS[facts.clock],
        eventsLost: facts.eventsLost,
        buffersLost: facts.buffersLost,
      }).toEqual({
        os_build: expected.os_build,
        pointerSize: expected.pointerSize,
        clockType: expected.clockType,
        eventsLost: expected.eventsLost,
        buffersLost: expected.buffersLost,
      })
    })
  })

  test.for(FILES)(
    '$name is read whole and in order, alike by addon, WebAssembly and pipe',
    async ({ path }, { skip }) => {
      const expected = counted.get(hashOf(path))!
      const native = await digest(path, 'native')
      expect(native.defects).toEqual({})
      expect(native.records + native.messages).toBe(expected.events)
      expect({ backwards: native.backwards, late: native.late }).toEqual({ backwards: 0, late: 0 })
      expect(await digestOfPipe(path, 'native')).toEqual(native)
      if (noWasm !== undefined) skip(noWasm)
      expect(await digest(path, 'wasm')).toEqual(native)
      expect(await digestOfPipe(path, 'wasm')).toEqual(native)
    },
  )
})

test.skipIf(ETL_FOLDER === undefined)('times are those of tracerpt to the last 100 ns', async () => {
  const xml = readFileSync(join(ETL_FOLDER!, 'marissa-win10-1809-tracerpt.xml'), 'utf8')
  const expected = [...xml.matchAll(/SystemTime="(.*?)00([+-])(\d\d):00"/g)].map(([, time, sign, hours]) => {
    const ms = Date.parse(`${time!.slice(0, -4)}Z`) + (sign === '-' ? 1 : -1) * Number(hours) * 3_600_000
    return `${new Date(ms).toISOString().slice(0, -1)}${time!.slice(-4)}Z`
  })
  const times: string[] = []
  const file = await EtlFile.open(join(ETL_FOLDER!, 'marissa-win10-1809-tracerpt.etl'))
  await eachRecord(file, (at) => times.push(fileTimeText(file.records, at + RECORD.time)))
  expect(expected).toHaveLength(10)
  expect(times).toEqual(expected.sort())
})

/** What counts.json has, by the hash of the file. */
function countsByHash(): Map<string, Counted> {
  const all = JSON.parse(readFileSync(join(ETL_FOLDER!, 'counts.json'), 'utf8')) as Record<
    string,
    Record<string, Counted>
  >
  return new Map(Object.values(all).flatMap((files) => Object.values(files).map((file) => [file.sha256, file])))
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

const PREFIX: Record<number, string> = {
  [HEADER_TYPE.SYSTEM32]: 'SYS01',
  [HEADER_TYPE.SYSTEM64]: 'SYS02',
  [HEADER_TYPE.PERFINFO32]: 'PERF10',
  [HEADER_TYPE.PERFINFO64]: 'PERF11',
  [HEADER_TYPE.MANIFEST32]: 'EVT12',
  [HEADER_TYPE.MANIFEST64]: 'EVT13',
  [HEADER_TYPE.FULL32]: 'FULL0a',
  [HEADER_TYPE.FULL64]: 'FULL14',
}

/** What the other reader calls what we call otherwise. */
const OTHERWISE: Record<string, string> = {
  'KernelTraceControl-SystemConfig': 'SysConfig-KTC',
  'KernelTraceControl-ImageID': 'KernelTraceControl/ImageID',
  'Microsoft-Windows-Kernel-Process': 'Kernel-Process',
  'Microsoft-Windows-Kernel-File': 'Kernel-File',
  'Microsoft-Windows-Kernel-Audit-API-Calls': 'Kernel-Audit-API-Calls',
  'Microsoft-Windows-PowerShell': 'PowerShell',
}
/** Those that it calls by GUID. */
const NAMED = new Set(['Kernel-Process', 'Kernel-File', 'PowerShell', 'SysConfig-KTC', 'KernelTraceControl/ImageID'])

/** Kinds as the keys of counts.json. */
function keysOf(kinds: readonly EventCount[], messages: number): Record<string, number> {
  const keys: Record<string, number> = messages > 0 ? { MSG: messages } : {}
  for (const kind of kinds) keys[keyOf(kind)] = (keys[keyOf(kind)] ?? 0) + kind.events
  return keys
}

function keyOf({ provider, guid, headerType, id, version, opcode, pointerBytes }: EventCount): string {
  const prefix = PREFIX[headerType]!
  const name = OTHERWISE[provider] ?? provider
  if (prefix.startsWith('EVT')) return `${prefix}:${NAMED.has(name) ? name : guid}/id${id}v${version}op${opcode}`
  if (prefix.startsWith('FULL')) return `${prefix}:${fullName(name, guid)}/${opcode}v${version}`
  // It counts the load of an image in the group of processes, where the kernel logs it.
  const group = name === 'Image' && opcode === 10 ? 'Process' : name
  return `${prefix}:${group}/${opcode}v${version}p${pointerBytes}`
}

function fullName(name: string, guid: string): string {
  if (NAMED.has(name)) return name
  return name === 'Process' || name === 'Image' ? `${name}MOF` : guid
}

interface Digest {
  records: number
  messages: number
  /** With an earlier time than the one before. */
  backwards: number
  late: number
  defects: object
  /** Of all bytes of all records. */
  hash: string
}

function digest(path: string, reader: 'native' | 'wasm'): Promise<Digest> {
  return EtlFile.open(path, { reader }).then(digestOf)
}

/** The bytes come through a named pipe that somebody else writes. */
async function digestOfPipe(path: string, reader: 'native' | 'wasm'): Promise<Digest> {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-pipe-'))
  try {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const writer = spawn('sh', ['-c', 'exec cat "$0" > "$1"', path, pipe])
    const result = await digestOf(await EtlFile.open(pipe, { reader }))
    writer.kill()
    return result
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function digestOf(file: EtlFile): Promise<Digest> {
  const hash = createHash('sha256')
  let records = 0
  let backwards = 0
  let high = 0
  let low = 0
  for (;;) {
    const count = await file.step()
    if (count === undefined) break
    if (count === 0) continue
    records += count
    const { offsets } = file
    const { u8, u32 } = file.records
    for (let i = 0; i < count; i++) {
      const time = (offsets[i]! + RECORD.time) >>> 2
      if (u32[time + 1]! < high || (u32[time + 1]! === high && u32[time]! < low)) backwards++
      low = u32[time]!
      high = u32[time + 1]!
    }
    const last = offsets[count - 1]!
    hash.update(u8.subarray(offsets[0]! - FRAME_BYTES, last + file.records.length(last)))
  }
  const { messages, late, defects } = file.totals()
  file.close()
  return { records, messages, backwards, late, defects, hash: hash.digest('hex') }
}

async function eachRecord(file: EtlFile, visit: (at: number) => void): Promise<void> {
  for (;;) {
    const count = await file.step()
    if (count === undefined) return
    const { offsets } = file
    for (let i = 0; i < count; i++) visit(offsets[i]!)
  }
}
