/**
 * The events: their names, their types, and how to tell them apart.
 *
 * Each event is defined once, in the file of its name: from that definition come its TypeScript
 * type (here), its JSON Schema (schemas.ts) and its page in docs/events.md. Only types cross into
 * this file, so that importing kernelwire does not load the schemas.
 */
import type { CodeIdentity } from './code-identity.js'
import type { ExistingProcess } from './existing-process.js'
import type { LossAccounting } from './loss-accounting.js'
import type { ModuleLoad } from './module-load.js'
import type { NewNamedPipe } from './new-named-pipe.js'
import type { NewProcess } from './new-process.js'
import type { NewRemoteThread } from './new-remote-thread.js'
import type { OngoingIdentity } from './ongoing-identity.js'
import type { OpenNamedPipe } from './open-named-pipe.js'
import type { ProcessEnvironment } from './process-environment.js'
import type { RemoteProcessHandle } from './remote-process-handle.js'
import type { SensitiveProcessAccess } from './sensitive-process-access.js'
import type { TerminateProcess } from './terminate-process.js'
import type { ThreadInjection } from './thread-injection.js'

export type { NestedProcess } from './process.js'
export type {
  CodeIdentity,
  ExistingProcess,
  LossAccounting,
  ModuleLoad,
  NewNamedPipe,
  NewProcess,
  NewRemoteThread,
  OngoingIdentity,
  OpenNamedPipe,
  ProcessEnvironment,
  RemoteProcessHandle,
  SensitiveProcessAccess,
  TerminateProcess,
  ThreadInjection,
}

export interface Events {
  NEW_PROCESS: NewProcess
  EXISTING_PROCESS: ExistingProcess
  TERMINATE_PROCESS: TerminateProcess
  PROCESS_ENVIRONMENT: ProcessEnvironment
  MODULE_LOAD: ModuleLoad
  CODE_IDENTITY: CodeIdentity
  ONGOING_IDENTITY: OngoingIdentity
  NEW_NAMED_PIPE: NewNamedPipe
  OPEN_NAMED_PIPE: OpenNamedPipe
  REMOTE_PROCESS_HANDLE: RemoteProcessHandle
  NEW_REMOTE_THREAD: NewRemoteThread
  SENSITIVE_PROCESS_ACCESS: SensitiveProcessAccess
  THREAD_INJECTION: ThreadInjection
  LOSS_ACCOUNTING: LossAccounting
}

export type EventName = keyof Events

/** The record of one event, or of any of several. */
export type EventOf<N extends EventName> = Events[N]
export type EventRecord = EventOf<EventName>

/** The envelope of an event. */
export type Routing<N extends EventName = EventName> = EventOf<N>['routing']

/** What a sensor that was asked for N delivers: a loss is told, asked for or not. */
export type Delivered<N extends EventName> = EventOf<N | 'LOSS_ACCOUNTING'>

export const EVENT_NAMES = [
  'NEW_PROCESS',
  'EXISTING_PROCESS',
  'TERMINATE_PROCESS',
  'PROCESS_ENVIRONMENT',
  'MODULE_LOAD',
  'CODE_IDENTITY',
  'ONGOING_IDENTITY',
  'NEW_NAMED_PIPE',
  'OPEN_NAMED_PIPE',
  'REMOTE_PROCESS_HANDLE',
  'NEW_REMOTE_THREAD',
  'SENSITIVE_PROCESS_ACCESS',
  'THREAD_INJECTION',
  'LOSS_ACCOUNTING',
] as const satisfies readonly EventName[]

/** What this version can produce on Linux. */
export const SUPPORTED_ON_LINUX = [
  'NEW_PROCESS',
  'EXISTING_PROCESS',
  'TERMINATE_PROCESS',
  'PROCESS_ENVIRONMENT',
  'MODULE_LOAD',
  'CODE_IDENTITY',
  'ONGOING_IDENTITY',
  'NEW_NAMED_PIPE',
  'OPEN_NAMED_PIPE',
  'REMOTE_PROCESS_HANDLE',
  'NEW_REMOTE_THREAD',
  'SENSITIVE_PROCESS_ACCESS',
  'THREAD_INJECTION',
  'LOSS_ACCOUNTING',
] as const satisfies readonly EventName[]

export const SUPPORTED_ON_WINDOWS = [
  'NEW_PROCESS',
  'EXISTING_PROCESS',
  'TERMINATE_PROCESS',
  'PROCESS_ENVIRONMENT',
  'MODULE_LOAD',
  'CODE_IDENTITY',
  'ONGOING_IDENTITY',
  'NEW_NAMED_PIPE',
  'OPEN_NAMED_PIPE',
  'REMOTE_PROCESS_HANDLE',
  'NEW_REMOTE_THREAD',
  'SENSITIVE_PROCESS_ACCESS',
  'THREAD_INJECTION',
  'LOSS_ACCOUNTING',
] as const satisfies readonly EventName[]

/** What this version can produce on this system. */
export const SUPPORTED_HERE: readonly EventName[] =
  process.platform === 'win32' ? SUPPORTED_ON_WINDOWS : SUPPORTED_ON_LINUX

export const DEFAULT_EVENTS = [
  'NEW_PROCESS',
  'EXISTING_PROCESS',
  'TERMINATE_PROCESS',
  'CODE_IDENTITY',
] as const satisfies readonly EventName[]

export type DefaultEvent = (typeof DEFAULT_EVENTS)[number]

export function isEventName(name: string): name is EventName {
  return (EVENT_NAMES as readonly string[]).includes(name)
}

/** Narrows a record to one of its possible events, without a cast. */
export function isEvent<R extends EventRecord, N extends R['routing']['event_type']>(
  record: R,
  name: N,
): record is Extract<R, EventOf<N>> {
  return record.routing.event_type === name
}
