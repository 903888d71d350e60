/** Microsoft-Windows-Kernel-Audit-API-Calls: who opened which process or thread, with which access. */
import type { Payload } from './payload.js'

export const AUDIT_ID = { TERMINATE_PROCESS: 2, SET_CONTEXT_THREAD: 4, OPEN_PROCESS: 5, OPEN_THREAD: 6 } as const

export class AuditFields {
  pid = 0
  tid = 0
  /** As it was asked for; what was granted is not told. */
  access = 0
  /** NTSTATUS: 0 for success. */
  status = 0
}

/** Returns a FAULT. */
export function decodeAudit(payload: Payload, id: number, fields: AuditFields): number {
  fields.pid = 0
  fields.tid = 0
  fields.access = 0
  if (id !== AUDIT_ID.SET_CONTEXT_THREAD) fields.pid = payload.u32()
  if (id === AUDIT_ID.OPEN_THREAD) fields.tid = payload.u32()
  if (id === AUDIT_ID.OPEN_PROCESS || id === AUDIT_ID.OPEN_THREAD) fields.access = payload.u32()
  fields.status = payload.u32()
  return payload.fault
}
