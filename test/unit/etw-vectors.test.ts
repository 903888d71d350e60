import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  decodeFileClose,
  decodeFileCreate,
  decodeFileName,
  FILE_OPCODE,
  FileFields,
} from '../../lib/decode/etw/file.js'
import { decodeImage, IMAGE_OPCODE, ImageFields } from '../../lib/decode/etw/image.js'
import { PROVIDER } from '../../lib/decode/etw/layout.js'
import { FAULT, Payload, sidLength } from '../../lib/decode/etw/payload.js'
import { decodeProcess, OPCODE, ProcessFields } from '../../lib/decode/etw/process.js'
import { decodeThread, ThreadFields } from '../../lib/decode/etw/thread.js'
import { decodeTraceHeader, TraceHeaderFields } from '../../lib/decode/etw/trace-header.js'
import { corpusFolder } from './corpus.js'
import { memoryOf, providerOf } from './etw-bytes.js'

interface Vector {
  name: string
  provider: string
  version: number
  opcode: number
  pointerSize: number
  payloadHex: string
  fields: { name: string; value: number | string }[]
  sidHex: string | null
}

type Decoded = Record<string, unknown>

const CLEANUP = 65
const CLOSE = 66

const FOLDER = corpusFolder('etl')
const all: Vector[] = FOLDER === undefined ? [] : read(join(FOLDER, 'libtrace-kernel-payload-vectors.json'))
const ours = all.filter((vector) => decoderOf(vector) !== undefined)

describe.skipIf(FOLDER === undefined)('payloads of real kernels (skipped where the vectors are not at hand)', () => {
  test('most classes that are decoded have some', () => {
    expect(ours.length).toBeGreaterThan(45)
  })

  test.each(ours)('$name, field by field', (vector) => {
    const payload = payloadOf(vector)
    const { fault, fields } = decoderOf(vector)!(payload, vector)
    expect(fault).toBe(FAULT.NONE)
    expect(payload.left, 'nothing is left over but padding').toBeLessThan(4)
    const compared = vector.fields.filter(({ name }) => !NOT_TAKEN.has(name))
    expect(Object.fromEntries(compared.map(({ name }) => [name, fields[name]]))).toEqual(
      Object.fromEntries(compared.map(({ name, value }) => [name, value])),
    )
    // Of short ones libtrace keeps nothing.
    if (vector.sidHex) expect(fields.sid).toBe(vector.sidHex)
  })

  test.each(ours)('$name, cut anywhere, has a fault or only lacks what may be absent', (vector) => {
    const whole = Buffer.from(vector.payloadHex, 'hex')
    for (let length = 0; length < whole.length; length++) {
      const payload = payloadOf({ ...vector, payloadHex: whole.subarray(0, length).toString('hex') })
      const { fault } = decoderOf(vector)!(payload, vector)
      if (fault === FAULT.NONE) expect(length, 'only padding may be missing').toBeGreaterThanOrEqual(whole.length - 3)
    }
  })
})

/** Of no use to anybody here: not decoded. */
const NOT_TAKEN = new Set([
  'Padding',
  'Reserved0',
  'Reserved1',
  'Reserved2',
  'Reserved3',
  'Reserved4',
  'BufferSize',
  'Version',
  'EndTime',
  'TimerResolution',
  'MaxFileSize',
  'LogFileMode',
  'BuffersWritten',
  'StartBuffers',
  'CPUSpeed',
  'LoggerName',
  'LogFileName',
  'TimeZoneInformation',
  'PerfFreq',
  'ReservedFlags',
  'SessionNameString',
  'LogFileNameString',
])

interface Result {
  fault: number
  fields: Decoded
}

type Decoder = (payload: Payload, vector: Vector) => Result

function decoderOf({ provider, opcode }: Vector): Decoder | undefined {
  switch (providerOf(provider)) {
    case PROVIDER.PROCESS:
      return (Object.values(OPCODE) as number[]).includes(opcode) ? processOf : undefined
    case PROVIDER.THREAD:
      return opcode <= OPCODE.DC_END ? threadOf : undefined
    case PROVIDER.IMAGE:
      return (Object.values(IMAGE_OPCODE) as number[]).includes(opcode) ? imageOf : undefined
    case PROVIDER.FILE_IO:
      if (opcode === FILE_OPCODE.CREATE || opcode === CLEANUP || opcode === CLOSE) return fileOf
      return (Object.values(FILE_OPCODE) as number[]).includes(opcode) ? fileNameOf : undefined
    case PROVIDER.EVENT_TRACE:
      return opcode === 0 ? headerOf : undefined
    default:
      return undefined
  }
}

