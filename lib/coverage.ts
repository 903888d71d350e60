/** What of the kernel the sensor sees, and which events suffer from what it does not see. */
import type { EventName } from './events/index.js'

export interface Attachment {
  /** The program, by the name that it has in the kernel. */
  program: string
  /** The hook as the kernel names it, for instance "tp_btf/sched_process_exec". */
  hook: string
  attached: boolean
  /** The events that need it. */
  events: readonly EventName[]
  /** What it costs those that it is not about. */
  cost?: string
  /** What it does not see, where another hook would. */
  blindSpots?: string
  /** Why it is not attached: half a sentence. */
  reason?: string
  /** What to do about it, where that is not to use another kernel. */
  remedy?: string
  /** What the kernel said, at length. */
  details?: string
}

/** What cannot be seen from where the sensor runs, whatever is attached. */
export interface Limit {
  /** The events that suffer; none where it is about all, or about none in particular. */
  events: readonly EventName[]
  /** What is not seen, or not had. */
  text: string
  remedy: string
}

export interface Coverage {
  /** The files that CODE_IDENTITY and ONGOING_IDENTITY tell of, where one of them is asked for. */
  identities?: 'executed' | 'executed and mapped'
  attachments: readonly Attachment[]
  /** What the events that are asked for do not see, whatever is attached. */
  blindSpots?: Readonly<Partial<Record<EventName, readonly string[]>>>
  /** Absent where there are none. */
  limits?: readonly Limit[]
}
