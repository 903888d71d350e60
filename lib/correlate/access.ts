/** Windows process access masks: which of them lets one process act upon another. */

export const ACCESS = {
  CREATE_THREAD: 0x2,
  VM_OPERATION: 0x8,
  VM_READ: 0x10,
  VM_WRITE: 0x20,
  DUP_HANDLE: 0x40,
  QUERY_INFORMATION: 0x400,
  SUSPEND_RESUME: 0x800,
  SYNCHRONIZE: 0x10_0000,
  MAXIMUM_ALLOWED: 0x0200_0000,
  GENERIC_ALL: 0x1000_0000,
  GENERIC_WRITE: 0x4000_0000,
  GENERIC_READ: 0x8000_0000,
} as const

/** MAXIMUM_ALLOWED is mostly answered with all; the others are as the type "process" maps them. */
const WRITES =
  ACCESS.CREATE_THREAD | ACCESS.VM_WRITE | ACCESS.MAXIMUM_ALLOWED | ACCESS.GENERIC_ALL | ACCESS.GENERIC_WRITE

const REACHES = WRITES | ACCESS.VM_READ | ACCESS.GENERIC_READ

/** Whether it lets a process read or write the other one's memory, or create threads in it. */
export function reachesIn(mask: number): boolean {
  return (mask & REACHES) !== 0
}

/** Whether it lets a process change the other one: write its memory or create threads in it. */
export function changes(mask: number): boolean {
  return (mask & WRITES) !== 0
}
