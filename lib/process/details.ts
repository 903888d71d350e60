/** Beside the texts of the details. */
export interface DetailNotes {
  /** True lengths of those that were cut. */
  truncated: Record<string, number> | undefined
  /** Exact bytes of those that are no UTF-8, as base64. */
  rawBytes: Record<string, string> | undefined
}

/** What is known of a process only with `extended`: the fields as the events have them, and notes. */
export type AnyDetails = Partial<Details & WindowsDetails>

/** On Linux. */
export interface Details {
  /** No field of an event. */
  notes: DetailNotes | undefined
  ARGUMENTS: readonly string[] | undefined
  CURRENT_DIRECTORY: string | undefined
  GROUP_ID: number
  EFFECTIVE_USER_ID: number
  LOGIN_USER_ID: number | undefined
  SESSION: number | undefined
  TTY: string | undefined
  CAPABILITIES: string
  CGROUP_PATH: string | undefined
  CONTAINER_ID: string | undefined
  NAMESPACE_PROCESS_ID: number | undefined
  NAMESPACES: Readonly<Record<'MNT' | 'PID' | 'NET' | 'USER' | 'UTS' | 'IPC' | 'CGROUP', number>>
}

export interface WindowsDetails {
  USER_SID: string
}
