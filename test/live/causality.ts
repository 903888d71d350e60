/** The order rule: whatever names an image comes after the event that introduces it. */
import type { EventRecord } from '../../lib/events/index.js'

/** Of a whole stream: each naming of an image that no event had introduced before. */
export function namedTooEarly(events: readonly EventRecord[]): string[] {
  const introduced = new Set<string>()
  const tooEarly: string[] = []
  for (const record of events) {
    const { event_type: type, this: atom } = record.routing
    for (const [place, named] of names(record)) {
      if (!introduced.has(named)) tooEarly.push(`${type} ${atom} ${place} ${named}`)
    }
    // The identity of a module names the event of its load.
    if (type === 'NEW_PROCESS' || type === 'EXISTING_PROCESS' || type === 'MODULE_LOAD') introduced.add(atom)
  }
  return tooEarly
}

function* names({ routing, event }: EventRecord): Generator<[place: string, atom: string]> {
  if (routing.parent !== undefined) yield ['routing.parent', routing.parent]
  if (!('PARENT' in event) || event.PARENT === undefined) return
  const { THIS_ATOM, PARENT_ATOM } = event.PARENT
  yield ['PARENT.THIS_ATOM', THIS_ATOM]
  if (PARENT_ATOM !== undefined) yield ['PARENT.PARENT_ATOM', PARENT_ATOM]
}
