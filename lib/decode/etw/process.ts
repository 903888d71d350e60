/** The classic Process events (NT Kernel Logger): the only ones with command line and user. */
import { FAULT, type Payload } from './payload.js'

export const OPCODE = { START: 1, END: 2, DC_START: 3, DC_END: 4, DEFUNCT: 39 } as const

/** Filled anew by each decoding. */
export class ProcessFields {
  /** UniqueProcessKey: the kernel's own object, as two halves; zero before version 2. */
  keyLow = 0
  keyHigh = 0
  pid = 0
  parentPid = 0
  session = 0
  exitStatus = 0
  directoryTableBase = 0
  flags = 0
  /** -1 when there is none. */
  sidAt = -1
  /** The file's name, not its path. */
  imageName = ''
  commandLine = ''
  packageName = ''
  applicationId = ''
  /** FILETIME; only of a process that is defunct. */
  exitTime = 0
}

/** Returns a FAULT. */
export function decodeProcess(payload: Payload, version: number, opcode: number, fields: ProcessFields): number {
  fields.keyLow = 0
  fields.keyHigh = 0
  fields.directoryTableBase = 0
  fields.flags = 0
  fields.session = 0
  fields.exitStatus = 0
  fields.commandLine = ''
  fields.packageName = ''
  fields.applicationId = ''
  fields.exitTime = 0
  if (version === 0) {
    fields.pid = payload.pointer()
    fields.parentPid = payload.pointer()
  } else {
    const isKey = version >= 2
    if (isKey) putKey(payload, fields)
    else fields.directoryTableBase = payload.pointer()
    fields.pid = payload.u32()
    fields.parentPid = payload.u32()
    fields.session = payload.u32()
    fields.exitStatus = payload.u32()
    if (version >= 3) fields.directoryTableBase = payload.pointer()
    if (version >= 4) fields.flags = payload.u32()
  }
  payload.tokenUser()
  fields.sidAt = payload.sidAt
  fields.imageName = payload.narrow()
  // Where the place of the SID is empty, all that is behind it may be: no process is without a name.
  if (fields.sidAt < 0 && fields.imageName === '' && payload.fault === FAULT.NONE) payload.fault = FAULT.SID
  if (version >= 2) fields.commandLine = payload.wide()
  if (version >= 4) {
    fields.packageName = payload.wide()
    fields.applicationId = payload.wide()
  }
  if (version >= 5 && opcode === OPCODE.DEFUNCT) fields.exitTime = payload.u64()
  return payload.fault
}

function putKey(payload: Payload, fields: ProcessFields): void {
  fields.keyLow = payload.u32()
  if (payload.pointerSize === 8) fields.keyHigh = payload.u32()
}
