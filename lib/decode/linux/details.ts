/** The details that `extended` adds to a record (native/record.h, struct process_details). */
import { containerId } from '../../process/container.js'
import type { DetailNotes, Details } from '../../process/details.js'
import { cutPath, placedPath } from '../../process/path.js'
import type { Records } from '../../records.js'
import { DETAILS } from './layout.js'
import { type Exact, exactBytes, type Lengths, withExact, withLength } from './texts.js'

/** The kernel's "not set" of loginuid and sessionid. */
const UNSET = 0xffffffff

/** `at`: the details; `strings`: where the directory begins, the cgroup's path behind it. */
export function decodeDetails(records: Records, at: number, strings: number): Details {
  const { u32, u8 } = records
  const word = at >>> 2
  const number = (field: number) => u32[word + (field >> 2)]!
  const directoryEnd = strings + records.u16[(at + DETAILS.directory_length) >>> 1]!
  const cgroupEnd = directoryEnd + records.u16[(at + DETAILS.cgroup_length) >>> 1]!
  const directory = {
    start: strings,
    end: directoryEnd,
    bytes: number(DETAILS.directory_bytes),
    place: u8[at + DETAILS.directory_place]!,
    mountNamespace: number(DETAILS.directory_namespace),
  }
  const cgroup = {
    start: directoryEnd,
    end: cgroupEnd,
    bytes: number(DETAILS.cgroup_bytes),
    place: u8[at + DETAILS.cgroup_place]!,
    mountNamespace: 0,
  }
  const cgroupPath = pathOf(records, cgroup)
  return {
    notes: notesOf(records, directory, cgroup),
    ARGUMENTS: undefined,
    CURRENT_DIRECTORY: pathOf(records, directory),
    GROUP_ID: number(DETAILS.gid),
    EFFECTIVE_USER_ID: number(DETAILS.effective_uid),
    LOGIN_USER_ID: unlessUnset(number(DETAILS.login_uid)),
    SESSION: unlessUnset(number(DETAILS.audit_session)),
    TTY: terminal(records, at + DETAILS.tty),
    CAPABILITIES: hex(number(DETAILS.effective_capabilities + 4)) + hex(number(DETAILS.effective_capabilities)),
    CGROUP_PATH: cgroupPath,
    // Whose container a part of a path would name, nobody knows.
    CONTAINER_ID: cgroupPath?.startsWith('/') ? containerId(cgroupPath) : undefined,
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
export function detailsStrings({ u16 }: Records, at: number): number {
  return u16[(at + DETAILS.directory_length) >>> 1]! + u16[(at + DETAILS.cgroup_length) >>> 1]!
}

/** A path among the strings. */
interface PathAt {
  start: number
  end: number
  /** Of the whole path. */
  bytes: number
  place: number
  mountNamespace: number
}

function pathOf(records: Records, { start, end, bytes, place, mountNamespace }: PathAt): string | undefined {
  if (bytes === 0) return undefined
  return placedPath(records.text(start, end), place, mountNamespace, bytes, end - start)
}

function notesOf(records: Records, directory: PathAt, cgroup: PathAt): DetailNotes | undefined {
  let truncated: Lengths | undefined
  let rawBytes: Exact | undefined
  for (const [field, path] of [
    ['CURRENT_DIRECTORY', directory],
    ['CGROUP_PATH', cgroup],
  ] as const) {
    const { start, end, bytes, place } = path
    const whole = cutPath(place, bytes, end - start)
    if (whole !== undefined) truncated = withLength(truncated, field, whole)
    rawBytes = withExact(rawBytes, field, exactBytes(records.text(start, end), records.u8, start, end))
  }
  return truncated === undefined && rawBytes === undefined ? undefined : { truncated, rawBytes }
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
