/**
 * The JSON Schemas of the events. Reached by `kernelwire schema`, the documentation and tests;
 * everything else needs the types of index.ts only.
 */
import type { TSchema } from 'typebox'
import { codeIdentity } from './code-identity.js'
import { existingProcess } from './existing-process.js'
import type { EventName } from './index.js'
import { lossAccounting } from './loss-accounting.js'
import { moduleLoad } from './module-load.js'
import { newNamedPipe } from './new-named-pipe.js'
import { newProcess } from './new-process.js'
import { newRemoteThread } from './new-remote-thread.js'
import { ongoingIdentity } from './ongoing-identity.js'
import { openNamedPipe } from './open-named-pipe.js'
import { processEnvironment } from './process-environment.js'
import { remoteProcessHandle } from './remote-process-handle.js'
import { sensitiveProcessAccess } from './sensitive-process-access.js'
import { terminateProcess } from './terminate-process.js'
import { threadInjection } from './thread-injection.js'

export const schemas = {
  NEW_PROCESS: newProcess,
  EXISTING_PROCESS: existingProcess,
  TERMINATE_PROCESS: terminateProcess,
  PROCESS_ENVIRONMENT: processEnvironment,
  MODULE_LOAD: moduleLoad,
  CODE_IDENTITY: codeIdentity,
  ONGOING_IDENTITY: ongoingIdentity,
  NEW_NAMED_PIPE: newNamedPipe,
  OPEN_NAMED_PIPE: openNamedPipe,
  REMOTE_PROCESS_HANDLE: remoteProcessHandle,
  NEW_REMOTE_THREAD: newRemoteThread,
  SENSITIVE_PROCESS_ACCESS: sensitiveProcessAccess,
  THREAD_INJECTION: threadInjection,
  LOSS_ACCOUNTING: lossAccounting,
} satisfies Record<EventName, TSchema>

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

/** One event's schema as a document that stands alone: what it refers to comes along in `$defs`. */
export function schemaOf(name: EventName): object {
  const referred = referencesIn(schemas[name])
  return { $schema: DIALECT, ...schemas[name], ...(referred.length === 0 ? {} : { $defs: definitions(referred) }) }
}

/** One document that every record of every event satisfies. */
export function schemaOfAll(): object {
  const names = Object.keys(schemas) as EventName[]
  return {
    $schema: DIALECT,
    $id: 'urn:kernelwire:events',
    anyOf: names.map((name) => ({ $ref: schemas[name].$id })),
    $defs: definitions(names),
  }
}

function definitions(names: readonly EventName[]): object {
  return Object.fromEntries(names.map((name) => [name, schemas[name]]))
}

function referencesIn(schema: TSchema): EventName[] {
  const text = JSON.stringify(schema)
  return (Object.keys(schemas) as EventName[]).filter((name) => text.includes(`"$ref":"${schemas[name].$id}"`))
}
