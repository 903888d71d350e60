/** An image from an exec record or from a row of the snapshot: both are struct image_record. */
import { ProcessImage } from '../../process/image.js'
import { cutPath, ownNamespace, PLACE, placedPath } from '../../process/path.js'
import type { Records } from '../../records.js'
import type { Block } from './blocks.js'
import type { Context } from './context.js'
import { decodeDetails, detailsStrings } from './details.js'
import { KNOWN_BYTES_MAX, KnownTexts, withoutLastNul, withSpaces } from './known-texts.js'
import { DETAILS, FILE, FLAG, HEADER, IMAGE, PARENT } from './layout.js'
import { exactBytes, withExact, withLength } from './texts.js'

/** Where the variable parts of an image record lie. */
interface Extent {
  details: number
  path: number
  pathEnd: number
  arguments: number
  argumentsEnd: number
}

export class ImageDecoder {
  readonly #context: Context
  readonly #texts = new KnownTexts()

  constructor(context: Context) {
    this.#context = context
  }

  /**
   * Undefined for a record that makes no sense. `block`: the arguments, where they came ahead of it.
   * `fork`: the image of a fork that this one takes the place of, untold: the same object, filled anew.
   */
  decode(
    records: Records,
    at: number,
    bootMs: number,
    block: Block | undefined,
    fork: ProcessImage | undefined,
  ): ProcessImage | undefined {
    const extent = extentOf(records, at)
    if (extent === undefined) return undefined

    const { clock, users, pageBytes, files } = this.#context
    const { u32 } = records
    const word = at >>> 2
    const flags = records.u8[at + HEADER.flags]!
    const image = fork === undefined ? newImage(records, at) : fork.execute()

    image.execId = u32[word + (HEADER.exec_id >> 2)]!
    image.bootMs = bootMs
    image.time = clock.epochMs(bootMs)
    image.isCoarse = (flags & FLAG.COARSE_START) !== 0
    image.isZombie = (flags & FLAG.ZOMBIE) !== 0
    image.baseAddress = records.u64(at + IMAGE.base_address)
    image.memoryBytes = u32[word + (IMAGE.resident_pages >> 2)]! * pageBytes
    image.threads = u32[word + (IMAGE.threads >> 2)]!
    image.userId = u32[word + (IMAGE.uid >> 2)]!
    image.userName = (flags & FLAG.FOREIGN_USER) !== 0 ? undefined : users.name(image.userId)
    image.file = files?.at(records, at + IMAGE.file, image.time)
    image.pathNamespace = ownNamespace(records.u8[at + IMAGE.path_place]!, pathNamespaceAt(records, at))
    if ((flags & FLAG.DETAILS) !== 0) image.details = decodeDetails(records, extent.details, extent.pathEnd)
    this.#putTexts(image, records, at, extent, block)
    return image
  }

  #putTexts(image: ProcessImage, records: Records, at: number, extent: Extent, block: Block | undefined): void {
    const { path, pathEnd, argumentsEnd } = extent
    const flags = records.u8[at + HEADER.flags]!
    const pathBytes = records.u32[(at + IMAGE.path_bytes) >>> 2]!
    const argumentsBytes = records.u32[(at + IMAGE.arguments_bytes) >>> 2]!
    const isPlain = (flags & (FLAG.DETAILS | FLAG.DELETED)) === 0 && records.u8[at + IMAGE.path_place]! <= PLACE.OWN
    const isWhole = pathBytes === pathEnd - path && argumentsBytes === argumentsEnd - pathEnd
    if (isPlain && isWhole && pathBytes > 0 && argumentsBytes > 0 && argumentsEnd - path <= KNOWN_BYTES_MAX) {
      const texts = this.#texts.of(records, path, pathEnd, argumentsEnd)
      image.path = texts.path
      image.commandLine = texts.commandLine
    } else {
      putPath(image, records, at, extent, pathBytes)
      putArguments(image, records, extent, argumentsBytes, block)
    }
  }
}

