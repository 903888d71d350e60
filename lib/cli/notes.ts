/** What there is to say when a sensor has started. */

export interface Attachment {
  /** The program, by the name that it has in the kernel. */
  program: string
  /** Where it was attached, for instance "tp_btf/sched_process_exec". */
  hook: string
  attached: boolean
  /** The events that need it. */
  events: readonly string[]
  /** Why it is not attached: half a sentence. */
  reason?: string | undefined
  /** What the kernel said, at length. */
  details?: string | undefined
}

/** Always what is missing and which events suffer; with --verbose also what is there. */
export function notes(coverage: { attachments: readonly Attachment[] }, isVerbose: boolean): string[] {
  const told = coverage.attachments.filter(({ attached }) => isVerbose || !attached)
  return told.map((attachment) => note(attachment, isVerbose))
}

function note({ program, hook, attached, events, reason, details }: Attachment, isVerbose: boolean): string {
  if (attached) return `attached ${program} to ${hook}`
  const why = reason === undefined ? '' : ` (${reason})`
  const log = isVerbose && details !== undefined ? `\n${details.trimEnd()}` : ''
  return `could not attach ${program} to ${hook}${why}: affects ${events.join(', ')}${log}`
}
