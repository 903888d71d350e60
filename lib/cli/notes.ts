/** What there is to say when a sensor has started. */
import type { Attachment, Coverage, Limit } from '../coverage.js'
import { quotedLines } from '../output/line.js'

/** Lines: always what is missing and which events suffer; with --verbose also what is there, and the kernel's words. */
export function notes({ attachments, limits = [] }: Coverage, isVerbose: boolean): string[] {
  const told = attachments.filter(({ attached }) => isVerbose || !attached)
  const lines = told.flatMap((attachment) => [`kernelwire: ${note(attachment)}`, ...log(attachment, isVerbose)])
  return [...lines, ...limits.map((limit) => `kernelwire: ${noteOfLimit(limit)}`)]
}

function noteOfLimit({ events, text, remedy }: Limit): string {
  const affected = events.length === 0 ? '' : ` (affects ${events.join(', ')})`
  return `missing here: ${text}${affected}; ${remedy}`
}

function note({ program, hook, attached, events, reason }: Attachment): string {
  if (attached) return `attached ${program} to ${hook}`
  // What the kernel did not even load has no hook yet.
  const what = hook === '' ? `could not load ${program}` : `could not attach ${program} to ${hook}`
  const why = reason === undefined ? '' : ` (${reason})`
  return `${what}${why}: affects ${events.join(', ')}`
}

function log({ attached, details }: Attachment, isVerbose: boolean): string[] {
  return attached || !isVerbose || details === undefined ? [] : quotedLines(details)
}
