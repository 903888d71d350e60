/** What makes events of the records of a live sensor on Windows: there, and wherever they are replayed. */
import { Acts } from '../acts.js'
import type { CorrelationOptions } from '../correlate/correlator.js'
import { EtwAtoms } from '../decode/etw/atoms.js'
import { EtwDecoder } from '../decode/etw/decoder.js'
import type { Envelope } from '../envelope.js'
import type { EventName } from '../events/index.js'
import type { ResolvedFilter } from '../filter/process-filter.js'
import { PathFiles, pathKey } from '../identity/path-files.js'
import { EventIds } from '../process/event-ids.js'
import { EventStream } from '../stream.js'

/** A start whose program is not known yet waits so long for the rest. */
const START_WINDOW_MS = 2_000

export interface EtwMappingOptions {
  events: ReadonlySet<EventName>
  extended: boolean
  allAccess?: boolean | undefined
  envelope: Envelope
  filter?: ResolvedFilter | undefined
  correlation: CorrelationOptions
  /** Event ids come from it. */
  runSeed: Uint32Array
  /** The atoms of this machine come from it. */
  atomSeed: Uint32Array
}

export interface EtwMapping {
  stream: EventStream
  decoder: EtwDecoder
}

export function newEtwMapping(options: EtwMappingOptions): EtwMapping {
  const { events, extended, allAccess, envelope, filter, runSeed, atomSeed, correlation } = options
  const streamOptions = {
    events,
    extended,
    envelope,
    ids: new EventIds(runSeed),
    atoms: { of: unnamed },
    allAccess,
    filter,
  }
  const stream = new EventStream(streamOptions)
  const { identities } = stream
  if (identities !== undefined) identities.keyOf = pathKey
  const acts = new Acts(stream, streamOptions, correlation)
  const files = identities && new PathFiles()
  const decoder = new EtwDecoder(stream, acts, new EtwAtoms(atomSeed), START_WINDOW_MS, files)
  return { stream, decoder }
}

/** The decoder names every image before it is announced. */
function unnamed(): never {
  throw new Error('an image has no name')
}
