/** `routing`: the envelope of one event. Two literals, so that each keeps one shape. */
import type { Envelope } from '../envelope.js'
import type { EventName } from '../events/index.js'

/** What is common to all events, whichever they are. */
export interface BuiltRouting<N extends EventName> extends Envelope {
  event_type: N
  event_time: number
  event_id: string
  this: string
  parent?: string
}

export function buildRouting<N extends EventName>(
  envelope: Envelope,
  name: N,
  time: number,
  id: string,
  atom: string,
  parent: string | undefined,
): BuiltRouting<N> {
  if (parent === undefined) {
    return {
      oid: envelope.oid,
      iid: envelope.iid,
      sid: envelope.sid,
      did: envelope.did,
      hostname: envelope.hostname,
      ext_ip: envelope.ext_ip,
      int_ip: envelope.int_ip,
      plat: envelope.plat,
      arch: envelope.arch,
      moduleid: envelope.moduleid,
      tags: envelope.tags,
      event_type: name,
      event_time: time,
      event_id: id,
      this: atom,
    }
  }
  return {
    oid: envelope.oid,
    iid: envelope.iid,
    sid: envelope.sid,
    did: envelope.did,
    hostname: envelope.hostname,
    ext_ip: envelope.ext_ip,
    int_ip: envelope.int_ip,
    plat: envelope.plat,
    arch: envelope.arch,
    moduleid: envelope.moduleid,
    tags: envelope.tags,
    event_type: name,
    event_time: time,
    event_id: id,
    this: atom,
    parent,
  }
}
