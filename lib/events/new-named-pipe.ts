/** NEW_NAMED_PIPE: a process created a named pipe. */
import type { Static } from 'typebox'
import { namedPipe } from './named-pipe.js'
import { record } from './record.js'

export const newNamedPipe = record(
  'NEW_NAMED_PIPE',
  {
    version: 1,
    description:
      'A process created a named pipe; on Linux, a FIFO. routing.parent is the atom of that process. Windows: experimental, as it is not known to log all of them, and told when it is tried.',
    platforms: ['windows'],
    extensionOn: ['linux'],
  },
  namedPipe,
)

export type NewNamedPipe = Static<typeof newNamedPipe>
