/** Which of a recording's events are delivered. All are made, so that each has the id that it had. */
import { KernelwireError } from '../errors.js'
import type { EventName, EventRecord } from '../events/index.js'
import { type Given, isNumber32, refusal, shown } from '../given.js'

export interface Selection {
  /** Only events about the process with this number, or that have it as PARENT, SOURCE or TARGET. */
  pid?: number | undefined
  /** Only events from this time on: milliseconds since 1970. */
  sinceMs?: number | undefined
  /** Only events before this time. */
  untilMs?: number | undefined
}

export function validateSelection({ pid, sinceMs, untilMs }: Given<keyof Selection>): Selection {
  if (pid !== undefined && !(isNumber32(pid) && pid > 0)) {
    throw refusal(`"pid" must be the number of a process, not ${shown(pid)}`)
  }
  for (const [name, value] of Object.entries({ sinceMs, untilMs })) {
    if (value === undefined || Number.isFinite(value)) continue
    throw refusal(`"${name}" must be milliseconds since 1970, not ${shown(value)}`)
  }
  return { pid, sinceMs, untilMs } as Selection
}

/** Throws where an event is asked for that the recording has not. */
export function selects(
  events: readonly EventName[] | undefined,
  { pid, sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY }: Selection,
  info: { readonly events: readonly EventName[] },
): (record: EventRecord) => boolean {
  const missing = events?.find((name) => name !== 'LOSS_ACCOUNTING' && !info.events.includes(name))
  if (missing !== undefined) {
    throw new KernelwireError(
      'ERR_EVENT_UNSUPPORTED',
      `the recording has no ${missing}; it can have ${info.events.join(', ')}`,
    )
  }
  const names = events && new Set<EventName>([...events, 'LOSS_ACCOUNTING'])
  return (record) => {
    const { event_type, event_time } = record.routing
    if (names?.has(event_type) === false || event_time < sinceMs || event_time >= untilMs) return false
    return pid === undefined || isAbout(record, pid)
  }
}

function isAbout({ event }: EventRecord, pid: number): boolean {
  if ('PROCESS_ID' in event && event.PROCESS_ID === pid) return true
  const { PARENT, SOURCE, TARGET } = event as { [role: string]: { PROCESS_ID?: number } | undefined }
  return [PARENT, SOURCE, TARGET].some((party) => party?.PROCESS_ID === pid)
}
