/** Names of providers that only the recording knows: those of events that describe themselves (TraceLogging). */
import { FLAG, PROVIDER, RECORD } from '../decode/etw/layout.js'
import { guidAt } from './guid.js'
import type { EtlSource } from './merged-files.js'
import { selfDescribed } from './trace-logging.js'

/** A provider that has described none of so many events has a manifest: that is not in the file. */
export const UNNAMED_MAX = 4_096

/** By GUID. `wanted` says how many events each has; ends as soon as none of them can have a name any more. */
export async function providerNames(
  file: Pick<EtlSource, 'records' | 'offsets' | 'step'>,
  wanted: ReadonlyMap<string, number>,
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  const left = new Map([...wanted].map(([guid, events]) => [guid, Math.min(events, UNNAMED_MAX)]))
  let starts = startsOf(left)
  while (left.size > 0) {
    const count = await file.step(1 << PROVIDER.OTHER)
    if (count === undefined) break
    const { records, offsets } = file
    for (let i = 0; i < count; i++) {
      const at = offsets[i]!
      if (!starts.has(records.u32[(at + RECORD.guid) >>> 2]!)) continue
      const flags = records.u16[(at + RECORD.flags) >>> 1]!
      if ((flags & FLAG.CLASSIC) !== 0) continue
      const guid = guidAt(records.u8, at + RECORD.guid)
      const events = left.get(guid)
      if (events === undefined) continue
      const name = (flags & FLAG.TRACE_LOGGING) === 0 ? undefined : selfDescribed(records, at)?.provider
      if (name !== undefined) names.set(guid, name)
      if (name === undefined && events > 1) left.set(guid, events - 1)
      else {
        left.delete(guid)
        starts = startsOf(left)
      }
    }
  }
  return names
}

/** The first numbers of the GUIDs: all that has to be looked at of most events. */
function startsOf(guids: ReadonlyMap<string, number>): Set<number> {
  return new Set([...guids.keys()].map((guid) => Number.parseInt(guid.slice(0, 8), 16)))
}
