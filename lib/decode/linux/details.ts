/** The details that `extended` adds to a record (native/record.h, struct process_details). */
import { containerId } from '../../process/container.js'
import type { Details } from '../../process/details.js'
import type { Records } from '../../records.js'
import { DETAILS } from './layout.js'

/** The kernel's "not set" of loginuid and sessionid. */
const UNSET = 0xffffffff

/** `at`: the details; `strings`: where the directory begins, the cgroup's path behind it. */
export function decodeDetails(records: Records, at: number, strings: number): Details {
  const { u32 } = records
  const word = at >>> 2
  const number = (field: number) => u32[word + (field >> 2)]!
  const directoryEnd = strings + number(DETAILS.directory_length)
  const cgroupEnd = directoryEnd + number(DETAILS.cgroup_length)
  const cgroup = records.text(directoryEnd, cgroupEnd)
  return {
    ARGUMENTS: undefined,
    CURRENT_DIRECTORY: directoryEnd > strings ? records.text(strings, directoryEnd) : undefined,
    GROUP_ID: number(DETAILS.gid),
    EFFECTIVE_USER_ID: number(DETAILS.effective_uid),
    LOGIN_USER_ID: unlessUnset(number(DETAILS.login_uid)),
    SESSION: unlessUnset(number(DETAILS.audit_session)),
    TTY: terminal(records, at + DETAILS.tty),
    CAPABILITIES: hex(number(DETAILS.effective_capabilities + 4)) + hex(number(DETAILS.effective_capabilities)),
    CGROUP_PATH: cgroup === '' ? undefined : cgroup,
    CONTAINER_ID: containerId(cgroup),
    NAMESPACE_PROCESS_ID: number(DETAILS.namespace_pid) || undefined,
    NAMESPACES: Object.freeze({
      MNT: number(DETAILS.mount_namespace),
      PID: number(DETAILS.pid_namespace),
      NET: number(DETAILS.net_namespace),
      USER: number(DETAILS.user_namespace),
      UTS: number(DETAILS.uts_namespace),
      IPC: number(DETAILS.ipc_namespace),
      CGROUP: number(DETAILS.cgroup_namespace),
    }),
  }
}

/** Bytes that the strings of the details take. */
export function detailsStrings(records: Records, at: number): number {
  const word = at >>> 2
  return records.u32[word + (DETAILS.directory_length >> 2)]! + records.u32[word + (DETAILS.cgroup_length >> 2)]!
}

function unlessUnset(id: number): number | undefined {
  return id === UNSET ? undefined : id
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** The kernel calls it "pts0", everyone else "pts/0" (drivers/tty/tty_io.c, tty_line_name). */
function terminal(records: Records, at: number): string | undefined {
  const name = records.text(at, at + 16).replace(/\0.*$/s, '')
  return name === '' ? undefined : name.replace(/^pts(?=\d)/, 'pts/')
}
