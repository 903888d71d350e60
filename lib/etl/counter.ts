/** Counts the events of a recording by kind: what `--stats` tells, and what can be asked of the file at all. */

import type { Part } from './archives.js'
import type { EtlFacts } from './facts.js'
import type { EtlFile, EtlFileOptions } from './file.js'
import { guidAt, providerName } from './guid.js'
import { factsOf, totalsOf } from './merged-files.js'
import { providerNames } from './provider-names.js'
import { openPart, partsOfAll } from './source.js'
import type { EtlTotals } from './totals.js'

/** Rows of EventCount: native/etl/etl_counter.h. */
const COUNT = {
  guid: 0,
  id: 16,
  opcode: 18,
  version: 19,
  header_type: 20,
  pointer_size: 21,
  provider: 22,
  events: 24,
  bytes: 32,
  SIZE: 40,
} as const

/** Byte 2 of an event's header: how it was logged. */
export const HEADER_TYPE = {
  SYSTEM32: 1,
  SYSTEM64: 2,
  COMPACT32: 3,
  COMPACT64: 4,
  FULL32: 0x0a,
  INSTANCE32: 0x0b,
  PERFINFO32: 0x10,
  PERFINFO64: 0x11,
  MANIFEST32: 0x12,
  MANIFEST64: 0x13,
  FULL64: 0x14,
  INSTANCE64: 0x15,
} as const

/** Events that have all of this in common. */
export interface EventCount {
  /** A name, or a GUID in braces. */
  provider: string
  guid: string
  /** One of PROVIDER (lib/decode/etw/layout.ts). */
  known: number
  /** Of an event with a manifest. */
  id?: number
  opcode: number
  version: number
  pointerBytes: number
  /** One of HEADER_TYPE. */
  headerType: number
  events: number
  /** With their headers. */
  bytes: number
}

export interface ProviderCount {
  /** A name, or a GUID in braces. */
  provider: string
  guid: string
  events: number
  /** With their headers. */
  bytes: number
}

export interface EtlCounts {
  facts: EtlFacts
  totals: EtlTotals
  /** Most frequent first. */
  kinds: EventCount[]
}

export interface CountOptions extends Omit<EtlFileOptions, 'isCounting'> {
  onProgress?: ((file: EtlFile) => void) | undefined
  signal?: AbortSignal | undefined
}

/** Of several recordings, the sums. `paths`: "-" is the standard input. */
export async function countEvents(paths: string | readonly string[], options: CountOptions = {}): Promise<EtlCounts> {
  const parts = await partsOfAll(typeof paths === 'string' ? [paths] : paths)
  const all: EtlCounts[] = []
  for (const part of parts) all.push(await countPart(part, options))
  if (all.length === 1) return all[0]!
  return {
    facts: factsOf(all.map(({ facts }) => facts)),
    totals: totalsOf(all.map(({ totals }) => totals)),
    kinds: sumOf(all.flatMap(({ kinds }) => kinds)),
  }
}

function sumOf(all: readonly EventCount[]): EventCount[] {
  const kinds = new Map<string, EventCount>()
  for (const kind of all) {
    const { events, bytes, ...rest } = kind
    const key = JSON.stringify(rest)
    const known = kinds.get(key)
    if (known === undefined) kinds.set(key, { ...kind })
    else {
      known.events += events
      known.bytes += bytes
    }
  }
  return [...kinds.values()].sort((a, b) => b.events - a.events)
}

async function countPart(part: Part, { onProgress, signal, ...options }: CountOptions): Promise<EtlCounts> {
  const file = await openPart(part, { ...options, isCounting: true })
  try {
    while ((await file.step()) !== undefined) {
      signal?.throwIfAborted()
      onProgress?.(file)
    }
    const kinds = rowsOf(file.counts()).sort((a, b) => b.events - a.events)
    if (!part.isOnce) await nameProviders(part, kinds, options)
    return { facts: file.facts, totals: file.totals(), kinds }
  } finally {
    file.close()
  }
}

/** Where the file has names that nobody else knows: it is looked through once more. */
async function nameProviders(part: Part, kinds: readonly EventCount[], options: EtlFileOptions): Promise<void> {
  const isUnnamed = ({ provider, id }: EventCount) => id !== undefined && provider.startsWith('{')
  const unnamed = kinds.filter(isUnnamed)
  if (unnamed.length === 0) return
  const wanted = new Map<string, number>()
  for (const { guid, events } of unnamed) wanted.set(guid, (wanted.get(guid) ?? 0) + events)
  const file = await openPart(part, { ...options, isCounting: false })
  try {
    const names = await providerNames(file, wanted)
    for (const kind of unnamed) kind.provider = names.get(kind.guid) ?? kind.provider
  } finally {
    file.close()
  }
}

/** Of each provider, how much there is of it; most frequent first. */
export function providersOf(kinds: readonly EventCount[]): ProviderCount[] {
  const providers = new Map<string, ProviderCount>()
  for (const { provider, guid, events, bytes } of kinds) {
    const known = providers.get(provider)
    if (known === undefined) providers.set(provider, { provider, guid, events, bytes })
    else {
      known.events += events
      known.bytes += bytes
    }
  }
  return [...providers.values()].sort((a, b) => b.events - a.events)
}

function rowsOf(memory: ArrayBuffer): EventCount[] {
  const view = new DataView(memory)
  const bytes = new Uint8Array(memory)
  const rows: EventCount[] = []
  for (let at = 0; at < memory.byteLength; at += COUNT.SIZE) {
    const guid = guidAt(bytes, at + COUNT.guid)
    const headerType = bytes[at + COUNT.header_type]!
    const id = view.getUint16(at + COUNT.id, true)
    const isManifest = headerType === HEADER_TYPE.MANIFEST32 || headerType === HEADER_TYPE.MANIFEST64
    rows.push({
      provider: providerName(guid, id),
      guid,
      known: view.getUint16(at + COUNT.provider, true),
      ...(isManifest && { id }),
      opcode: bytes[at + COUNT.opcode]!,
      version: bytes[at + COUNT.version]!,
      pointerBytes: bytes[at + COUNT.pointer_size]!,
      headerType,
      events: Number(view.getBigUint64(at + COUNT.events, true)),
      bytes: Number(view.getBigUint64(at + COUNT.bytes, true)),
    })
  }
  return rows
}
