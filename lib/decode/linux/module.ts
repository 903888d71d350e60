/** A loaded module from its record (native/record.h, struct module_record), into the stream. */
import type { ProcessImage } from '../../process/image.js'
import type { ModuleExtras } from '../../process/module.js'
import { cutPath, PLACE, placedPath } from '../../process/path.js'
import type { Records } from '../../records.js'
import type { EventStream } from '../../stream.js'
import { FILE, FLAG, HEADER, MODULE, TYPE } from './layout.js'
import { exactBytes, withExact } from './texts.js'

const REPLACED = '\ufffd'

/** False for a record that makes no sense. */
export function isModule(records: Records, at: number): boolean {
  const length = records.length(at)
  return length >= MODULE.SIZE && MODULE.SIZE + records.u16[(at + MODULE.path_length) >>> 1]! <= length
}

/** `image`: of the process that loaded it, announced. `time`: of the record. */
export function tellModule(
  records: Records,
  at: number,
  image: ProcessImage | undefined,
  time: number,
  stream: EventStream,
): void {
  const start = at + MODULE.SIZE
  const end = start + records.u16[(at + MODULE.path_length) >>> 1]!
  const text = records.text(start, end)
  const flags = records.u8[at + HEADER.flags]!
  const place = records.u8[at + MODULE.path_place]!
  const bytes = records.u32[(at + MODULE.path_bytes) >>> 2]!
  const isOfKernel = (flags & FLAG.KERNEL_MODULE) !== 0
  const isPlain = place <= PLACE.OWN && bytes === end - start && (flags & (FLAG.DELETED | FLAG.KERNEL_MODULE)) === 0
  const isUsual = isPlain && bytes > 0 && !(stream.extended && text.includes(REPLACED))
  stream.module(
    image,
    records.u32[(at + HEADER.pid) >>> 2]!,
    isOfKernel ? undefined : isUsual ? text : pathOf(records, at, text, end - start),
    records.u64(at + MODULE.memory_size),
    records.u64(at + MODULE.base_address),
    time,
    isUsual ? undefined : extrasOf(records, at, text, isOfKernel, stream.extended),
    TYPE.MODULE,
    isOfKernel ? undefined : stream.identities?.files.at(records, at + MODULE.file, time),
  )
}

function pathOf(records: Records, at: number, text: string, hereBytes: number): string | undefined {
  const bytes = records.u32[(at + MODULE.path_bytes) >>> 2]!
  if (bytes === 0) return undefined
  const place = records.u8[at + MODULE.path_place]!
  const mountNamespace = records.u32[(at + MODULE.file + FILE.mount_namespace) >>> 2]!
  const path = placedPath(text, place, mountNamespace, bytes, hereBytes)
  return (records.u8[at + HEADER.flags]! & FLAG.DELETED) === 0 ? path : `${path} (deleted)`
}

/** A module of the kernel has a name, and other ones a path. */
function extrasOf(records: Records, at: number, text: string, isOfKernel: boolean, isExtended: boolean): ModuleExtras {
  const field = isOfKernel ? 'MODULE_NAME' : 'FILE_PATH'
  const start = at + MODULE.SIZE
  const end = start + records.u16[(at + MODULE.path_length) >>> 1]!
  const whole = cutPath(records.u8[at + MODULE.path_place]!, records.u32[(at + MODULE.path_bytes) >>> 2]!, end - start)
  const name = text.slice(text.lastIndexOf('/') + 1)
  return {
    name: name === '' ? undefined : name,
    truncated: whole === undefined ? undefined : Object.freeze({ [field]: whole }),
    rawBytes: isExtended ? rawBytesOf(records.u8, field, text, name, start, end) : undefined,
  }
}

function rawBytesOf(
  bytes: Buffer,
  field: string,
  text: string,
  name: string,
  start: number,
  end: number,
): Record<string, string> | undefined {
  const ofPath = withExact(undefined, field, exactBytes(text, bytes, start, end))
  const nameStart = bytes.subarray(start, end).lastIndexOf(0x2f) + 1
  return withExact(ofPath, 'MODULE_NAME', exactBytes(name, bytes, start + nameStart, end))
}
