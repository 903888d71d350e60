/**
 * The bodies of NEW_PROCESS and EXISTING_PROCESS, and PARENT, from an image.
 *
 * The usual shapes are plain literals in final key order. Images of which less is known (kernel
 * threads, lost parents) or more is told (`extended`, cut values) are put together key by key, in
 * the same order: an unknown field is absent.
 */
import type { ExistingProcess, NestedProcess, NewProcess } from '../events/index.js'
import type { ProcessImage } from '../process/image.js'

type Body = NewProcess['event'] & ExistingProcess['event']

export function buildProcess(image: ProcessImage): Body {
  const { path, commandLine, baseAddress, memoryBytes, threads, userName, userId, parentObject } = image
  const isUsual =
    path !== undefined &&
    commandLine !== undefined &&
    baseAddress !== 0 &&
    userName !== undefined &&
    userId !== undefined &&
    parentObject !== undefined &&
    image.creationTime === undefined &&
    image.truncated === undefined &&
    image.details === undefined
  const hash = image.file?.hash
  if (!isUsual) return buildUnusual(image)
  if (hash !== undefined && memoryBytes === 0) {
    return {
      PROCESS_ID: image.pid,
      PARENT_PROCESS_ID: image.parentPid,
      FILE_PATH: path,
      COMMAND_LINE: commandLine,
      BASE_ADDRESS: baseAddress,
      THREADS: threads,
      USER_NAME: userName,
      USER_ID: userId,
      HASH: hash,
      TIMESTAMP: image.time,
      PARENT: parentObject,
    }
  }
  if (hash !== undefined) {
    return {
      PROCESS_ID: image.pid,
      PARENT_PROCESS_ID: image.parentPid,
      FILE_PATH: path,
      COMMAND_LINE: commandLine,
      BASE_ADDRESS: baseAddress,
      MEMORY_USAGE: memoryBytes,
      THREADS: threads,
      USER_NAME: userName,
      USER_ID: userId,
      HASH: hash,
      TIMESTAMP: image.time,
      PARENT: parentObject,
    }
  }
  if (memoryBytes === 0) {
    return {
      PROCESS_ID: image.pid,
      PARENT_PROCESS_ID: image.parentPid,
      FILE_PATH: path,
      COMMAND_LINE: commandLine,
      BASE_ADDRESS: baseAddress,
      THREADS: threads,
      USER_NAME: userName,
      USER_ID: userId,
      TIMESTAMP: image.time,
      PARENT: parentObject,
    }
  }
  return {
    PROCESS_ID: image.pid,
    PARENT_PROCESS_ID: image.parentPid,
    FILE_PATH: path,
    COMMAND_LINE: commandLine,
    BASE_ADDRESS: baseAddress,
    MEMORY_USAGE: memoryBytes,
    THREADS: threads,
    USER_NAME: userName,
    USER_ID: userId,
    TIMESTAMP: image.time,
    PARENT: parentObject,
  }
}

/**
 * This image as others carry it: its own event without PARENT, with its atoms. Made once, and once
 * more when its hash has become known.
 */
export function nestedProcess(image: ProcessImage): NestedProcess {
  if (image.nested === undefined || image.nested.HASH !== image.file?.hash) {
    image.nested = Object.freeze(buildNested(image))
  }
  return image.nested
}

type Draft = { -readonly [Key in keyof Body]?: Body[Key] } & {
  -readonly [Key in keyof NestedProcess]?: NestedProcess[Key]
}

function buildUnusual(image: ProcessImage): Body {
  const body: Draft = {}
  putFields(body, image)
  body.TIMESTAMP = image.time
  if (image.parentObject !== undefined) body.PARENT = image.parentObject
  const truncated = allTruncated(image)
  if (truncated !== undefined) body.TRUNCATED = truncated
  if (image.details !== undefined) putDetails(body, image)
  return body as Body
}

/** Of the details too. */
function allTruncated({ truncated, details }: ProcessImage): Record<string, number> | undefined {
  const ofDetails = details?.notes?.truncated
  return ofDetails === undefined ? truncated : Object.freeze({ ...truncated, ...ofDetails })
}

/** The exact bytes of all texts that are no UTF-8, with `extended`. */
export function allRawBytes({ rawBytes, details }: ProcessImage): Record<string, string> | undefined {
  const ofDetails = details?.notes?.rawBytes
  return ofDetails === undefined ? rawBytes : Object.freeze({ ...rawBytes, ...ofDetails })
}

function buildNested(image: ProcessImage): NestedProcess {
  const body: Draft = {}
  putFields(body, image)
  body.THIS_ATOM = image.atom
  if (image.parentAtom !== undefined) body.PARENT_ATOM = image.parentAtom
  body.TIMESTAMP = image.time
  if (image.truncated !== undefined) body.TRUNCATED = image.truncated
  return body as NestedProcess
}

function putFields(body: Draft, image: ProcessImage): void {
  body.PROCESS_ID = image.pid
  body.PARENT_PROCESS_ID = image.parentPid
  if (image.path !== undefined) body.FILE_PATH = image.path
  if (image.commandLine !== undefined) body.COMMAND_LINE = image.commandLine
  if (image.baseAddress !== 0) body.BASE_ADDRESS = image.baseAddress
  if (image.memoryBytes !== 0) body.MEMORY_USAGE = image.memoryBytes
  if (image.threads !== 0) body.THREADS = image.threads
  if (image.userName !== undefined) body.USER_NAME = image.userName
  if (image.userId !== undefined) body.USER_ID = image.userId
  const hash = image.file?.hash
  if (hash !== undefined) body.HASH = hash
  const signature = image.file?.result?.signature
  if (signature !== undefined) body.FILE_IS_SIGNED = signature.isSigned ? 1 : 0
  const originalFileName = image.file?.result?.originalFileName
  if (originalFileName !== undefined) body.ORIGINAL_FILE_NAME = originalFileName
  if (image.creationTime !== undefined) body.CREATION_TIME = image.creationTime
}

function putDetails(body: Draft, image: ProcessImage): void {
  const known: Draft = body
  for (const [name, value] of Object.entries(image.details!)) {
    if (value !== undefined && name !== 'notes') (known as Record<string, unknown>)[name] = value
  }
  if (image.previousAtom !== undefined) known.PREVIOUS_ATOM = image.previousAtom
}
