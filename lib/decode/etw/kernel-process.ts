/** Microsoft-Windows-Kernel-Process: processes without command line and user, threads, images. */
import type { ImageFields } from './image.js'
import type { Payload } from './payload.js'
import type { ThreadFields } from './thread.js'

export const KERNEL_PROCESS_ID = {
  START: 1,
  STOP: 2,
  THREAD_START: 3,
  THREAD_STOP: 4,
  IMAGE_LOAD: 5,
  IMAGE_UNLOAD: 6,
  RUNDOWN: 15,
} as const

/** Versions of a rundown are those of a start, less this. */
const RUNDOWN_BEHIND = 2

export class KernelProcessFields {
  pid = 0
  parentPid = 0
  /** FILETIME, as two halves. */
  createdLow = 0
  createdHigh = 0
  /** FILETIME, to the microsecond. */
  exited = 0
  exitCode = 0
  /** 0 when the version does not have it. */
  sequence = 0
  parentSequence = 0
  session = 0
  flags = 0
  tokenElevationType = 0
  isElevated = 0
  /** The integrity level; -1 when the version does not have it. */
  labelAt = -1
  handleCount = 0
  commitCharge = 0
  commitPeak = 0
  cpuCycles = 0
  readOperations = 0
  writeOperations = 0
  readKilobytes = 0
  writtenKilobytes = 0
  hardFaults = 0
  checksum = 0
  timestamp = 0
  packageName = ''
  applicationId = ''
  /** Of a start: a path as the kernel has it. Of a stop: the first 14 characters of the name. */
  imageName = ''
}

/** Returns a FAULT. Of a start or, with `isRundown`, of a process that was there. */
export function decodeKernelProcessStart(
  payload: Payload,
  given: number,
  isRundown: boolean,
  fields: KernelProcessFields,
): number {
  const version = isRundown ? given + RUNDOWN_BEHIND : given
  const hasFlags = version >= 1
  clear(fields)
  fields.pid = payload.u32()
  if (version >= 3) fields.sequence = payload.u64()
  fields.createdLow = payload.u32()
  fields.createdHigh = payload.u32()
  fields.parentPid = payload.u32()
  if (version >= 3) fields.parentSequence = payload.u64()
  fields.session = payload.u32()
  if (hasFlags) fields.flags = payload.u32()
  if (version >= 3) {
    fields.tokenElevationType = payload.u32()
    fields.isElevated = payload.u32()
    payload.sid()
    fields.labelAt = payload.sidAt
  }
  fields.imageName = payload.wide()
  if (version >= 2) {
    fields.checksum = payload.u32()
    fields.timestamp = payload.u32()
    fields.packageName = payload.wide()
    fields.applicationId = payload.wide()
  }
  return payload.fault
}

export function decodeKernelProcessStop(payload: Payload, version: number, fields: KernelProcessFields): number {
  clear(fields)
  fields.pid = payload.u32()
  if (version >= 2) fields.sequence = payload.u64()
  fields.createdLow = payload.u32()
  fields.createdHigh = payload.u32()
  fields.exited = payload.u64()
  fields.exitCode = payload.u32()
  fields.tokenElevationType = payload.u32()
  fields.handleCount = payload.u32()
  fields.commitCharge = payload.u64()
  fields.commitPeak = payload.u64()
  if (version >= 1) {
    fields.cpuCycles = payload.u64()
    fields.readOperations = payload.u32()
    fields.writeOperations = payload.u32()
    fields.readKilobytes = payload.u32()
    fields.writtenKilobytes = payload.u32()
    fields.hardFaults = payload.u32()
  }
  fields.imageName = payload.narrow()
  return payload.fault
}

/** Of a start or a stop: what a stop has beyond is of no use here. */
export function decodeKernelThread(payload: Payload, version: number, fields: ThreadFields): number {
  fields.pid = payload.u32()
  fields.tid = payload.u32()
  fields.stackBase = payload.pointer()
  fields.stackLimit = payload.pointer()
  fields.userStackBase = payload.pointer()
  fields.userStackLimit = payload.pointer()
  fields.startAddress = payload.pointer()
  fields.win32StartAddress = payload.pointer()
  fields.tebBase = payload.pointer()
  fields.subProcessTag = version >= 1 ? payload.u32() : 0
  fields.affinity = 0
  fields.basePriority = 0
  fields.pagePriority = 0
  fields.ioPriority = 0
  fields.flags = 0
  fields.waitMode = 0
  fields.name = ''
  return payload.fault
}

export function decodeKernelImage(payload: Payload, fields: ImageFields, isNamed: boolean): number {
  fields.base = payload.pointer()
  fields.size = payload.pointer()
  fields.pid = payload.u32()
  fields.checksum = payload.u32()
  fields.timestamp = payload.u32()
  fields.signatureLevel = 0
  fields.signatureType = 0
  fields.defaultBase = payload.pointer()
  if (isNamed) {
    fields.path = payload.wide()
  } else {
    fields.path = ''
    payload.skipWide()
  }
  return payload.fault
}

function clear(fields: KernelProcessFields): void {
  fields.parentPid = 0
  fields.exited = 0
  fields.exitCode = 0
  fields.sequence = 0
  fields.parentSequence = 0
  fields.session = 0
  fields.flags = 0
  fields.tokenElevationType = 0
  fields.isElevated = 0
  fields.labelAt = -1
  fields.handleCount = 0
  fields.commitCharge = 0
  fields.commitPeak = 0
  fields.cpuCycles = 0
  fields.readOperations = 0
  fields.writeOperations = 0
  fields.readKilobytes = 0
  fields.writtenKilobytes = 0
  fields.hardFaults = 0
  fields.checksum = 0
  fields.timestamp = 0
  fields.packageName = ''
  fields.applicationId = ''
}
