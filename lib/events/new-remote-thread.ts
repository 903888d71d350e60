/** NEW_REMOTE_THREAD: a process made a thread run in another one. */
import type { Static } from 'typebox'
import { ofEvent } from './extensions.js'
import { integer } from './field.js'
import { parties } from './parties.js'
import { targetedRecord } from './record.js'

export const newRemoteThread = targetedRecord(
  'NEW_REMOTE_THREAD',
  {
    version: 1,
    description:
      'A process created a thread in another one; on Linux, a thread began whose creator was driven, or whose code was written, by another process. ' +
      'Windows: not the first thread of a process, threads of the kernel, workers of the thread pool, nor what csrss.exe, ' +
      'WerFault.exe and dwm.exe do by themselves; all of these in a sensitive process. ' +
      'routing.parent is the atom of the process that acted, routing.target that of the other one.',
    platforms: ['windows'],
    extensionOn: ['linux'],
  },
  {
    THREAD_ID: integer('thread id', 'The new thread'),
    ...parties,
    ...ofEvent,
  },
)

export type NewRemoteThread = Static<typeof newRemoteThread>
