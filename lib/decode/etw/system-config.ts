/** What the merging of a recording adds to it: which volume is which drive, and where Windows is. */
import type { Payload } from './payload.js'

export const CONFIG_OPCODE = { SYSTEM_PATHS: 33, VOLUME_MAPPING: 35 } as const

export class ConfigFields {
  /** With a backslash at the end. Of SYSTEM_PATHS: the folder of the system. */
  kernelPath = ''
  /** Of SYSTEM_PATHS: the folder of Windows. */
  dosPath = ''
}

/** Returns a FAULT. Both opcodes have the same layout. */
export function decodeConfig(payload: Payload, fields: ConfigFields): number {
  fields.kernelPath = payload.wide()
  fields.dosPath = payload.wide()
  return payload.fault
}
