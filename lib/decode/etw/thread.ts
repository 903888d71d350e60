/** The classic Thread events. A start is logged by the thread that creates the new one. */
import type { Payload } from './payload.js'
import { OPCODE } from './process.js'

export class ThreadFields {
  pid = 0
  tid = 0
  stackBase = 0
  stackLimit = 0
  userStackBase = 0
  userStackLimit = 0
  /** Before version 3; later ones have the affinity there. */
  startAddress = 0
  affinity = 0
  win32StartAddress = 0
  /** Zero for a thread of the kernel; unknown (-1) in version 1. */
  tebBase = 0
  subProcessTag = 0
  basePriority = 0
  pagePriority = 0
  ioPriority = 0
  flags = 0
  waitMode = 0
  name = ''
}

const UNKNOWN = -1

/** Returns a FAULT. */
export function decodeThread(payload: Payload, version: number, opcode: number, fields: ThreadFields): number {
  clear(fields)
  if (version === 0) {
    fields.tid = payload.u32()
    fields.pid = payload.u32()
    return payload.fault
  }
  fields.pid = payload.u32()
  fields.tid = payload.u32()
  if (version === 1 && opcode === OPCODE.END) return payload.fault
  fields.stackBase = payload.pointer()
  fields.stackLimit = payload.pointer()
  fields.userStackBase = payload.pointer()
  fields.userStackLimit = payload.pointer()
  if (version < 3) fields.startAddress = payload.pointer()
  else fields.affinity = payload.pointer()
  fields.win32StartAddress = payload.pointer()
  if (version === 1) {
    fields.waitMode = payload.i8()
    return payload.fault
  }
  fields.tebBase = payload.pointer()
  fields.subProcessTag = payload.u32()
  if (version >= 3) {
    fields.basePriority = payload.u8()
    fields.pagePriority = payload.u8()
    fields.ioPriority = payload.u8()
    fields.flags = payload.u8()
  }
  if (version >= 4) fields.name = payload.wide()
  return payload.fault
}

function clear(fields: ThreadFields): void {
  fields.stackBase = 0
  fields.stackLimit = 0
  fields.userStackBase = 0
  fields.userStackLimit = 0
  fields.startAddress = 0
  fields.affinity = 0
  fields.win32StartAddress = 0
  fields.tebBase = UNKNOWN
  fields.subProcessTag = 0
  fields.basePriority = 0
  fields.pagePriority = 0
  fields.ioPriority = 0
  fields.flags = 0
  fields.waitMode = 0
  fields.name = ''
}
