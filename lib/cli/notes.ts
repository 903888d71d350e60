/** What there is to say when a sensor has started. */
import type { Attachment, Coverage } from '../coverage.js'

/** Always what is missing and which events suffer; with --verbose also what is there. */
export function notes({ attachments }: Coverage, isVerbose: boolean): string[] {
  const told = attachments.filter(({ attached }) => isVerbose || !attached)
  return told.map((attachment) => note(attachment, isVerbose))
}

function note({ program, hook, attached, events, reason, details }: Attachment, isVerbose: boolean): string {
  if (attached) return `attached ${program} to ${hook}`
  // What the kernel did not even load has no hook yet.
  const what = hook === '' ? `could not load ${program}` : `could not attach ${program} to ${hook}`
  const why = reason === undefined ? '' : ` (${reason})`
  const log = isVerbose && details !== undefined ? `\n${details.trimEnd()}` : ''
  return `${what}${why}: affects ${events.join(', ')}${log}`
}
