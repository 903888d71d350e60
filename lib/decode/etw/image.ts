/** The classic Image events: a file is mapped to run code from it. */
import type { Payload } from './payload.js'

export const IMAGE_OPCODE = { UNLOAD: 2, DC_START: 3, DC_END: 4, LOAD: 10 } as const

export class ImageFields {
  base = 0
  size = 0
  /** 0 for the kernel and its drivers; version 0 does not say. */
  pid = 0
  checksum = 0
  timestamp = 0
  signatureLevel = 0
  signatureType = 0
  defaultBase = 0
  /** As the kernel has it. */
  path = ''
}

const NO_ADDRESS_RESERVED = 16

/** Returns a FAULT. `isNamed`: whether the path is wanted. */
export function decodeImage(payload: Payload, version: number, fields: ImageFields, isNamed: boolean): number {
  fields.base = payload.pointer()
  // In version 0 it is 4 bytes, whatever the pointers are.
  fields.size = version === 0 ? payload.u32() : payload.pointer()
  fields.pid = version === 0 ? 0 : payload.u32()
  if (version >= 2) {
    fields.checksum = payload.u32()
    fields.timestamp = payload.u32()
    fields.signatureLevel = payload.u8()
    fields.signatureType = payload.u8()
    payload.skip(2)
    fields.defaultBase = payload.pointer()
    payload.skip(NO_ADDRESS_RESERVED)
  } else {
    fields.checksum = 0
    fields.timestamp = 0
    fields.signatureLevel = 0
    fields.signatureType = 0
    fields.defaultBase = 0
  }
  if (isNamed) {
    fields.path = payload.wide()
  } else {
    fields.path = ''
    payload.skipWide()
  }
  return payload.fault
}
