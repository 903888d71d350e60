/** The body that NEW_NAMED_PIPE and OPEN_NAMED_PIPE share. */
import { ofEvent, rawBytes } from './extensions.js'
import { integer, text } from './field.js'
import { truncated } from './truncated.js'

export const namedPipe = {
  FILE_PATH: text('path', 'The pipe. Windows: \\Device\\NamedPipe\\NAME. Linux: the absolute path of the FIFO'),
  PROCESS_ID: integer('process id', 'The process that did it'),
  TRUNCATED: truncated,
  ...ofEvent,
  RAW_BYTES: rawBytes,
}
