/** A named pipe from its record (native/record.h, struct pipe_record), into the stream. */
import { isUtf8 } from 'node:buffer'
import { posix } from 'node:path'
import type { Acts, PathExtras } from '../../acts.js'
import type { ProcessImage } from '../../process/image.js'
import { cutPath, PLACE, placedPath } from '../../process/path.js'
import type { Records } from '../../records.js'
import { FLAG, HEADER, PIPE, TYPE } from './layout.js'

/** False for a record that makes no sense. */
export function isPipe(records: Records, at: number): boolean {
  const length = records.length(at)
  if (length < PIPE.SIZE) return false
  const path = records.u16[(at + PIPE.path_length) >>> 1]!
  const isThere = records.u32[(at + PIPE.path_bytes) >>> 2]! > 0
  return isThere && PIPE.SIZE + path + records.u16[(at + PIPE.name_length) >>> 1]! <= length
}

/** `image`: of the process that did it, announced. `time`: of the record. */
export function tellPipe(
  records: Records,
  at: number,
  pid: number,
  image: ProcessImage | undefined,
  time: number,
  acts: Acts,
  isExtended: boolean,
): void {
  const pathLength = records.u16[(at + PIPE.path_length) >>> 1]!
  const nameLength = records.u16[(at + PIPE.name_length) >>> 1]!
  const start = at + PIPE.SIZE
  const folder = records.text(start, start + pathLength)
  const name = nameLength === 0 ? undefined : records.text(start + pathLength, start + pathLength + nameLength)
  const flags = records.u8[at + HEADER.flags]!
  // Where a name goes on from a folder: without looking, so that links stay what they are.
  const path = placed(records, at, name === undefined ? folder : posix.join(folder, name), pathLength)
  acts.pipe(
    (flags & FLAG.NEW) === 0 ? 'OPEN_NAMED_PIPE' : 'NEW_NAMED_PIPE',
    image,
    pid,
    (flags & FLAG.DELETED) === 0 ? path : `${path} (deleted)`,
    time,
    TYPE.PIPE,
    extrasOf(records, at, pathLength, nameLength, isExtended),
  )
}

function placed(records: Records, at: number, path: string, pathLength: number): string {
  const place = records.u8[at + PIPE.path_place]!
  const bytes = records.u32[(at + PIPE.path_bytes) >>> 2]!
  if (place <= PLACE.OWN && bytes === pathLength) return path
  return placedPath(path, place, records.u32[(at + PIPE.mount_namespace) >>> 2]!, bytes, pathLength)
}

function extrasOf(
  records: Records,
  at: number,
  pathLength: number,
  nameLength: number,
  isExtended: boolean,
): PathExtras | undefined {
  const total = records.u32[(at + PIPE.path_bytes) >>> 2]!
  const whole = cutPath(records.u8[at + PIPE.path_place]!, total, pathLength)
  const start = at + PIPE.SIZE
  const bytes = records.u8.subarray(start, start + pathLength + nameLength)
  const isExact = !isExtended || isUtf8(bytes)
  if (whole === undefined && isExact) return undefined
  return {
    truncated: whole === undefined ? undefined : Object.freeze({ FILE_PATH: whole + nameLength }),
    rawBytes: isExact ? undefined : Object.freeze({ FILE_PATH: rawPath(bytes, pathLength) }),
  }
}

/** Byte for byte a character, so that it can be joined like one that is text. */
function rawPath(bytes: Buffer, pathLength: number): string {
  const folder = bytes.toString('latin1', 0, pathLength)
  const path = pathLength === bytes.length ? folder : posix.join(folder, bytes.toString('latin1', pathLength))
  return Buffer.from(path, 'latin1').toString('base64')
}
