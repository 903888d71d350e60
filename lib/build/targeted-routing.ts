/** `routing` of an event of one process upon another one. */
import type { Envelope } from '../envelope.js'
import type { EventName } from '../events/index.js'
import { type BuiltRouting, buildRouting } from './routing.js'

export interface TargetedRouting<N extends EventName> extends BuiltRouting<N> {
  target?: string
}

export function buildTargetedRouting<N extends EventName>(
  envelope: Envelope,
  name: N,
  time: number,
  id: string,
  atom: string,
  parent: string | undefined,
  target: string | undefined,
): TargetedRouting<N> {
  if (parent === undefined || target === undefined) {
    const routing: TargetedRouting<N> = buildRouting(envelope, name, time, id, atom, parent)
    if (target !== undefined) routing.target = target
    return routing
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
    target,
  }
}
