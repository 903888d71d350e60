/**
 * Every version of the classic events, with pointers of both sizes, from fields to bytes and back: what
 * no recording at hand has. Layouts as the MOF schemas of Windows have them.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeImage, ImageFields } from '../../lib/decode/etw/image.js'
import {
  decodeKernelProcessStart,
  decodeKernelProcessStop,
  KernelProcessFields,
} from '../../lib/decode/etw/kernel-process.js'
import { PROVIDER } from '../../lib/decode/etw/layout.js'
import { FAULT, Payload } from '../../lib/decode/etw/payload.js'
import { decodeProcess, OPCODE, ProcessFields } from '../../lib/decode/etw/process.js'
import { sidText } from '../../lib/decode/etw/sid.js'
import { decodeThread, ThreadFields } from '../../lib/decode/etw/thread.js'
import { join, memoryOf, narrow, sid, u8, u16, u32, u64, wide } from './etw-bytes.js'

const RUNS = Number(process.env.KERNELWIRE_FUZZ_RUNS ?? 60)

const dword = fc.integer({ min: 0, max: 0xffff_ffff })
const byte = fc.nat(255)
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replaceAll('\0', ''))
const ascii = fc.string({ minLength: 1, maxLength: 20 }).map((value) => value.replaceAll('\0', ' '))
const users = fc.constantFrom('S-1-5-18', 'S-1-5-21-1-2-3-1001', 'S-1-5-32-544', 'S-1-0-0')
/** What a number of JavaScript holds exactly. */
const pointerOf = (bytes: number) => (bytes === 4 ? dword : fc.integer({ min: 0, max: 2 ** 47 - 1 }))
const pointers = (bytes: number, ...values: number[]) => (bytes === 4 ? u32(...values) : u64(...values))

function payloadOf(provider: number, pointerSize: number, bytes: Uint8Array): Payload {
  const { records, offsets } = memoryOf([{ provider, pointerSize, payload: bytes }])
  const payload = new Payload(records)
  payload.aim(offsets[0]!, records.length(offsets[0]!))
  return payload
}

/** Which there are depends on the version: numbers and texts alike fit where they are used. */
type Fields = Record<string, never>

interface Layout {
  provider: number
  fields: fc.Arbitrary<unknown>
  bytes(fields: Fields): Uint8Array
  /** Returns the fault, and the same fields. */
  decode(payload: Payload): { fault: number; fields: object }
  /** How many bytes at the end nobody reads. */
  padding?: number
}

function checkLayout(pointerSize: number, { provider, fields, bytes, decode, padding = 0 }: Layout): void {
  fc.assert(
    fc.property(fields, fc.uint8Array({ maxLength: 40 }), fc.nat(), (given, appended, cut) => {
      const whole = bytes(given as Fields)
      const payload = payloadOf(provider, pointerSize, whole)
      expect(decode(payload)).toEqual({ fault: FAULT.NONE, fields: given })
      expect(payload.left).toBe(padding)
      // A later version appends.
      expect(decode(payloadOf(provider, pointerSize, join(whole, appended)))).toEqual({
        fault: FAULT.NONE,
        fields: given,
      })
      const length = cut % (whole.length - padding)
      expect(decode(payloadOf(provider, pointerSize, whole.subarray(0, length))).fault).not.toBe(FAULT.NONE)
    }),
    { numRuns: RUNS },
  )
}

const SIZES = [4, 8] as const
const versions = (last: number) => Array.from({ length: last + 1 }, (_, version) => version)
const cases = (last: number) => versions(last).flatMap((version) => SIZES.map((size) => [version, size] as const))

