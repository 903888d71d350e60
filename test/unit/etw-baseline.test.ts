import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeFileCreate, FileFields } from '../../lib/decode/etw/file.js'
import { decodeImage, ImageFields } from '../../lib/decode/etw/image.js'
import {
  decodeKernelProcessStart,
  decodeKernelProcessStop,
  KernelProcessFields,
} from '../../lib/decode/etw/kernel-process.js'
import { PROVIDER, RECORD } from '../../lib/decode/etw/layout.js'
import { FAULT, Payload } from '../../lib/decode/etw/payload.js'
import { decodeProcess, ProcessFields } from '../../lib/decode/etw/process.js'
import { ConfigFields, decodeConfig } from '../../lib/decode/etw/system-config.js'
import { decodeThread, ThreadFields } from '../../lib/decode/etw/thread.js'
import { decodeTraceHeader, TraceHeaderFields } from '../../lib/decode/etw/trace-header.js'
import { Volumes } from '../../lib/decode/etw/volumes.js'
import type { Records } from '../../lib/records.js'
import { corpusFolder } from './corpus.js'
import { eachRecord } from './etl-records.js'

/** What Microsoft's TraceEvent library decoded from the recording of the same name. */
const HEADER = 'Windows Kernel/EventTrace'
const FOLDER = corpusFolder('etl')
const files = FOLDER === undefined ? [] : readdirSync(FOLDER).filter((file) => file.endsWith('.baseline.txt'))

type Shown = Record<string, string>

interface Line {
  text: string
  name: string
  ms: number
  fields: Shown
}

interface Decoded {
  name: string
  ms: number
  fields: Shown
}

describe.skipIf(FOLDER === undefined)('decoded by TraceEvent (skipped where it is not at hand)', () => {
  test('there are baselines, of which one has events that are decoded here', () => {
    expect(files.map((file) => linesOf(file).length)).toContainEqual(expect.toSatisfy((count: number) => count > 50))
  })

  describe.each(files)('%s', (file) => {
    const lines = linesOf(file)
    let decoded: Map<string, Decoded[]>

    beforeAll(async () => {
      decoded = await decodedBy(file.replace('.baseline.txt', '.etl.zip'))
    })

    test.each(lines)('$text', ({ name, ms, fields }) => {
      const near = (decoded.get(name) ?? []).filter((event) => Math.abs(event.ms - ms) < 0.001)
      const compared = near.map((event) =>
        Object.fromEntries(Object.keys(fields).map((key) => [key, event.fields[key]])),
      )
      expect(compared).toContainEqual(fields)
    })
  })
})

/** Of the header of a file, what is decoded here; lib/etl/facts.ts has the rest. */
const HEADER_FIELDS = new Set([
  'PID',
  'TID',
  'ProceNum',
  'DataLen',
  'ProviderVersion',
  'NumberOfProcessors',
  'PointerSize',
  'EventsLost',
  'BuffersLost',
  'BootTime',
  'StartTime',
])

/** What TraceEvent makes up of other events, or shows by names of its own. */
const NOT_COMPARED = new Set(['PName'])

function linesOf(file: string): Line[] {
  const text = readFileSync(join(FOLDER!, file), 'utf8')
  return text.split('\n').flatMap((line) => {
    const [, ms, name, rest] = /^EVENT ([0-9,.]+): (.*?) (PID=.*)$/.exec(line.trimEnd()) ?? []
    if (rest === undefined || !NAMES.has(name!)) return []
    const fields = Object.fromEntries(
      rest
        .split(/; ?(?=[A-Za-z][A-Za-z0-9]*=|$)/)
        .filter((field) => field !== '')
        .map((field) => [field.slice(0, field.indexOf('=')), rounded(field.slice(field.indexOf('=') + 1))])
        .filter(([key, value]) => !NOT_COMPARED.has(key!) && !isNamed(key!, value!))
        .filter(([key]) => name !== HEADER || HEADER_FIELDS.has(key!)),
    )
    return [{ text: line.slice(0, 100), name: name!, ms: Number(ms!.replaceAll(',', '')), fields }]
  })
}

