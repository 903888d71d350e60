/** TRUNCATED: a value was longer than what is kept of it. */
import { Type } from 'typebox'
import { sometimes } from './field.js'

export const truncated = sometimes(
  'unless a bound cut a value',
  Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
    description: 'For each field that was cut, its true length',
    'x-unit': 'field name → bytes',
  }),
)
