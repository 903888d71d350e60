/** CODE_IDENTITY: a pair of path and hash that was never executed or loaded before. */
import type { Static } from 'typebox'
import { identity } from './identity.js'
import { record } from './record.js'

export const codeIdentity = record(
  'CODE_IDENTITY',
  {
    version: 1,
    description:
      'A combination of file path and hash was executed or loaded for the first time that this sensor saw. ' +
      'routing.parent is the atom of the process start or the module load that was the occasion.',
    platforms: ['linux', 'windows'],
  },
  identity,
)

export type CodeIdentity = Static<typeof codeIdentity>
