/** PROCESS_ENVIRONMENT: the environment that an image was started with. */
import type { Static } from 'typebox'
import { ofEvent, rawBytes } from './extensions.js'
import { integer, texts } from './field.js'
import { record } from './record.js'
import { truncated } from './truncated.js'

export const processEnvironment = record(
  'PROCESS_ENVIRONMENT',
  {
    version: 1,
    description:
      'The environment variables of a new image. routing.parent is the atom of that image. Environments hold secrets: not delivered by default.',
    platforms: ['linux', 'windows'],
  },
  {
    ENVIRONMENT_VARIABLES: texts('text, "NAME=value"', 'The whole block, in its order; entries without "=" included'),
    PROCESS_ID: integer('process id', 'The process'),
    TRUNCATED: truncated,
    ...ofEvent,
    RAW_BYTES: rawBytes,
  },
)

export type ProcessEnvironment = Static<typeof processEnvironment>
