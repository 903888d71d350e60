/** REMOTE_PROCESS_HANDLE: a process got access to the memory or the threads of another one. */
import type { Static } from 'typebox'
import { ofAccess, ofEvent } from './extensions.js'
import { integer } from './field.js'
import { parties } from './parties.js'
import { targetedRecord } from './record.js'

export const remoteProcessHandle = targetedRecord(
  'REMOTE_PROCESS_HANDLE',
  {
    version: 1,
    description:
      'A process opened a handle to another one that lets it read (0x10) or write (0x20) memory or create threads (0x2); ' +
      'on Linux, it traced the other one or read or wrote its memory; what is repeated within a second is told once. routing.parent is the atom of the process that acted, ' +
      'routing.target that of the other one.',
    platforms: ['windows'],
    extensionOn: ['linux'],
  },
  {
    ACCESS_FLAGS: integer(
      'Windows access mask',
      'The access that was granted; in a recording of Windows, the access that was asked for and not refused. ' +
        'On Linux: ptrace attach, seize and traceme 0xc3a; process_vm_readv 0x10; process_vm_writev 0x28; ' +
        'an open of /proc/PID/mem 0x10 to read, 0x28 to write, 0x38 for both; ' +
        'with allAccess also pidfd_open 0x100000 and pidfd_getfd 0x40',
    ),
    ...parties,
    ...ofAccess,
    ...ofEvent,
  },
)

export type RemoteProcessHandle = Static<typeof remoteProcessHandle>
