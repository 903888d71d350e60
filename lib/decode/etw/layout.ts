/**
 * Where things lie in a record of Event Tracing for Windows: native/etw_record.h, in bytes.
 * test/native/etw-layout.test.ts compares the two.
 */

export const PROVIDER = {
  OTHER: 0,
  PROCESS: 1,
  THREAD: 2,
  IMAGE: 3,
  OBJECT: 4,
  FILE_IO: 5,
  KERNEL_PROCESS: 6,
  KERNEL_AUDIT: 7,
  KERNEL_FILE: 8,
  EVENT_TRACE: 9,
  SYSTEM_CONFIG: 10,
  LOST: 11,
  /** The sensor's own, of a live session. */
  SENSOR: 12,
} as const
/** Size of a table by provider. */
export const PROVIDERS = 16

export const FLAG = {
  CLASSIC: 1,
  KERNEL: 2,
  NO_THREAD: 4,
  HAS_SID: 8,
  TRACE_LOGGING: 16,
  LATE: 32,
  BEHIND_LOSS: 64,
  BEHIND_DAMAGE: 128,
} as const

export const RECORD = {
  provider: 0,
  id: 2,
  opcode: 4,
  version: 5,
  level: 6,
  pointer_size: 7,
  flags: 8,
  cpu: 10,
  pid: 12,
  tid: 16,
  payload_length: 20,
  time: 24,
  keywords: 32,
  guid: 40,
  extended_length: 56,
  task: 60,
  header_type: 62,
  channel: 63,
  SIZE: 64,
} as const

/** The payload follows the record, the items follow the payload, padded to 8 bytes each. */
export const ITEM = { length: 0, type: 4, SIZE: 8 } as const

export const ITEM_TYPE = {
  RELATED_ACTIVITY: 1,
  SID: 2,
  SESSION: 3,
  INSTANCE: 4,
  STACK32: 5,
  STACK64: 6,
  PEBS: 7,
  COUNTERS: 8,
  SCHEMA: 11,
  PROVIDER_TRAITS: 12,
  PROCESS_START_KEY: 13,
} as const

/** Of PROVIDER.SENSOR: native/windows/sensor_record.h. */
export const SENSOR_OPCODE = { PROCESS: 1, EXISTING: 3, SNAPSHOT_END: 4, LOSS: 5 } as const

export const SENSOR_PROCESS = {
  pid: 0,
  parent_pid: 4,
  created: 8,
  working_set: 16,
  image_base: 24,
  threads: 32,
  session: 36,
  flags: 40,
  sid_length: 44,
  environment_length: 48,
  SIZE: 56,
} as const

export const SENSOR_FLAG = { WOW64: 1, ENVIRONMENT_CUT: 2 } as const

export const SENSOR_LOSS = { reason: 0, events: 4, buffers: 8, bytes: 16, from: 24, SIZE: 32 } as const

export const SENSOR_LOSS_REASON = { RING_FULL: 1, SESSION_FULL: 2, SESSION_STOPPED: 3, LOOKUP_FULL: 4 } as const
