/** NEW_PROCESS: a process started to run an image: by fork, by exec, or by a fork that an exec followed at once. */
import type { Static } from 'typebox'
import { ofEvent, ofProcess, rawBytes } from './extensions.js'
import { integer, MS_SINCE_EPOCH, sometimes } from './field.js'
import { image, nestedProcess } from './process.js'
import { record } from './record.js'
import { truncated } from './truncated.js'

export const newProcess = record(
  'NEW_PROCESS',
  {
    version: 1,
    description:
      'A process started to run an image. A fork that an exec follows within 100 ms (an option) is one event, with the image ' +
      'and the time of the exec; any later exec is an event of its own, with an atom of its own.',
    platforms: ['linux', 'windows'],
  },
  {
    ...image,
    TIMESTAMP: integer(MS_SINCE_EPOCH, 'When it started: equal to routing.event_time'),
    PARENT: sometimes(
      'when the parent was never announced',
      nestedProcess('The process that forked it, one level deep'),
    ),
    TRUNCATED: truncated,
    ...ofProcess,
    ...ofEvent,
    RAW_BYTES: rawBytes,
  },
)

export type NewProcess = Static<typeof newProcess>
