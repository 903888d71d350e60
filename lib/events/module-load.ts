/** MODULE_LOAD: a process mapped a file to run code from it. */
import type { Static } from 'typebox'
import { ofEvent, rawBytes } from './extensions.js'
import { flag, integer, MS_SINCE_EPOCH, only, sha256, sometimes, text } from './field.js'
import { record } from './record.js'
import { PATH_FORMS, truncated } from './truncated.js'

export const moduleLoad = record(
  'MODULE_LOAD',
  {
    version: 1,
    description:
      'A module was loaded into a process. Linux: a file was mapped executable, the main program and its interpreter included, ' +
      'once for each place where it is mapped; or the process loaded a module into the kernel, which has no FILE_PATH and ' +
      'no BASE_ADDRESS. Processes that were there before the sensor tell only what they load later, and where mremap moves ' +
      'code to is not told. ' +
      'routing.parent is the atom of the process.',
    platforms: ['linux', 'windows'],
  },
  {
    MEMORY_SIZE: sometimes(
      'when it could not be read',
      integer('bytes', 'The size of the mapped module: from its first segment to its last, with .bss, in whole pages'),
    ),
    PROCESS_ID: integer('process id', 'The process that loaded it'),
    FILE_PATH: sometimes(
      'for modules of the kernel, and when it could not be read',
      text('path', `The file of the module, as the process reached it. ${PATH_FORMS}`),
    ),
    MODULE_NAME: sometimes(
      'when it could not be read',
      text('file name', 'The last component of FILE_PATH, without " (deleted)"; of a module of the kernel its name'),
    ),
    TIMESTAMP: integer(MS_SINCE_EPOCH, 'When it was loaded: equal to routing.event_time'),
    BASE_ADDRESS: sometimes(
      'for modules of the kernel, and when it could not be read',
      integer('address', 'Where the module is mapped: the start of its first segment'),
    ),
    HASH: sometimes('when the file was not hashed by then', sha256('The file of the module')),
    FILE_IS_SIGNED: sometimes(
      'when the signature was not checked',
      only('windows', flag('Whether the file of the module is signed, in itself or in a catalog of Windows')),
    ),
    TRUNCATED: truncated,
    ...ofEvent,
    RAW_BYTES: rawBytes,
  },
)

export type ModuleLoad = Static<typeof moduleLoad>
