/** THREAD_INJECTION: a handle and then a thread, by the same process in the same other one. */
import type { Static } from 'typebox'
import { evidence } from './evidence.js'
import { ofEvent, ofFinding } from './extensions.js'
import { type NewRemoteThread, newRemoteThread } from './new-remote-thread.js'
import { targetedRecord } from './record.js'
import { type RemoteProcessHandle, remoteProcessHandle } from './remote-process-handle.js'

export const threadInjection = targetedRecord(
  'THREAD_INJECTION',
  {
    version: 1,
    description:
      'What looks like the injection of a thread into another process. routing.parent and routing.target are those of the last record in EVENTS.',
    platforms: ['windows'],
    extensionOn: ['linux'],
  },
  {
    EVENTS: evidence<RemoteProcessHandle | NewRemoteThread>('The access to the process, then the thread in it', [
      remoteProcessHandle.$id,
      newRemoteThread.$id,
    ]),
    ...ofFinding,
    ...ofEvent,
  },
)

export type ThreadInjection = Static<typeof threadInjection>
