/** MODULE_LOAD: a process mapped a file to run code from it. */
import type { Static } from 'typebox'
import { ofEvent, rawBytes } from './extensions.js'
import { flag, integer, MS_SINCE_EPOCH, only, sha256, sometimes, text } from './field.js'
import { record } from './record.js'
import { truncated } from './truncated.js'

export const moduleLoad = record(
  'MODULE_LOAD',
  {
    version: 1,
    description:
      'A module was loaded into a process. Linux: a file was mapped executable, the main program and its interpreter included. ' +
      'routing.parent is the atom of the process.',
    platforms: ['linux', 'windows'],
  },
  {
    MEMORY_SIZE: sometimes('when it could not be read', integer('bytes', 'The size of the mapped module')),
    PROCESS_ID: integer('process id', 'The process that loaded it'),
    FILE_PATH: sometimes('when it could not be read', text('path', 'The file of the module')),
    MODULE_NAME: sometimes('when FILE_PATH is', text('file name', 'The last component of FILE_PATH')),
    TIMESTAMP: integer(MS_SINCE_EPOCH, 'When it was loaded: equal to routing.event_time'),
    BASE_ADDRESS: sometimes('when it could not be read', integer('address', 'Where the module is mapped')),
    HASH: sometimes('when the file was not hashed', sha256('The file of the module')),
    FILE_IS_SIGNED: sometimes(
      'when the signature was not checked',
      only('windows', flag('Whether the file of the module carries a signature')),
    ),
    TRUNCATED: truncated,
    ...ofEvent,
    RAW_BYTES: rawBytes,
  },
)

export type ModuleLoad = Static<typeof moduleLoad>
