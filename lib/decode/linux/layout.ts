/**
 * Where things lie in a raw record: native/record.h, in bytes. test/native/layout.test.ts compares
 * the two.
 */

export const TYPE = {
  FORK: 1,
  EXEC: 2,
  EXIT: 3,
  ARGUMENTS: 4,
  ENVIRONMENT: 5,
  SNAPSHOT: 6,
  MODULE: 7,
  ACCESS: 8,
  THREAD: 9,
  PIPE: 10,
} as const
/** Size of a table by type. */
export const TYPES = 16

export const FLAG = {
  FOREIGN_USER: 1,
  KERNEL_THREAD: 2,
  DETAILS: 4,
  DELETED: 8,
  ARGUMENTS_BAD: 16,
  ENVIRONMENT_BAD: 32,
  ZOMBIE: 64,
  COARSE_START: 128,
  /** Of a module. */
  KERNEL_MODULE: 2,
  /** Of an access. */
  DENIED: 1,
  /** Of a pipe. */
  NEW: 1,
} as const

export const HEADER = {
  type: 0,
  flags: 1,
  cpu: 2,
  lost: 4,
  boot_ns: 8,
  pid: 16,
  exec_id: 20,
  start_boot_ns: 24,
  SIZE: 32,
} as const

export const PARENT = { pid: 32, exec_id: 36, start_boot_ns: 40 } as const

export const FORK = { creator_pid: 48, uid: 52, resident_pages: 56, SIZE: 64 } as const

export const IMAGE = {
  base_address: 48,
  uid: 56,
  threads: 60,
  resident_pages: 64,
  arguments_bytes: 68,
  environment_bytes: 72,
  path_bytes: 76,
  path_length: 80,
  arguments_length: 82,
  path_place: 84,
  file: 88,
  SIZE: 136,
} as const

/** Relative to where the identity begins, which differs between records. */
export const FILE = {
  inode: 0,
  size: 8,
  mtime_ns: 16,
  ctime_ns: 24,
  generation: 32,
  device: 36,
  magic: 40,
  mount_namespace: 44,
  SIZE: 48,
} as const

export const EXIT = { exit_code: 32, parent_pid: 36, SIZE: 40 } as const

export const MODULE = {
  base_address: 32,
  memory_size: 40,
  file: 48,
  path_bytes: 96,
  path_length: 100,
  path_place: 102,
  SIZE: 104,
} as const

/** Of a process, relative to where it begins. */
export const PARTY = { pid: 0, exec_id: 4, start_boot_ns: 8, SIZE: 16 } as const

export const ACCESS = { target: 32, given: 48, kind: 52, modes: 53, SIZE: 56 } as const

/** ACCESS.kind. */
export const ACCESS_KIND = {
  ATTACH: 1,
  READ: 2,
  WRITE: 3,
  MEMORY_FILE: 4,
  DETACH: 5,
  CHANGE: 6,
  PIDFD: 7,
  GETFD: 8,
} as const

/** ACCESS.modes. */
export const ACCESS_MODE = { READ: 1, WRITE: 2, TRACE: 4 } as const

export const THREAD = { target: 32, thread: 48, reasons: 52, SIZE: 56 } as const

/** What the events that are asked for need of programs that they share with others. */
export const ASKS = { DETAILS: 1, DENIED: 2, ENVIRONMENT: 4, THREADS: 8, ACCESS: 16, PIPES: 32, MODULES: 64 } as const

export const PIPE = {
  path_bytes: 32,
  path_length: 36,
  name_length: 38,
  mount_namespace: 40,
  path_place: 44,
  SIZE: 48,
} as const

export const BULK = { offset: 32, total: 36, length: 40, SIZE: 48 } as const

/** Relative to the start of the details, which follow the fixed part of the record. */
export const DETAILS = {
  gid: 0,
  effective_uid: 4,
  login_uid: 8,
  audit_session: 12,
  effective_capabilities: 16,
  mount_namespace: 24,
  pid_namespace: 28,
  net_namespace: 32,
  user_namespace: 36,
  uts_namespace: 40,
  ipc_namespace: 44,
  cgroup_namespace: 48,
  namespace_pid: 52,
  directory_length: 56,
  cgroup_length: 58,
  directory_bytes: 60,
  cgroup_bytes: 64,
  directory_namespace: 68,
  directory_place: 72,
  cgroup_place: 73,
  tty: 80,
  SIZE: 96,
} as const

/** struct cpu_counters, of one CPU. */
export const COUNTERS = {
  attempts: 0,
  failed: 128,
  refused: 256,
  forgotten: 384,
  failed_bytes: 512,
  refused_bytes: 520,
  lost: 528,
  SIZE: 576,
} as const

/** The largest block of arguments or environment: fs/exec.c allows 6 MiB for both. */
export const BLOCK_LIMIT = 6 * 2 ** 20 + 2 ** 16