/** Addresses of the kernel are more than a number of JavaScript holds. */
function rounded(value: string): string {
  return /^0x[0-9a-f]+$/.test(value) ? hex(Number(value)) : value
}

/** Options and attributes are words where TraceEvent has some for all of their bits. */
function isNamed(key: string, value: string): boolean {
  return /^(CreateOptions|FileAttributes)$/.test(key) && !/^[0-9,]+$/.test(value)
}

const CLASSIC: Record<number, [family: string, opcodes: Record<number, string>]> = {
  [PROVIDER.PROCESS]: ['Process', { 1: 'Start', 2: 'Stop', 3: 'DCStart', 4: 'DCStop', 39: 'Defunct' }],
  [PROVIDER.THREAD]: ['Thread', { 1: 'Start', 2: 'Stop', 3: 'DCStart', 4: 'DCStop' }],
  [PROVIDER.IMAGE]: ['Image', { 10: 'Load', 2: 'Unload', 3: 'DCStart', 4: 'DCStop' }],
  [PROVIDER.SYSTEM_CONFIG]: ['SysConfig', { 33: 'SystemPaths', 35: 'VolumeMapping' }],
}

const MANIFEST: Record<number, Record<number, string>> = {
  [PROVIDER.KERNEL_PROCESS]: {
    1: 'Microsoft-Windows-Kernel-Process/ProcessStart/Start',
    2: 'Microsoft-Windows-Kernel-Process/ProcessStop/Stop',
  },
  [PROVIDER.KERNEL_FILE]: { 12: 'Microsoft-Windows-Kernel-File/Create' },
}

const NAMES = new Set([
  HEADER,
  ...Object.values(CLASSIC).flatMap(([family, opcodes]) =>
    Object.values(opcodes).map((opcode) => `Windows Kernel/${family}/${opcode}`),
  ),
  ...Object.values(MANIFEST).flatMap((ids) => Object.values(ids)),
])

async function decodedBy(archive: string): Promise<Map<string, Decoded[]>> {
  const events = new Map<string, Decoded[]>()
  const volumes = new Volumes()
  let start: bigint | undefined
  await eachRecord(FOLDER!, archive, '.etl', (records, at) => {
    const { u8 } = records
    const time = u8.readBigUInt64LE(at + RECORD.time)
    start ??= time
    const name = nameOf(records, at)
    if (name === undefined) return
    const event = { name, ms: Number(time - start) / 10_000, fields: fieldsOf(records, at, volumes) }
    events.set(name, [...(events.get(name) ?? []), event])
  })
  return events
}

function nameOf({ u8 }: Records, at: number): string | undefined {
  const provider = u8.readUInt16LE(at + RECORD.provider)
  const opcode = u8[at + RECORD.opcode]!
  if (provider === PROVIDER.EVENT_TRACE && opcode === 0) return HEADER
  const classic = CLASSIC[provider]
  if (classic !== undefined) {
    const [family, opcodes] = classic
    return opcodes[opcode] === undefined ? undefined : `Windows Kernel/${family}/${opcodes[opcode]}`
  }
  return MANIFEST[provider]?.[u8.readUInt16LE(at + RECORD.id)]
}

function fieldsOf(records: Records, at: number, volumes: Volumes): Shown {
  const { u8 } = records
  const payload = new Payload(records)
  payload.aim(at, records.length(at))
  const own = ownFields(payload, at, u8, volumes)
  expect(payload.fault).toBe(FAULT.NONE)
  return {
    PID: String(u8.readInt32LE(at + RECORD.pid)),
    TID: String(u8.readInt32LE(at + RECORD.tid)),
    ProceNum: String(u8.readUInt16LE(at + RECORD.cpu)),
    DataLen: int(u8.readUInt32LE(at + RECORD.payload_length)),
    ...own,
  }
}

