/** ONGOING_IDENTITY: a pair of path and hash that was seen before. */
import type { Static } from 'typebox'
import { identity } from './identity.js'
import { record } from './record.js'

export const ongoingIdentity = record(
  'ONGOING_IDENTITY',
  {
    version: 1,
    description:
      'A combination of file path and hash was executed or loaded once more. Much more frequent than CODE_IDENTITY. ' +
      'routing.parent is the atom of the process start or the module load that was the occasion.',
    platforms: ['linux', 'windows'],
  },
  identity,
)

export type OngoingIdentity = Static<typeof ongoingIdentity>
