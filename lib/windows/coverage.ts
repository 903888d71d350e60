/** What of Windows the sensor sees: the providers of its sessions, and the events that need them. */
import type { Attachment, Coverage } from '../coverage.js'
import type { EventName } from '../events/index.js'
import type { EtwSourceOptions, NativeSession } from './native.js'

const PROCESS_EVENTS = [
  'NEW_PROCESS',
  'EXISTING_PROCESS',
  'TERMINATE_PROCESS',
  'PROCESS_ENVIRONMENT',
  'CODE_IDENTITY',
  'ONGOING_IDENTITY',
] as const satisfies readonly EventName[]
const ACCESS_EVENTS = [
  'REMOTE_PROCESS_HANDLE',
  'SENSITIVE_PROCESS_ACCESS',
  'THREAD_INJECTION',
] as const satisfies readonly EventName[]
const THREAD_EVENTS = ['NEW_REMOTE_THREAD', 'THREAD_INJECTION'] as const satisfies readonly EventName[]
const PIPE_EVENTS = ['NEW_NAMED_PIPE', 'OPEN_NAMED_PIPE'] as const satisfies readonly EventName[]

/** What must be traced for these events. */
export function needsOf(events: ReadonlySet<EventName>): Omit<EtwSourceOptions, 'laneBytes'> {
  const wants = (names: readonly EventName[]) => names.some((name) => events.has(name))
  return {
    environment: events.has('PROCESS_ENVIRONMENT'),
    accesses: wants(ACCESS_EVENTS),
    threads: wants(THREAD_EVENTS),
    files: wants(PIPE_EVENTS),
  }
}

export function coverageOf(events: ReadonlySet<EventName>, sessions: readonly NativeSession[]): Coverage {
  const needs = needsOf(events)
  const [kernel, providers] = sessions
  const attachments: Attachment[] = [
    attachment(kernel, 'kernel process events', 'process, image', [...PROCESS_EVENTS, 'MODULE_LOAD'], 0),
    ...(needs.threads ? [attachment(kernel, 'kernel thread events', 'thread', THREAD_EVENTS, 0)] : []),
    attachment(providers, 'Microsoft-Windows-Kernel-Process', 'process', PROCESS_EVENTS, refusedAt(providers, 0)),
  ]
  let index = 1
  if (needs.accesses) {
    const refused = refusedAt(providers, index++)
    attachments.push(attachment(providers, 'Microsoft-Windows-Kernel-Audit-API-Calls', 'all', ACCESS_EVENTS, refused))
  }
  if (needs.files) {
    const refused = refusedAt(providers, index)
    attachments.push(attachment(providers, 'Microsoft-Windows-Kernel-File', 'create', PIPE_EVENTS, refused))
  }
  const coverage: Coverage = {
    attachments: attachments.map((each) => ({ ...each, events: each.events.filter((name) => events.has(name)) })),
  }
  if (events.has('CODE_IDENTITY') || events.has('ONGOING_IDENTITY')) {
    coverage.identities = events.has('MODULE_LOAD') ? 'executed and mapped' : 'executed'
  }
  return coverage
}

function attachment(
  session: NativeSession | undefined,
  program: string,
  hook: string,
  events: readonly EventName[],
  refused: number,
): Attachment {
  const error = session === undefined ? 0 : session.error || refused
  const attached = session !== undefined && error === 0
  return { program, hook: `etw/${hook}`, attached, events, ...(attached ? {} : { reason: `Windows error ${error}` }) }
}

function refusedAt(session: NativeSession | undefined, index: number): number {
  return session?.refused[index] ?? 0
}
