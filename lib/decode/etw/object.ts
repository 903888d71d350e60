/** The classic Object events: handles are made, closed, duplicated. They do not say with which access. */
import type { Payload } from './payload.js'

export const OBJECT_OPCODE = {
  CREATE_HANDLE: 32,
  CLOSE_HANDLE: 33,
  DUPLICATE_HANDLE: 34,
  TYPE_DC_START: 36,
  TYPE_DC_END: 37,
  HANDLE_DC_START: 38,
  HANDLE_DC_END: 39,
  CREATE_OBJECT: 48,
  DELETE_OBJECT: 49,
} as const

export class ObjectFields {
  object = 0
  handle = 0
  /** Of a duplicate: the handle that was made. */
  targetHandle = 0
  /** Of a duplicate: the process that has it; of a rundown: the process that has the handle. */
  pid = 0
  /** Of a duplicate, in later versions. */
  sourcePid = 0
  /** A number that differs from build to build: TYPE_DC_START gives the names. */
  type = 0
  name = ''
}

/** Returns a FAULT. */
export function decodeObject(payload: Payload, opcode: number, fields: ObjectFields): number {
  fields.object = 0
  fields.handle = 0
  fields.targetHandle = 0
  fields.pid = 0
  fields.sourcePid = 0
  fields.name = ''
  switch (opcode) {
    case OBJECT_OPCODE.TYPE_DC_START:
    case OBJECT_OPCODE.TYPE_DC_END:
      fields.type = payload.u16()
      payload.skip(2)
      fields.name = payload.wide()
      break
    case OBJECT_OPCODE.DUPLICATE_HANDLE:
      fields.object = payload.pointer()
      fields.handle = payload.u32()
      fields.targetHandle = payload.u32()
      fields.pid = payload.u32()
      fields.type = payload.u16()
      if (payload.left >= 4) fields.sourcePid = payload.u32()
      break
    case OBJECT_OPCODE.CREATE_OBJECT:
    case OBJECT_OPCODE.DELETE_OBJECT:
      fields.object = payload.pointer()
      fields.type = payload.u16()
      break
    default:
      fields.object = payload.pointer()
      if (opcode >= OBJECT_OPCODE.HANDLE_DC_START) fields.pid = payload.u32()
      fields.handle = payload.u32()
      fields.type = payload.u16()
      if (payload.left > 0) fields.name = payload.wide()
  }
  return payload.fault
}