function ownFields(payload: Payload, at: number, u8: Buffer, volumes: Volumes): Shown {
  const provider = u8.readUInt16LE(at + RECORD.provider)
  const version = u8[at + RECORD.version]!
  const opcode = u8[at + RECORD.opcode]!
  const header = { pid: u8.readInt32LE(at + RECORD.pid), tid: u8.readInt32LE(at + RECORD.tid) }
  switch (provider) {
    case PROVIDER.PROCESS:
      return processFields(payload, version, opcode)
    case PROVIDER.THREAD:
      return threadFields(payload, version, opcode, header)
    case PROVIDER.IMAGE:
      return imageFields(payload, version, opcode, header.tid, volumes)
    case PROVIDER.KERNEL_PROCESS:
      return u8.readUInt16LE(at + RECORD.id) === 1 ? startFields(payload, version) : stopFields(payload, version)
    case PROVIDER.KERNEL_FILE:
      return fileFields(payload, version, volumes)
    case PROVIDER.SYSTEM_CONFIG:
      return configFields(payload, opcode, volumes)
    default:
      return headerFields(payload)
  }
}

const FLAGS: Record<number, string> = { 0: 'None', 2: 'Wow64', 4: 'Protected' }

function processFields(payload: Payload, version: number, opcode: number): Shown {
  const f = new ProcessFields()
  decodeProcess(payload, version, opcode, f)
  return {
    // TraceEvent puts the process that the event is about in the place of the one that logged it.
    PID: String(f.pid),
    TID: '-1',
    ProcessID: int(f.pid),
    ParentID: int(f.parentPid),
    ImageFileName: cut(f.imageName),
    PageDirectoryBase: hex(f.directoryTableBase),
    Flags: FLAGS[f.flags] ?? String(f.flags),
    SessionID: int(f.session | 0),
    ExitStatus: int(f.exitStatus | 0),
    UniqueProcessKey: hex((f.keyHigh >>> 0) * 2 ** 32 + (f.keyLow >>> 0)),
    CommandLine: cut(f.commandLine),
    PackageFullName: cut(f.packageName),
    ApplicationID: cut(f.applicationId),
  }
}

function threadFields(payload: Payload, version: number, opcode: number, header: { pid: number; tid: number }): Shown {
  const f = new ThreadFields()
  decodeThread(payload, version, opcode, f)
  const creator = opcode === 1 ? header : { pid: -1, tid: -1 }
  return {
    PID: String(f.pid),
    TID: String(f.tid),
    StackBase: hex(f.stackBase),
    StackLimit: hex(f.stackLimit),
    UserStackBase: hex(f.userStackBase),
    UserStackLimit: hex(f.userStackLimit),
    StartAddr: hex(version < 3 ? f.startAddress : f.affinity),
    Win32StartAddr: hex(f.win32StartAddress),
    TebBase: hex(f.tebBase),
    SubProcessTag: int(f.subProcessTag),
    BasePriority: int(f.basePriority),
    PagePriority: int(f.pagePriority),
    IoPriority: int(f.ioPriority),
    ThreadFlags: int(f.flags),
    ThreadName: cut(f.name),
    ParentThreadID: int(creator.tid),
    ParentProcessID: int(creator.pid),
  }
}

function imageFields(payload: Payload, version: number, opcode: number, tid: number, volumes: Volumes): Shown {
  const f = new ImageFields()
  decodeImage(payload, version, f, true)
  return {
    PID: String(f.pid),
    // Of a load only it keeps the thread.
    TID: opcode === 10 ? String(tid) : '-1',
    ImageBase: hex(f.base),
    ImageSize: int(f.size),
    ImageChecksum: int(f.checksum | 0),
    TimeDateStamp: int(f.timestamp | 0),
    DefaultBase: hex(f.defaultBase),
    BuildTime: date(f.timestamp * 1_000),
    FileName: cut(volumes.dosPath(f.path)),
  }
}