function newImage({ u32 }: Records, at: number): ProcessImage {
  const word = at >>> 2
  const startLow = u32[word + (HEADER.start_boot_ns >> 2)]!
  const startHigh = u32[word + (HEADER.start_boot_ns >> 2) + 1]!
  const parentPid = u32[word + (PARENT.pid >> 2)]!
  return new ProcessImage(u32[word + (HEADER.pid >> 2)]!, 0, startLow, startHigh, 0, parentPid)
}

function extentOf(records: Records, at: number): Extent | undefined {
  const end = at + records.length(at)
  if (end < at + IMAGE.SIZE) return undefined
  const hasDetails = (records.u8[at + HEADER.flags]! & FLAG.DETAILS) !== 0
  const details = at + IMAGE.SIZE
  const path = details + (hasDetails ? DETAILS.SIZE : 0)
  if (path > end) return undefined
  const pathEnd = path + records.u16[(at + IMAGE.path_length) >>> 1]!
  const strings = pathEnd + (hasDetails ? detailsStrings(records, details) : 0)
  const argumentsEnd = strings + records.u16[(at + IMAGE.arguments_length) >>> 1]!
  return argumentsEnd > end ? undefined : { details, path, pathEnd, arguments: strings, argumentsEnd }
}

function pathNamespaceAt({ u32 }: Records, at: number): number {
  return u32[(at + IMAGE.file + FILE.mount_namespace) >>> 2]!
}

function putPath(image: ProcessImage, records: Records, at: number, extent: Extent, wholeBytes: number): void {
  const { path, pathEnd } = extent
  if (wholeBytes === 0) return
  const place = records.u8[at + IMAGE.path_place]!
  const isDeleted = (records.u8[at + HEADER.flags]! & FLAG.DELETED) !== 0
  const text = records.text(path, pathEnd)
  const placed = placedPath(text, place, pathNamespaceAt(records, at), wholeBytes, pathEnd - path)
  image.path = isDeleted ? `${placed} (deleted)` : placed
  const cutBytes = cutPath(place, wholeBytes, pathEnd - path)
  if (cutBytes !== undefined) cut(image, 'FILE_PATH', cutBytes)
  keepRaw(image, 'FILE_PATH', text, records.u8, path, pathEnd)
}

function putArguments(
  image: ProcessImage,
  records: Records,
  extent: Extent,
  wholeBytes: number,
  block: Block | undefined,
): void {
  const { arguments: start, argumentsEnd: end } = extent
  const here = end - start
  if (block !== undefined && block.bytes.length === wholeBytes) {
    records.u8.copy(block.bytes, 0, start, end)
    putCommandLine(image, block.bytes.utf8Slice(0, withoutLastNul(block.bytes, 0, wholeBytes)))
    keepRaw(image, 'COMMAND_LINE', image.commandLine!, block.bytes, 0, wholeBytes)
    return
  }
  if (here < wholeBytes) cut(image, 'COMMAND_LINE', wholeBytes)
  if (here === 0) return
  putCommandLine(image, records.text(start, here < wholeBytes ? end : withoutLastNul(records.u8, start, end)))
  keepRaw(image, 'COMMAND_LINE', image.commandLine!, records.u8, start, end)
}

/** `text`: the arguments with NULs between them. */
function putCommandLine(image: ProcessImage, text: string): void {
  image.commandLine = withSpaces(text)
  if (image.details !== undefined) image.details.ARGUMENTS = Object.freeze(text.split('\0'))
}

function cut(image: ProcessImage, field: string, wholeBytes: number): void {
  image.truncated = withLength(image.truncated, field, wholeBytes)
}

/** With `extended`, the exact bytes beside a text in which some were replaced. */
function keepRaw(image: ProcessImage, field: string, text: string, bytes: Buffer, start: number, end: number): void {
  if (image.details === undefined) return
  image.rawBytes = withExact(image.rawBytes, field, exactBytes(text, bytes, start, end))
}
