/** LOSS_ACCOUNTING: here, something is missing from the stream. */
import { type Static, Type } from 'typebox'
import { ofEvent } from './extensions.js'
import { integer, MS_SINCE_EPOCH, sometimes } from './field.js'
import { record } from './record.js'

const count = (of: string) => sometimes('when none was lost', integer('records', `Lost records ${of}`))

const lost = Type.Object(
  {
    FORK: count('of a fork'),
    EXEC: count('of an exec'),
    EXIT: count('of the end of a process'),
    ARGUMENTS: count('of arguments'),
    ENVIRONMENT: count('of an environment'),
    MODULE: count('of a loaded module'),
    ACCESS: count('of what a process did to another one'),
    THREAD: count('of a thread that began because of another process'),
    PIPE: count('of a named pipe'),
    IDENTITY: sometimes('when none was lost', integer('executions and loads', 'Whose file was not hashed in time')),
    PROCESSES: sometimes(
      'when none was forgotten',
      integer('processes', 'Processes that the table had no place for any more'),
    ),
    CORRELATION: sometimes(
      'when nothing was forgotten',
      integer('entries', 'Pairs and sensitive processes that correlation had no place for any more'),
    ),
    EVENTS: count('of any kind, on Windows'),
    BUFFERS: sometimes('when none was lost', integer('buffers', 'Lost buffers of events, on Windows')),
  },
  { additionalProperties: false, description: 'How many records were lost, by their type', 'x-unit': 'object' },
)

export const lossAccounting = record(
  'LOSS_ACCOUNTING',
  {
    version: 1,
    description:
      'Records were lost between FROM and TO, at this place in the stream. Delivered whether asked for or not. ' +
      'LOST counts records of the kernel, several of which can belong to one event.',
    platforms: ['linux', 'windows'],
  },
  {
    LOST: lost,
    BYTES: sometimes('when nobody counted them', integer('bytes', 'How large the lost records were')),
    REASON: Type.Union(
      [
        Type.Literal('RING_FULL'),
        Type.Literal('BULK_SHARE'),
        Type.Literal('MISSED_RUN'),
        Type.Literal('MEMORY'),
        Type.Literal('NOT_RECORDED'),
        Type.Literal('DAMAGED'),
        Type.Literal('SESSION_FULL'),
        Type.Literal('SESSION_STOPPED'),
        Type.Literal('LOOKUP_FULL'),
        Type.Literal('QUEUE_FULL'),
        Type.Literal('CLOSED'),
      ],
      {
        description:
          'RING_FULL: the consumer was too slow. BULK_SHARE: the ring was half full, and what anybody can make many of may take no more of it. ' +
          'MISSED_RUN: the kernel skipped the program. MEMORY: a user had used up their share of the memory for what ' +
          'these records would have been made of, such as who wrote into which process, so they may be missing; ' +
          'or a table of the sensor itself was full. NOT_RECORDED: whoever made the recording lost them. ' +
          'DAMAGED: the recording that is replayed has a hole here, and LOST cannot say what was in it. ' +
          'SESSION_FULL: Windows had no free buffer for them. SESSION_STOPPED: somebody stopped the trace session, ' +
          'and nobody counted what came until it ran again. LOOKUP_FULL: too many new processes waited to be looked at. ' +
          'QUEUE_FULL: too many of this user, or of all, waited for the hash of a file. CLOSED: they still waited when the sensor was closed',
        'x-unit': 'word',
      },
    ),
    FROM: integer(MS_SINCE_EPOCH, 'Nothing was lost before'),
    TO: integer(MS_SINCE_EPOCH, 'Nothing was lost after'),
    ...ofEvent,
  },
)

export type LossAccounting = Static<typeof lossAccounting>
