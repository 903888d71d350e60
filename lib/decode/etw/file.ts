/** Names and opens of files: the classic FileIo events and Microsoft-Windows-Kernel-File. */
import type { Payload } from './payload.js'

export const FILE_OPCODE = { NAME: 0, FILE_CREATE: 32, FILE_DELETE: 35, FILE_RUNDOWN: 36, CREATE: 64 } as const

/** Of Kernel-File. */
export const FILE_ID = { NAME_CREATE: 10, NAME_DELETE: 11, CREATE: 12, CLOSE: 14, CREATE_NEW_FILE: 30 } as const

export const DISPOSITION = { SUPERSEDE: 0, OPEN: 1, CREATE: 2, OPEN_IF: 3, OVERWRITE: 4, OVERWRITE_IF: 5 } as const

/** The folder of the named pipes. */
export const PIPES = '\\Device\\NamedPipe\\'

export class FileFields {
  irp = 0
  fileObject = 0
  fileKey = 0
  /** Of the thread that opens; 0 when the event does not say. */
  tid = 0
  options = 0
  disposition = 0
  attributes = 0
  shareAccess = 0
  isPipe = false
  path = ''
}

/** FILE_* options are the low three bytes, the disposition is the highest. */
const OPTIONS_MASK = 0xffffff

/** Returns a FAULT. `isNamed`: whether the path of what is no pipe is wanted too. */
export function decodeFileName(payload: Payload, fields: FileFields, isNamed: boolean): number {
  clear(fields)
  fields.fileKey = payload.pointer()
  putPath(payload, fields, isNamed)
  return payload.fault
}

/** `isOld`: the thread is a pointer in the second place, as before version 3 (FileIo) or 1 (Kernel-File). */
export function decodeFileCreate(payload: Payload, isOld: boolean, fields: FileFields, isNamed: boolean): number {
  clear(fields)
  fields.irp = payload.pointer()
  if (isOld) fields.tid = payload.pointer()
  fields.fileObject = payload.pointer()
  if (!isOld) fields.tid = payload.u32()
  const options = payload.u32()
  fields.options = options & OPTIONS_MASK
  fields.disposition = options >>> 24
  fields.attributes = payload.u32()
  fields.shareAccess = payload.u32()
  putPath(payload, fields, isNamed)
  return payload.fault
}

export function decodeFileClose(payload: Payload, isOld: boolean, fields: FileFields): number {
  clear(fields)
  fields.irp = payload.pointer()
  if (isOld) fields.tid = payload.pointer()
  fields.fileObject = payload.pointer()
  fields.fileKey = payload.pointer()
  if (!isOld) fields.tid = payload.u32()
  return payload.fault
}

function putPath(payload: Payload, fields: FileFields, isNamed: boolean): void {
  fields.isPipe = payload.startsWide(PIPES)
  if (isNamed || fields.isPipe) fields.path = payload.wide()
  else payload.skipWide()
}

function clear(fields: FileFields): void {
  fields.irp = 0
  fields.fileObject = 0
  fields.fileKey = 0
  fields.tid = 0
  fields.options = 0
  fields.disposition = 0
  fields.attributes = 0
  fields.shareAccess = 0
  fields.path = ''
}
