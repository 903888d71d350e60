/** A .zip from its beginning on, entry by entry: as it comes from a pipe, or where its directory is missing. */
import { ByteReader } from './byte-reader.js'
import { checked, type Seal } from './checked.js'
import type { ArchiveDefect } from './defects.js'
import { inflate, type Pieces } from './inflate.js'
import { hasDescriptor, METHOD, nameOf, SIGNATURE, widened, type ZipEntry } from './zip-entry.js'

export const LOCAL_BYTES = 30
const CENTRAL_BYTES = 46
const END_BYTES = 22
const LOCATOR64_BYTES = 20
const PIECE_BYTES = 2 ** 16

/** The next entry, whose data the reader then stands at; at the end of all, what is wrong there. */
export async function nextEntry(packed: ByteReader): Promise<ZipEntry | { end: ArchiveDefect | undefined }> {
  const signature = await packed.exactly(4)
  if (signature.length < 4) return { end: 'archiveCut' }
  if (signature.readUInt32LE(0) !== SIGNATURE.LOCAL) return { end: await endOf(packed, signature.readUInt32LE(0)) }
  const header = Buffer.concat([signature, await packed.exactly(LOCAL_BYTES - 4)])
  if (header.length < LOCAL_BYTES) return { end: 'archiveCut' }
  const name = await packed.exactly(header.readUInt16LE(26))
  const extra = await packed.exactly(header.readUInt16LE(28))
  if (name.length + extra.length < header.readUInt16LE(26) + header.readUInt16LE(28)) return { end: 'archiveCut' }
  const sizes = widened([header.readUInt32LE(22), header.readUInt32LE(18)], extra)
  if (sizes === undefined) return { end: 'archiveData' }
  return {
    name: nameOf(name),
    flags: header.readUInt16LE(6),
    method: header.readUInt16LE(8),
    crc: header.readUInt32LE(14),
    bytes: sizes[0]!,
    packedBytes: sizes[1]!,
  }
}

/** Whether nothing but its data could say where it ends, and these do not. */
export function isEndless(entry: ZipEntry): boolean {
  return hasDescriptor(entry) && entry.method !== METHOD.DEFLATED
}

/** The content of the entry that the reader stands at. Behind it, the reader stands at the next header. */
export function contentOf(packed: ByteReader, entry: ZipEntry): Pieces {
  if (hasDescriptor(entry)) return checked(inflate(packed), (actual) => descriptor(packed, actual))
  return sizedContentOf(packed, entry)
}

/** Leaves it out. */
export async function skipEntry(packed: ByteReader, entry: ZipEntry): Promise<ArchiveDefect | undefined> {
  if (!hasDescriptor(entry)) return (await packed.skip(entry.packedBytes)) ? undefined : 'archiveCut'
  const content = contentOf(packed, entry)
  for (;;) {
    const { value, done } = await content.next()
    // Of what is left out only its end matters.
    if (done === true) return value === 'archiveChecksum' ? undefined : value
  }
}

/** Where its size is known before its data. */
export function sizedContentOf(packed: ByteReader, entry: ZipEntry): Pieces {
  return checked(sized(packed, entry), () => entry)
}

async function* sized(packed: ByteReader, { method, packedBytes }: ZipEntry): Pieces {
  const end = packed.position + packedBytes
  const within = pieces(packed, packedBytes)
  const defect = method === METHOD.DEFLATED ? yield* inflate(new ByteReader(within)) : yield* stored(within)
  return (await packed.skip(end - packed.position)) ? defect : 'archiveCut'
}

async function* pieces(packed: ByteReader, bytes: number): AsyncGenerator<Buffer> {
  for (let left = bytes; left > 0; ) {
    const piece = await packed.some(Math.min(left, PIECE_BYTES))
    if (piece.length === 0) return
    left -= piece.length
    yield piece
  }
}

async function* stored(content: AsyncGenerator<Buffer>): Pieces {
  yield* content
  return undefined
}

/** With a signature or without, with sizes of four bytes or of eight: the one that fits what was expanded. */
async function descriptor(packed: ByteReader, actual: Seal): Promise<Seal | ArchiveDefect> {
  const found = await packed.exactly(DESCRIPTOR_BYTES_MAX + 4)
  const form = FORMS.find((form) => isDescriptor(found, form, actual)) ?? FORMS.find((form) => isBehind(found, form))
  if (form !== undefined) packed.unread(found.subarray(form.length))
  else if (found.length < DESCRIPTOR_BYTES_MIN) return 'archiveCut'
  return form !== undefined && isDescriptor(found, form, actual) ? actual : 'archiveChecksum'
}

const DESCRIPTOR_BYTES_MIN = 12
const DESCRIPTOR_BYTES_MAX = 24
const FORMS = [
  { crcAt: 4, bytesAt: 12, isWide: false, length: 16 },
  { crcAt: 4, bytesAt: 16, isWide: true, length: 24 },
  { crcAt: 0, bytesAt: 8, isWide: false, length: 12 },
  { crcAt: 0, bytesAt: 12, isWide: true, length: 20 },
] as const
type Form = (typeof FORMS)[number]

function isDescriptor(found: Buffer, { crcAt, bytesAt, isWide, length }: Form, { crc, bytes }: Seal): boolean {
  if (found.length < length || found.readUInt32LE(crcAt) !== crc) return false
  if (crcAt > 0 && found.readUInt32LE(0) !== SIGNATURE.DESCRIPTOR) return false
  return isWide ? found.readBigUInt64LE(bytesAt) === BigInt(bytes) : found.readUInt32LE(bytesAt) === bytes
}

function isBehind(found: Buffer, { length }: Form): boolean {
  if (found.length < length + 4) return false
  const signature = found.readUInt32LE(length)
  return signature === SIGNATURE.LOCAL || signature === SIGNATURE.CENTRAL
}

/** Behind the entries. No data are missing where this breaks off, but nobody can know that before. */
async function endOf(packed: ByteReader, first: number): Promise<ArchiveDefect | undefined> {
  for (let signature = first; signature !== SIGNATURE.END; ) {
    const rest = await restOf(packed, signature)
    if (rest === undefined) return 'archiveData'
    if (!(await packed.skip(rest))) return 'archiveCut'
    const next = await packed.exactly(4)
    if (next.length < 4) return 'archiveCut'
    signature = next.readUInt32LE(0)
  }
  return (await packed.skip(END_BYTES - 4)) ? undefined : 'archiveCut'
}

/** How many bytes of the header with this signature are still to come; undefined: of no known one. */
async function restOf(packed: ByteReader, signature: number): Promise<number | undefined> {
  if (signature === SIGNATURE.LOCATOR64) return LOCATOR64_BYTES - 4
  if (signature === SIGNATURE.EXTRA) return lengthIn(await packed.exactly(4), [0], 4)
  if (signature === SIGNATURE.END64) return lengthIn(await packed.exactly(8), [0], 4)
  if (signature !== SIGNATURE.CENTRAL) return undefined
  return lengthIn(await packed.exactly(CENTRAL_BYTES - 4), [24, 26, 28], 2)
}

function lengthIn(header: Buffer, places: readonly number[], bytes: number): number {
  if (places.some((at) => at + bytes > header.length)) return Number.POSITIVE_INFINITY
  return places.reduce((sum, at) => sum + header.readUIntLE(at, bytes), 0)
}
