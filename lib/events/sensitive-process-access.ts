/** SENSITIVE_PROCESS_ACCESS: somebody reached into a process that guards secrets. */
import type { Static } from 'typebox'
import { evidence } from './evidence.js'
import { type ExistingProcess, existingProcess } from './existing-process.js'
import { ofEvent, ofFinding } from './extensions.js'
import { type NewProcess, newProcess } from './new-process.js'
import { type NewRemoteThread, newRemoteThread } from './new-remote-thread.js'
import { targetedRecord } from './record.js'
import { type RemoteProcessHandle, remoteProcessHandle } from './remote-process-handle.js'

type Evidence = ExistingProcess | NewProcess | RemoteProcessHandle | NewRemoteThread

export const sensitiveProcessAccess = targetedRecord(
  'SENSITIVE_PROCESS_ACCESS',
  {
    version: 1,
    description:
      'A process got access to a sensitive process of the operating system, such as lsass.exe, through a handle or a thread. ' +
      'routing.parent and routing.target are those of the last record in EVENTS.',
    platforms: ['windows'],
    extensionOn: ['linux'],
  },
  {
    EVENTS: evidence<Evidence>('The start of the sensitive process, then the access to it', [
      existingProcess.$id,
      newProcess.$id,
      remoteProcessHandle.$id,
      newRemoteThread.$id,
    ]),
    ...ofFinding,
    ...ofEvent,
  },
)

export type SensitiveProcessAccess = Static<typeof sensitiveProcessAccess>