describe('Process', () => {
  test.each(cases(5))('version %i, pointers of %i bytes', (version, size) => {
    const tokenUser = (user: string) => join(pointers(size, 0x1234_5670, 0), sid(user))
    checkLayout(size, {
      provider: PROVIDER.PROCESS,
      fields: fc.record({
        pid: dword,
        parentPid: dword,
        user: users,
        imageName: ascii,
        ...(version >= 1 && { session: dword, exitStatus: dword }),
        ...(version >= 2 && { key: pointerOf(size), commandLine: text }),
        ...(version === 1 && { directoryTableBase: pointerOf(size) }),
        ...(version >= 3 && { directoryTableBase: pointerOf(size) }),
        ...(version >= 4 && { flags: dword, packageName: text, applicationId: text }),
        ...(version >= 5 && { exitTime: fc.integer({ min: 0, max: 2 ** 53 - 1 }) }),
      }),
      bytes: (f) =>
        version === 0
          ? join(pointers(size, f.pid!, f.parentPid!), tokenUser(f.user!), narrow(f.imageName!))
          : join(
              pointers(size, version === 1 ? f.directoryTableBase! : f.key!),
              u32(f.pid!, f.parentPid!, f.session!, f.exitStatus!),
              ...(version >= 3 ? [pointers(size, f.directoryTableBase!)] : []),
              ...(version >= 4 ? [u32(f.flags!)] : []),
              tokenUser(f.user!),
              narrow(f.imageName!),
              ...(version >= 2 ? [wide(f.commandLine!)] : []),
              ...(version >= 4 ? [wide(f.packageName!), wide(f.applicationId!)] : []),
              ...(version >= 5 ? [u64(f.exitTime!)] : []),
            ),
      decode(payload) {
        const f = new ProcessFields()
        const fault = decodeProcess(payload, version, OPCODE.DEFUNCT, f)
        const user = f.sidAt < 0 ? undefined : sidText(payload.view, f.sidAt)
        const { pid, parentPid, imageName, session, exitStatus, commandLine, directoryTableBase } = f
        const fields = {
          pid,
          parentPid,
          user,
          imageName,
          ...(version >= 1 && { session, exitStatus }),
          ...(version >= 2 && { key: f.keyHigh * 2 ** 32 + f.keyLow, commandLine }),
          ...((version === 1 || version >= 3) && { directoryTableBase }),
          ...(version >= 4 && { flags: f.flags, packageName: f.packageName, applicationId: f.applicationId }),
          ...(version >= 5 && { exitTime: f.exitTime }),
        }
        return { fault, fields }
      },
    })
  })

  test.each(SIZES)('without a user: four bytes of zero, pointers of %i bytes', (size) => {
    const bytes = join(pointers(size, 1), u32(5, 4, 0, 0), pointers(size, 1), u32(0, 0), narrow('a.exe'), wide('a'))
    const fields = new ProcessFields()
    const payload = payloadOf(PROVIDER.PROCESS, size, join(bytes, wide(''), wide('')))
    expect(decodeProcess(payload, 4, OPCODE.START, fields)).toBe(FAULT.NONE)
    expect(fields).toMatchObject({ pid: 5, sidAt: -1, imageName: 'a.exe', commandLine: 'a' })
  })
})

describe('Thread', () => {
  test('version 0 has its two numbers the other way round', () => {
    const fields = new ThreadFields()
    decodeThread(payloadOf(PROVIDER.THREAD, 4, u32(7, 4)), 0, OPCODE.START, fields)
    expect(fields).toMatchObject({ pid: 4, tid: 7 })
  })

  test('the end in version 1 has nothing else', () => {
    const fields = new ThreadFields()
    const payload = payloadOf(PROVIDER.THREAD, 8, u32(4, 7))
    expect(decodeThread(payload, 1, OPCODE.END, fields)).toBe(FAULT.NONE)
    expect(fields).toMatchObject({ pid: 4, tid: 7 })
  })

  test.each(cases(4).filter(([version]) => version > 0))('version %i, pointers of %i bytes', (version, size) => {
    const first = version < 3 ? 'startAddress' : 'affinity'
    const addresses = [
      'stackBase',
      'stackLimit',
      'userStackBase',
      'userStackLimit',
      first,
      'win32StartAddress',
    ] as const
    const priorities = ['basePriority', 'pagePriority', 'ioPriority', 'flags'] as const
    checkLayout(size, {
      provider: PROVIDER.THREAD,
      padding: version === 1 ? 3 : 0,
      fields: fc.record({
        pid: dword,
        tid: dword,
        ...Object.fromEntries(addresses.map((name) => [name, pointerOf(size)])),
        ...(version === 1 && { waitMode: fc.integer({ min: -128, max: 127 }) }),
        ...(version >= 2 && { tebBase: pointerOf(size), subProcessTag: dword }),
        ...(version >= 3 && Object.fromEntries(priorities.map((name) => [name, byte]))),
        ...(version >= 4 && { name: text }),
      }),
      bytes: (f) =>
        join(
          u32(f.pid!, f.tid!),
          pointers(size, ...addresses.map((name) => f[name]!)),
          ...(version === 1 ? [u8((f.waitMode! as number) & 0xff, 0, 0, 0)] : []),
          ...(version >= 2 ? [pointers(size, f.tebBase!), u32(f.subProcessTag!)] : []),
          ...(version >= 3 ? [u8(...priorities.map((name) => f[name]!))] : []),
          ...(version >= 4 ? [wide(f.name!)] : []),
        ),
      decode(payload) {
        const f = new ThreadFields()
        const fault = decodeThread(payload, version, OPCODE.START, f)
        const fields = {
          pid: f.pid,
          tid: f.tid,
          ...Object.fromEntries(addresses.map((name) => [name, f[name]])),
          ...(version === 1 && { waitMode: f.waitMode }),
          ...(version >= 2 && { tebBase: f.tebBase, subProcessTag: f.subProcessTag }),
          ...(version >= 3 && Object.fromEntries(priorities.map((name) => [name, f[name]]))),
          ...(version >= 4 && { name: f.name }),
        }
        return { fault, fields }
      },
    })
  })
})

