/** What the headers of a .zip say of an entry (APPNOTE.TXT 6.3.10). */
import { isUtf8 } from 'node:buffer'
import { KernelwireError } from '../../errors.js'
import { visible } from '../../output/visible.js'

export interface ZipEntry {
  name: string
  flags: number
  method: number
  crc: number
  packedBytes: number
  bytes: number
}

export const SIGNATURE = {
  LOCAL: 0x04034b50,
  CENTRAL: 0x02014b50,
  END: 0x06054b50,
  END64: 0x06064b50,
  LOCATOR64: 0x07064b50,
  DESCRIPTOR: 0x08074b50,
  EXTRA: 0x08064b50,
} as const

export const METHOD = { STORED: 0, DEFLATED: 8 } as const

const FLAG = { ENCRYPTED: 1, DESCRIPTOR: 1 << 3, HIDDEN: 1 << 13 } as const
const ENCRYPTED_METHOD = 99
const METHODS: Record<number, string> = {
  1: 'shrink',
  6: 'implode',
  9: 'deflate64',
  12: 'bzip2',
  14: 'lzma',
  93: 'zstd',
  95: 'xz',
  98: 'ppmd',
}

const ZIP64 = 1
export const UNKNOWN = 0xffff_ffff

/** Its sizes stand behind its data. */
export function hasDescriptor({ flags }: ZipEntry): boolean {
  return (flags & FLAG.DESCRIPTOR) !== 0
}

/** Not what a Mac puts beside it. */
export function isRecording(name: string): boolean {
  return /\.etl$/i.test(name) && !/(^|[/\\])\._/.test(name) && !/^__MACOSX[/\\]/.test(name)
}

/** `path`: of the archive. */
export function refuseUnreadable(path: string, { name, flags, method }: ZipEntry): void {
  const isEncrypted = (flags & (FLAG.ENCRYPTED | FLAG.HIDDEN)) !== 0 || method === ENCRYPTED_METHOD
  if (isEncrypted) throw foreign(`${path}: ${name} is encrypted; unpack it first: 7z x FILE`)
  if (method === METHOD.STORED || method === METHOD.DEFLATED) return
  const how = METHODS[method] ?? `method ${method}`
  throw foreign(`${path}: ${name} is compressed with ${how}, which is not read; unpack it first: 7z x FILE`)
}

/** In characters that a terminal shows. */
export function nameOf(bytes: Buffer): string {
  return visible(isUtf8(bytes) ? bytes.toString() : bytes.toString('latin1'))
}

/** Sizes and offset that do not fit into 32 bits stand among the extra fields, in this order. */
export function widened(values: readonly number[], extra: Buffer): number[] | undefined {
  if (!values.includes(UNKNOWN)) return [...values]
  const field = fieldOf(extra, ZIP64)
  if (field === undefined) return [...values]
  let at = 0
  const wide = values.map((value) => {
    if (value !== UNKNOWN) return value
    if (at + 8 > field.length) return Number.NaN
    at += 8
    return Number(field.readBigUInt64LE(at - 8))
  })
  return wide.every(Number.isSafeInteger) ? wide : undefined
}

function fieldOf(extra: Buffer, wanted: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (end > extra.length) return undefined
    if (extra.readUInt16LE(at) === wanted) return extra.subarray(at + 4, end)
    at = end
  }
  return undefined
}

export function foreign(message: string): KernelwireError {
  return new KernelwireError('ERR_RECORDING_FOREIGN', message)
}
