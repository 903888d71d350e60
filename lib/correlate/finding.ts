/** What correlation finds: all but the ids that the stream gives to an event. */
import type { EventName, EventOf, NewRemoteThread, RemoteProcessHandle } from '../events/index.js'
import type { Party } from './rules.js'

export type FindingName = Extract<EventName, 'SENSITIVE_PROCESS_ACCESS' | 'THREAD_INJECTION'>

/** What one process did to another one. */
export type Access = RemoteProcessHandle | NewRemoteThread

export interface Finding<N extends FindingName = FindingName> {
  name: N
  /** Records in the order of the document; frozen, since they are also delivered on their own. */
  events: EventOf<N>['event']['EVENTS']
  time: number
  parent: string | undefined
  target: string | undefined
  /** How many of the same kind were left out since the last one. */
  repeats: number
}

export type Find = (finding: Finding) => void

/** Who did it to whom; undefined where either was never announced. */
export function pairOf({ routing }: Access): string | undefined {
  const { parent, target } = routing
  return parent === undefined || target === undefined || parent === target ? undefined : `${parent}${target}`
}

/** A record that others will refer to. */
export function frozen<R extends EventOf<EventName>>(record: R): R {
  Object.freeze(record.routing)
  Object.freeze(record.event)
  return Object.freeze(record)
}

/** At whose expense something is remembered. */
export function ownerOf(party: Party | undefined): string | number | undefined {
  return party?.USER_ID ?? party?.USER_NAME
}