describe('Image', () => {
  test.each(cases(3))('version %i, pointers of %i bytes', (version, size) => {
    checkLayout(size, {
      provider: PROVIDER.IMAGE,
      fields: fc.record({
        base: pointerOf(size),
        size: version === 0 ? dword : pointerOf(size),
        path: text,
        ...(version >= 1 && { pid: dword }),
        ...(version >= 2 && { checksum: dword, timestamp: dword, defaultBase: pointerOf(size) }),
        ...(version >= 3 && { signatureLevel: byte, signatureType: byte }),
      }),
      bytes: (f) =>
        join(
          pointers(size, f.base!),
          version === 0 ? u32(f.size!) : pointers(size, f.size!),
          ...(version >= 1 ? [u32(f.pid!)] : []),
          ...(version >= 2 ? [u32(f.checksum!, f.timestamp!)] : []),
          ...(version === 2 ? [u32(0)] : []),
          ...(version >= 3 ? [u8(f.signatureLevel!, f.signatureType!), u16(0)] : []),
          ...(version >= 2 ? [pointers(size, f.defaultBase!), u32(0, 0, 0, 0)] : []),
          wide(f.path!),
        ),
      decode(payload) {
        const f = new ImageFields()
        const fault = decodeImage(payload, version, f, true)
        const fields = {
          base: f.base,
          size: f.size,
          path: f.path,
          ...(version >= 1 && { pid: f.pid }),
          ...(version >= 2 && { checksum: f.checksum, timestamp: f.timestamp, defaultBase: f.defaultBase }),
          ...(version >= 3 && { signatureLevel: f.signatureLevel, signatureType: f.signatureType }),
        }
        return { fault, fields }
      },
    })
  })
})

describe('Kernel-Process', () => {
  const isRundown = [false, true]
  const starts = versions(5).flatMap((version) => isRundown.map((rundown) => [version, rundown] as const))

  test.each(starts.filter(([version, rundown]) => !rundown || version >= 2))(
    'start version %i, as a rundown: %s',
    (version, rundown) => {
      checkLayout(8, {
        provider: PROVIDER.KERNEL_PROCESS,
        fields: fc.record({
          pid: dword,
          parentPid: dword,
          session: dword,
          createdLow: dword,
          createdHigh: dword,
          imageName: text,
          ...(version >= 1 && { flags: dword }),
          ...(version >= 2 && { checksum: dword, timestamp: dword, packageName: text, applicationId: text }),
          ...(version >= 3 && { sequence: dword, parentSequence: dword, label: users, isElevated: fc.nat(1) }),
        }),
        bytes: (f) =>
          join(
            u32(f.pid!),
            ...(version >= 3 ? [u64(f.sequence!)] : []),
            u32(f.createdLow!, f.createdHigh!, f.parentPid!),
            ...(version >= 3 ? [u64(f.parentSequence!)] : []),
            u32(f.session!),
            ...(version >= 1 ? [u32(f.flags!)] : []),
            ...(version >= 3 ? [u32(1, f.isElevated!), sid(f.label!)] : []),
            wide(f.imageName!),
            ...(version >= 2 ? [u32(f.checksum!, f.timestamp!), wide(f.packageName!), wide(f.applicationId!)] : []),
          ),
        decode(payload) {
          const f = new KernelProcessFields()
          // A rundown's versions begin where a start has its second.
          const fault = decodeKernelProcessStart(payload, rundown ? version - 2 : version, rundown, f)
          const label = f.labelAt < 0 ? undefined : sidText(payload.view, f.labelAt)
          const fields = {
            pid: f.pid,
            parentPid: f.parentPid,
            session: f.session,
            createdLow: f.createdLow,
            createdHigh: f.createdHigh,
            imageName: f.imageName,
            ...(version >= 1 && { flags: f.flags }),
            ...(version >= 2 && {
              checksum: f.checksum,
              timestamp: f.timestamp,
              packageName: f.packageName,
              applicationId: f.applicationId,
            }),
            ...(version >= 3 && {
              sequence: f.sequence,
              parentSequence: f.parentSequence,
              label,
              isElevated: f.isElevated,
            }),
          }
          return { fault, fields }
        },
      })
    },
  )

  test.each(versions(2))('stop version %i', (version) => {
    checkLayout(8, {
      provider: PROVIDER.KERNEL_PROCESS,
      fields: fc.record({
        pid: dword,
        createdLow: dword,
        createdHigh: dword,
        exitCode: dword,
        handleCount: dword,
        imageName: ascii,
        ...(version >= 1 && { cpuCycles: dword, hardFaults: dword }),
        ...(version >= 2 && { sequence: dword }),
      }),
      bytes: (f) =>
        join(
          u32(f.pid!),
          ...(version >= 2 ? [u64(f.sequence!)] : []),
          u32(f.createdLow!, f.createdHigh!),
          u64(1),
          u32(f.exitCode!, 1, f.handleCount!),
          u64(1, 2),
          ...(version >= 1 ? [u64(f.cpuCycles!), u32(1, 2, 3, 4, f.hardFaults!)] : []),
          narrow(f.imageName!),
        ),
      decode(payload) {
        const f = new KernelProcessFields()
        const fault = decodeKernelProcessStop(payload, version, f)
        const { pid, createdLow, createdHigh, exitCode, handleCount, imageName, cpuCycles, hardFaults, sequence } = f
        const fields = {
          ...{ pid, createdLow, createdHigh, exitCode, handleCount, imageName },
          ...(version >= 1 && { cpuCycles, hardFaults }),
          ...(version >= 2 && { sequence }),
        }
        return { fault, fields }
      },
    })
  })
})
