/** Content against the checksum and the length that its archive gives for it. */
import { crc32 } from 'node:zlib'
import type { ArchiveDefect } from './defects.js'
import type { Pieces } from './inflate.js'

export interface Seal {
  crc: number
  bytes: number
}

/**
 * `sealOf`: called behind the content, as most archives have it there; a defect where it cannot be read.
 * Content that is known to be damaged has no seal to compare.
 */
export async function* checked(
  content: Pieces,
  sealOf: (actual: Seal) => Promise<Seal | ArchiveDefect> | Seal,
): Pieces {
  const actual = { crc: 0, bytes: 0 }
  const defect = yield* measured(content, actual)
  if (defect !== undefined) return defect
  const seal = await sealOf(actual)
  if (typeof seal === 'string') return seal
  return seal.crc === actual.crc && seal.bytes === actual.bytes ? undefined : 'archiveChecksum'
}

async function* measured(content: Pieces, actual: Seal): Pieces {
  try {
    for (;;) {
      const { value, done } = await content.next()
      if (done === true) return value
      actual.crc = crc32(value, actual.crc)
      actual.bytes += value.length
      yield value
    }
  } finally {
    await content.return(undefined)
  }
}
