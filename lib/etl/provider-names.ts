/** Names of providers that only the recording knows: those of events that describe themselves (TraceLogging). */
import { FLAG, PROVIDER, RECORD } from '../decode/etw/layout.js'
import { guidAt } from './guid.js'
import type { EtlSource } from './merged-files.js'
import { selfDescribed } from './trace-logging.js'

/** By GUID, of those that are wanted; ends as soon as all are known, else at the end of the file. */
export async function providerNames(file: EtlSource, wanted: ReadonlySet<string>): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  const left = new Set(wanted)
  while (left.size > 0) {
    const count = await file.step(1 << PROVIDER.OTHER)
    if (count === undefined) break
    const { records, offsets } = file
    for (let i = 0; i < count; i++) {
      const at = offsets[i]!
      if ((records.u16[(at + RECORD.flags) >>> 1]! & FLAG.TRACE_LOGGING) === 0) continue
      const guid = guidAt(records.u8, at + RECORD.guid)
      const name = left.has(guid) ? selfDescribed(records, at)?.provider : undefined
      if (name === undefined) continue
      left.delete(guid)
      names.set(guid, name)
    }
  }
  return names
}
