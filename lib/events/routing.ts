/**
 * The envelope of every event: where it comes from, what it is, how it relates to others.
 */
import { Type } from 'typebox'
import { atom, integer, MS_SINCE_EPOCH, sometimes, text, texts, uuid } from './field.js'

const origin = {
  oid: uuid('The organisation that the sensor belongs to'),
  iid: uuid('The installation (group of sensors) within the organisation'),
  sid: uuid('The sensor: stable for one machine, derived from the machine id by a hash'),
  did: text('UUID or empty', 'The device, when several sensors run on one; the empty string when nobody assigned it'),
  hostname: text('host name', 'The name of the machine'),
  ext_ip: text('IP address or empty', 'The address that others see; the empty string when unknown'),
  int_ip: text('IP address or empty', 'The first address of the machine that is not internal to it'),
  plat: integer('platform number', 'The platform: 268435456 Windows, 536870912 Linux'),
  arch: integer(
    'architecture number',
    'The processor: 1 x86, 2 x64, 3 arm, 4 arm64, 5 x64 with musl (Alpine), 0 none of these',
  ),
  moduleid: integer('module number', 'The part of the sensor that made the event: always 2'),
  tags: texts('text', 'The tags of the sensor when the event was made'),
}

const relations = {
  this: atom('The atom of this event; for the start of a process, the atom of the process itself'),
  parent: sometimes(
    'when nothing is known to have caused the event',
    atom('The atom of what caused the event: the parent of a started process, else the acting process'),
  ),
}

const target = sometimes(
  'when the process acted upon was never announced',
  atom('The atom of the process that was acted upon'),
)

function occurrence<N extends string>(name: N) {
  return {
    event_type: Type.Literal(name, { description: 'The name of the event', 'x-unit': 'event name' }),
    event_time: integer(MS_SINCE_EPOCH, 'When it happened, as the machine saw it'),
    event_id: uuid('Unique to this event'),
  }
}

export function routing<N extends string>(name: N) {
  return Type.Object({ ...origin, ...occurrence(name), ...relations }, { additionalProperties: false })
}

export function targetedRouting<N extends string>(name: N) {
  return Type.Object({ ...origin, ...occurrence(name), ...relations, target }, { additionalProperties: false })
}
