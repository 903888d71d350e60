/** TRUNCATED: a value was longer than what is kept of it. */
import { Type } from 'typebox'
import { sometimes } from './field.js'

/** Of every path on Linux: lib/process/path.ts. */
export const PATH_FORMS =
  'Linux: what does not begin with "/" is no whole path of that mount namespace: "mnt:[N]/usr/bin/a" holds in mount namespace N, ' +
  'as /proc/PID/ns/mnt numbers it; "(detached)/usr/bin/a" in none, since its mount was taken out or never put in; ' +
  'and of ".../bin/a", also behind either, the beginning is cut off. No exclusion holds for such paths.'

export const truncated = sometimes(
  'unless a bound cut a value',
  Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
    description:
      'For each field that was cut, its true length; of a path that has more than 4,096 names (Linux before 5.17: 256, and ' +
      '64 of a cgroup) only what was counted of it, which is less',
    'x-unit': 'field name → bytes',
  }),
)
