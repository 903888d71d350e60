/** OPEN_NAMED_PIPE: a process opened a named pipe that was there. */
import type { Static } from 'typebox'
import { namedPipe } from './named-pipe.js'
import { record } from './record.js'

export const openNamedPipe = record(
  'OPEN_NAMED_PIPE',
  {
    version: 1,
    description:
      'A process opened an existing named pipe; on Linux, a FIFO: where the kernel allows it, already when it begins to wait for the other end. routing.parent is the atom of that process. Windows: experimental, as it is not known to log all of them, and told when it is tried.',
    platforms: ['windows'],
    extensionOn: ['linux'],
  },
  namedPipe,
)

export type OpenNamedPipe = Static<typeof openNamedPipe>
