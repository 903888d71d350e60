/** TERMINATE_PROCESS: the last thread of a process ended. */
import type { Static } from 'typebox'
import { ofEvent, ofExit } from './extensions.js'
import { integer, MS_SINCE_EPOCH, sometimes } from './field.js'
import { record } from './record.js'

export const terminateProcess = record(
  'TERMINATE_PROCESS',
  {
    version: 1,
    description:
      'A process ended: once, when its last thread ended. routing.parent is the atom of the process that ended, not of its parent.',
    platforms: ['linux', 'windows'],
  },
  {
    PARENT_PROCESS_ID: sometimes(
      'in a recording of Windows that told nothing of the process but its end',
      integer('process id', 'The parent of the process that ended, when it ended'),
    ),
    TIMESTAMP: integer(MS_SINCE_EPOCH, 'When it ended: equal to routing.event_time'),
    PROCESS_ID: integer('process id', 'The process that ended'),
    ...ofExit,
    ...ofEvent,
  },
)

export type TerminateProcess = Static<typeof terminateProcess>
