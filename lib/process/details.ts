/** What is known of a process only with `extended`: the fields as the events have them. */
export type AnyDetails = Partial<Details & WindowsDetails>

/** On Linux. */
export interface Details {
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
