/** A fork: a new process with its creator's image. Whether it is an event of its own, its exec decides. */
import { ProcessImage } from '../../process/image.js'
import type { ProcessTable } from '../../process/table.js'
import type { Records } from '../../records.js'
import type { Context } from './context.js'
import { decodeDetails, detailsStrings } from './details.js'
import { DETAILS, FLAG, FORK, HEADER, PARENT } from './layout.js'

/** Undefined for a record that makes no sense. */
export function decodeFork(
  records: Records,
  at: number,
  bootMs: number,
  context: Context,
  processes: ProcessTable,
): ProcessImage | undefined {
  const flags = records.u8[at + HEADER.flags]!
  const hasDetails = (flags & FLAG.DETAILS) !== 0
  const length = records.length(at)
  if (length < FORK.SIZE + (hasDetails ? DETAILS.SIZE : 0)) return undefined
  if (hasDetails && length < FORK.SIZE + DETAILS.SIZE + detailsStrings(records, at + FORK.SIZE)) return undefined

  const { u32 } = records
  const word = at >>> 2
  const pid = u32[word + (HEADER.pid >> 2)]!
  const execId = u32[word + (HEADER.exec_id >> 2)]!
  const startLow = u32[word + (HEADER.start_boot_ns >> 2)]!
  const startHigh = u32[word + (HEADER.start_boot_ns >> 2) + 1]!
  const parentPid = u32[word + (PARENT.pid >> 2)]!
  const image = new ProcessImage(pid, execId, startLow, startHigh, bootMs, parentPid)

  image.time = context.clock.epochMs(bootMs)
  image.memoryBytes = u32[word + (FORK.resident_pages >> 2)]! * context.pageBytes
  image.threads = 1
  image.userId = u32[word + (FORK.uid >> 2)]!
  image.userName = (flags & FLAG.FOREIGN_USER) !== 0 ? undefined : context.users.name(image.userId)
  if (hasDetails) image.details = decodeDetails(records, at + FORK.SIZE, at + FORK.SIZE + DETAILS.SIZE)

  const creatorPid = u32[word + (FORK.creator_pid >> 2)]!
  image.parent = parentOf(records, at, processes)
  const creator = creatorPid === parentPid ? image.parent : processes.ofPid(creatorPid)
  if (creator?.runs(execId)) inherit(image, creator)
  return image
}

/** The parent as the image that it was then; one that was never announced is not claimed. */
export function parentOf(records: Records, at: number, processes: ProcessTable): ProcessImage | undefined {
  const word = at >>> 2
  const pid = records.u32[word + (PARENT.pid >> 2)]!
  const startLow = records.u32[word + (PARENT.start_boot_ns >> 2)]!
  const startHigh = records.u32[word + (PARENT.start_boot_ns >> 2) + 1]!
  const parent = processes.find(pid, startLow, startHigh)
  return parent?.runs(records.u32[word + (PARENT.exec_id >> 2)]!) ? parent : undefined
}

function inherit(image: ProcessImage, creator: ProcessImage): void {
  image.path = creator.path
  image.commandLine = creator.commandLine
  image.baseAddress = creator.baseAddress
  image.file = creator.file
  image.pathNamespace = creator.pathNamespace
  image.truncated = creator.truncated
  image.rawBytes = creator.rawBytes
  image.isInSubtree = creator.isInSubtree
  if (image.details !== undefined) image.details.ARGUMENTS = creator.details?.ARGUMENTS
}
