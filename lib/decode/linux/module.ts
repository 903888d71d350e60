/** A loaded module from its record (native/record.h, struct module_record), into the stream. */
import { isUtf8 } from 'node:buffer'
import type { ProcessImage } from '../../process/image.js'
import type { ModuleExtras } from '../../process/module.js'
import type { Records } from '../../records.js'
import type { EventStream } from '../../stream.js'
import { FLAG, HEADER, MODULE, TYPE } from './layout.js'

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
  const text = start === end ? undefined : records.text(start, end)
  const flags = records.u8[at + HEADER.flags]!
  const isOfKernel = (flags & FLAG.KERNEL_MODULE) !== 0
  const isDeleted = (flags & FLAG.DELETED) !== 0 && text !== undefined
  const isCut = records.u32[(at + MODULE.path_bytes) >>> 2]! > end - start
  const isUsual = !isOfKernel && !isDeleted && !isCut && !(stream.extended && text?.includes(REPLACED))
  stream.module(
    image,
    records.u32[(at + HEADER.pid) >>> 2]!,
    isOfKernel ? undefined : isDeleted ? `${text} (deleted)` : text,
    records.u64(at + MODULE.memory_size),
    records.u64(at + MODULE.base_address),
    time,
    isUsual ? undefined : extrasOf(records, at, text, isOfKernel, isCut, stream.extended),
    TYPE.MODULE,
    isOfKernel ? undefined : stream.identities?.files.at(records, at + MODULE.file),
  )
}

/** A module of the kernel has a name, and other ones a path. */
function extrasOf(
  records: Records,
  at: number,
  text: string | undefined,
  isOfKernel: boolean,
  isCut: boolean,
  isExtended: boolean,
): ModuleExtras {
  const field = isOfKernel ? 'MODULE_NAME' : 'FILE_PATH'
  const start = at + MODULE.SIZE
  const bytes = records.u8.subarray(start, start + records.u16[(at + MODULE.path_length) >>> 1]!)
  return {
    name: isOfKernel ? text : text?.slice(text.lastIndexOf('/') + 1),
    truncated: isCut ? Object.freeze({ [field]: records.u32[(at + MODULE.path_bytes) >>> 2]! }) : undefined,
    rawBytes: isExtended && !isUtf8(bytes) ? Object.freeze({ [field]: bytes.toString('base64') }) : undefined,
  }
}
