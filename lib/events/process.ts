/**
 * The process object: the body of NEW_PROCESS and EXISTING_PROCESS, and, with its atoms, what
 * PARENT, SOURCE and TARGET hold.
 */
import { type Static, type TUnsafe, Type } from 'typebox'
import { atom, flag, integer, MS_SINCE_EPOCH, only, sha256, sometimes, text } from './field.js'
import { PATH_FORMS, truncated } from './truncated.js'

export const image = {
  PROCESS_ID: integer('process id', 'The process, numbered as in the initial pid namespace'),
  PARENT_PROCESS_ID: integer(
    'process id',
    'Its parent when it was first seen: for a new process the one that forked it, never the reaper of orphans',
  ),
  FILE_PATH: sometimes(
    'for kernel threads, and when the file could not be read',
    text(
      'path',
      'The file that runs. Linux: absolute, in the mount namespace of the process; the interpreter where a script runs; ' +
        '"/memfd:NAME" for a file that exists in memory only; " (deleted)" follows a file that has no name any more. ' +
        `${PATH_FORMS} ` +
        'Windows: a DOS path, or \\Device\\HarddiskVolumeN\\… where only the kernel path is known, or the file name alone where ' +
        'a recording has no more',
    ),
  ),
  COMMAND_LINE: sometimes(
    'for kernel threads, for processes that emptied it, and when it could not be read',
    text('text', 'Linux: the arguments joined by one space, nothing quoted, nothing trimmed. Windows: as passed'),
  ),
  BASE_ADDRESS: sometimes(
    'for kernel threads, and when it could not be read',
    integer('address', 'Where the main program is mapped'),
  ),
  MEMORY_USAGE: sometimes(
    'when the kernel has not counted anything yet, as is usual at exec on Linux 6.2 and later',
    integer('bytes', 'The resident set (Linux) or working set (Windows) at the time of the event'),
  ),
  THREADS: sometimes('when it could not be read', integer('count', 'How many threads it has')),
  USER_NAME: sometimes(
    'when no name is known, and on Linux for a user of a foreign user namespace',
    text('user name', "Linux: the name of the process's user on the host. Windows: DOMAIN\\user"),
  ),
  USER_ID: sometimes(
    'when it could not be read',
    only('linux', integer('user id', 'The real user, in the initial user namespace')),
  ),
  HASH: sometimes(
    'when the file was not hashed by then: its first CODE_IDENTITY comes later',
    sha256('The file that runs'),
  ),
  FILE_IS_SIGNED: sometimes(
    'when the signature was not checked',
    only('windows', flag('Whether the file that runs is signed, in itself or in a catalog of Windows')),
  ),
  ORIGINAL_FILE_NAME: sometimes(
    'when the file carries no version information',
    only('windows', text('file name', 'The name that the file was built under')),
  ),
}

export const creationTime = integer(MS_SINCE_EPOCH, 'When the process was created: earlier than the sensor')

const nested = Type.Object(
  {
    ...image,
    CREATION_TIME: sometimes('unless the process was there before the sensor', creationTime),
    THIS_ATOM: atom('The atom of this process'),
    PARENT_ATOM: sometimes('when its parent was never announced', atom('The atom of its parent')),
    TIMESTAMP: integer(MS_SINCE_EPOCH, 'The event_time of its own NEW_PROCESS or EXISTING_PROCESS'),
    TRUNCATED: truncated,
  },
  { additionalProperties: false },
)

export const NESTED_PROCESS = 'nested process'

/** A process as another event carries it: its own start without PARENT. Shared between events, hence frozen. */
export type NestedProcess = Readonly<Static<typeof nested>>

export function nestedProcess(description: string): TUnsafe<NestedProcess> {
  return Type.Unsafe<NestedProcess>(Type.With(nested, { title: NESTED_PROCESS, description, 'x-unit': 'object' }))
}
