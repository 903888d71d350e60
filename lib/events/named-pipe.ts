/** The body that NEW_NAMED_PIPE and OPEN_NAMED_PIPE share. */
import { ofEvent, rawBytes } from './extensions.js'
import { integer, text } from './field.js'
import { PATH_FORMS, truncated } from './truncated.js'

export const namedPipe = {
  FILE_PATH: text(
    'path',
    `The pipe. Windows: \\Device\\NamedPipe\\NAME. Linux: the absolute path of the FIFO, in the mount namespace of the process. ${PATH_FORMS}`,
  ),
  PROCESS_ID: integer('process id', 'The process that did it'),
  TRUNCATED: truncated,
  ...ofEvent,
  RAW_BYTES: rawBytes,
}