function startFields(payload: Payload, version: number): Shown {
  const f = new KernelProcessFields()
  decodeKernelProcessStart(payload, version, false, f)
  return {
    ProcessID: int(f.pid),
    CreateTime: date(fileTime(f.createdHigh, f.createdLow)),
    ParentProcessID: int(f.parentPid),
    SessionID: int(f.session),
    Flags: int(f.flags),
    ImageName: cut(f.imageName),
  }
}

function stopFields(payload: Payload, version: number): Shown {
  const f = new KernelProcessFields()
  decodeKernelProcessStop(payload, version, f)
  return {
    ProcessID: int(f.pid),
    CreateTime: date(fileTime(f.createdHigh, f.createdLow)),
    ExitTime: date(f.exited / 10_000 - EPOCH_MS),
    ExitCode: int(f.exitCode),
    TokenElevationType: int(f.tokenElevationType),
    HandleCount: int(f.handleCount),
    CommitCharge: int(f.commitCharge),
    CommitPeak: int(f.commitPeak),
    CPUCycleCount: int(f.cpuCycles),
    ReadOperationCount: int(f.readOperations),
    WriteOperationCount: int(f.writeOperations),
    ReadTransferKiloBytes: int(f.readKilobytes),
    WriteTransferKiloBytes: int(f.writtenKilobytes),
    HardFaultCount: int(f.hardFaults),
    ImageName: cut(f.imageName),
  }
}

const DISPOSITIONS = ['SUPERSEDE', 'OPEN_EXISTING', 'CREATE_NEW', 'OPEN_ALWAYS', 'TRUNCATE_EXISTING', 'CREATE_ALWAYS']
const SHARES = ['None', 'Read', 'Write', 'ReadWrite', 'Delete', 'Read, Delete', 'Write, Delete', 'ReadWrite, Delete']

function fileFields(payload: Payload, version: number, volumes: Volumes): Shown {
  const f = new FileFields()
  decodeFileCreate(payload, version < 1, f, true)
  return {
    IrpPtr: hex(f.irp),
    FileObject: hex(f.fileObject),
    CreateOptions: String(f.options),
    CreateDisposition: DISPOSITIONS[f.disposition]!,
    FileAttributes: int(f.attributes),
    ShareAccess: SHARES[f.shareAccess]!,
    FileName: cut(volumes.dosPath(f.path)),
  }
}

function configFields(payload: Payload, opcode: number, volumes: Volumes): Shown {
  const f = new ConfigFields()
  decodeConfig(payload, f)
  const [one, two] = [cut(f.kernelPath), cut(f.dosPath)]
  if (opcode === 33) return { SystemDirectory: one, SystemWindowsDirectory: two }
  volumes.add(f.kernelPath, f.dosPath)
  return { NtPath: one, DosPath: two }
}

/** Of the header of a file, what is decoded. */
function headerFields(payload: Payload): Shown {
  const f = new TraceHeaderFields()
  decodeTraceHeader(payload, f)
  return {
    ProviderVersion: int(f.build),
    NumberOfProcessors: int(f.processors),
    PointerSize: int(f.pointerSize),
    EventsLost: int(f.eventsLost),
    BuffersLost: int(f.buffersLost),
    BootTime: date(fileTime(f.bootHigh, f.bootLow)),
    StartTime: date(fileTime(f.startHigh, f.startLow)),
  }
}

const EPOCH_MS = 11_644_473_600_000

function fileTime(high: number, low: number): number {
  return Number(((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) / 10_000n) - EPOCH_MS
}

function int(value: number): string {
  return value.toLocaleString('en-US')
}

function hex(value: number): string {
  return `0x${BigInt(value).toString(16).padStart(8, '0')}`
}

const SHOWN_CHARACTERS = 20

function cut(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text
}

/** yy/MM/dd HH:mm:ss.ff, and more digits that are cut. */
function date(ms: number): string {
  const [day, time] = new Date(ms).toISOString().split('T')
  return `${day!.slice(2).replaceAll('-', '/')} ${time!.slice(0, 11)}...`
}