function processOf(payload: Payload, { version, opcode }: Vector): Result {
  const f = new ProcessFields()
  const fault = decodeProcess(payload, version, opcode, f)
  const sid = f.sidAt < 0 ? null : hex(payload.view, f.sidAt, sidLength(payload.view, f.sidAt))
  const fields = {
    UniqueProcessKey: f.keyHigh * 2 ** 32 + f.keyLow,
    PageDirectoryBase: f.directoryTableBase,
    DirectoryTableBase: f.directoryTableBase,
    ProcessId: f.pid,
    ParentId: f.parentPid,
    SessionId: f.session,
    ExitStatus: f.exitStatus | 0,
    Flags: f.flags,
    ImageFileName: f.imageName,
    CommandLine: f.commandLine,
    PackageFullName: f.packageName,
    ApplicationId: f.applicationId,
    ExitTime: f.exitTime,
    sid,
  }
  return { fault, fields }
}

function threadOf(payload: Payload, { version, opcode }: Vector): Result {
  const f = new ThreadFields()
  const fault = decodeThread(payload, version, opcode, f)
  const fields = {
    ProcessId: f.pid,
    TThreadId: f.tid,
    StackBase: f.stackBase,
    StackLimit: f.stackLimit,
    UserStackBase: f.userStackBase,
    UserStackLimit: f.userStackLimit,
    StartAddr: f.startAddress,
    Affinity: f.affinity,
    Win32StartAddr: f.win32StartAddress,
    TebBase: f.tebBase,
    SubProcessTag: f.subProcessTag,
    BasePriority: f.basePriority,
    PagePriority: f.pagePriority,
    IoPriority: f.ioPriority,
    ThreadFlags: f.flags,
    WaitMode: f.waitMode,
    ThreadName: f.name,
  }
  return { fault, fields }
}

function imageOf(payload: Payload, { version }: Vector): Result {
  const f = new ImageFields()
  const fault = decodeImage(payload, version, f, true)
  const fields = {
    BaseAddress: f.base,
    ModuleSize: f.size,
    ProcessId: f.pid,
    ImageCheckSum: f.checksum,
    TimeDateStamp: f.timestamp,
    SignatureLevel: f.signatureLevel,
    SignatureType: f.signatureType,
    DefaultBase: f.defaultBase,
    ImageFileName: f.path,
  }
  return { fault, fields }
}

function fileNameOf(payload: Payload): Result {
  const f = new FileFields()
  const fault = decodeFileName(payload, f, true)
  return { fault, fields: { FileObject: f.fileKey, FileName: f.path } }
}

function fileOf(payload: Payload, { version, opcode }: Vector): Result {
  const f = new FileFields()
  const isOld = version < 3
  const fault =
    opcode === FILE_OPCODE.CREATE ? decodeFileCreate(payload, isOld, f, true) : decodeFileClose(payload, isOld, f)
  const fields = {
    IrpPtr: f.irp,
    TTID: f.tid,
    FileObject: f.fileObject,
    FileKey: f.fileKey,
    CreateOptions: f.disposition * 2 ** 24 + f.options,
    FileAttributes: f.attributes,
    ShareAccess: f.shareAccess,
    OpenPath: f.path,
  }
  return { fault, fields }
}

function headerOf(payload: Payload): Result {
  const f = new TraceHeaderFields()
  const fault = decodeTraceHeader(payload, f)
  // The names of session and file follow.
  payload.wide()
  payload.wide()
  const fields = {
    ProviderVersion: f.build,
    NumberOfProcessors: f.processors,
    PointerSize: f.pointerSize,
    EventsLost: f.eventsLost,
    BootTime: f.bootHigh * 2 ** 32 + f.bootLow,
    StartTime: f.startHigh * 2 ** 32 + f.startLow,
    BuffersLost: f.buffersLost,
  }
  return { fault: fault || payload.fault, fields }
}

function payloadOf(vector: Vector): Payload {
  const { records, offsets } = memoryOf(
    [{ ...vector, provider: providerOf(vector.provider), payload: Buffer.from(vector.payloadHex, 'hex') }],
    0xa5,
  )
  const payload = new Payload(records)
  payload.aim(offsets[0]!, records.length(offsets[0]!))
  return payload
}

function hex(view: DataView, at: number, length: number): string {
  return Buffer.from(view.buffer, at, length).toString('hex')
}

function read(file: string): Vector[] {
  return JSON.parse(readFileSync(file, 'utf8')).vectors
}
