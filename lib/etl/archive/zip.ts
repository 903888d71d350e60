/** The recordings in a .zip: by its directory in a file, one after the other in a pipe. */
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { KernelwireError } from '../../errors.js'
import { ByteReader } from './byte-reader.js'
import type { ArchiveDefect } from './defects.js'
import { type Expanded, expanded, unreadable } from './expanded.js'
import { piecesFrom } from './file-pieces.js'
import type { Pieces } from './inflate.js'
import { type Directory, doOverlap, type Placed, place, RECORDINGS_MAX, readDirectory } from './zip-directory.js'
import { foreign, hasDescriptor, isRecording, refuseUnreadable } from './zip-entry.js'
import { contentOf, isEndless, nextEntry, sizedContentOf, skipEntry } from './zip-walk.js'

export interface Entry {
  name: string
  open: () => Expanded
}

/** Of an archive on disk. */
export async function zipEntries(path: string): Promise<Entry[]> {
  const file = await open(path, 'r')
  try {
    const directory = await readDirectory(file)
    for (const entry of directory?.recordings ?? []) refuseUnreadable(path, entry)
    const isSound = directory !== undefined && (await place(file, directory))
    const { recordings, archives } = isSound ? directory : await walk(file, path)
    if (recordings.length === 0) throw nothingIn(path, archives)
    if (recordings.length > RECORDINGS_MAX) {
      throw foreign(`${path} has more than ${RECORDINGS_MAX} recordings; unpack those you want`)
    }
    if (doOverlap(recordings)) throw unreadable(path, 'its entries overlap, as those of no real archive do')
    // What is wrong with the archive as a whole counts once.
    return recordings.map((entry, index) => entryOf(path, entry, isSound || index > 0 ? undefined : 'archiveDirectory'))
  } catch (cause) {
    throw cause instanceof KernelwireError ? cause : unreadable(path, (cause as Error).message)
  } finally {
    await file.close()
  }
}

function entryOf(path: string, entry: Placed, before: ArchiveDefect | undefined): Entry {
  const read = () => {
    let packed: ByteReader | undefined
    async function* content(): Pieces {
      const file = await open(path, 'r')
      try {
        packed = new ByteReader(piecesFrom(file, entry.at))
        return yield* before === undefined ? sizedContentOf(packed, entry) : contentOf(packed, entry)
      } finally {
        await file.close()
      }
    }
    return expanded({ content: content(), path, packedBytes: () => packed!.position, before })
  }
  return { name: entry.name, open: read }
}

/** Where there is no directory to go by. */
async function walk(file: FileHandle, path: string): Promise<Omit<Directory, 'at'>> {
  const packed = new ByteReader(piecesFrom(file, 0))
  const recordings: Placed[] = []
  while (recordings.length <= RECORDINGS_MAX) {
    const headerAt = packed.position
    const entry = await nextEntry(packed)
    if ('end' in entry) break
    if (isRecording(entry.name)) {
      refuseUnreadable(path, entry)
      recordings.push({ ...entry, headerAt, at: packed.position })
    }
    if (isEndless(entry)) {
      throw unreadable(path, `its directory is missing or wrong, and without it nothing says where ${entry.name} ends`)
    }
    if ((await skipEntry(packed, entry)) !== undefined) break
  }
  return { recordings, archives: 0 }
}

/** Of a pipe: of several, the second one could not wait for the first. */
export function zipInPipe(stream: Readable, path: string): Expanded {
  const packed = new ByteReader(stream)
  return expanded({ content: onlyEntry(packed, path), path, packedBytes: () => packed.position, stream })
}

async function* onlyEntry(packed: ByteReader, path: string): Pieces {
  let found = 0
  let defect: ArchiveDefect | undefined
  for (;;) {
    const entry = await nextEntry(packed)
    if ('end' in entry) {
      defect ??= entry.end
      break
    }
    if (isEndless(entry)) {
      throw unreadable(
        path,
        `nothing in a pipe says where ${entry.name} ends, whose size stands behind it; give the archive as a file`,
      )
    }
    if (!isRecording(entry.name)) {
      defect ??= await skipEntry(packed, entry)
      if (defect !== undefined) break
      continue
    }
    if (found++ > 0) {
      throw unreadable(path, 'the archive has several recordings; name the archive as a file to have them all')
    }
    refuseUnreadable(path, entry)
    defect = yield* contentOf(packed, entry)
    if (defect === 'archiveCut' || (defect === 'archiveData' && hasDescriptor(entry))) break
  }
  // The writer is let write to its end.
  await packed.skip(Number.POSITIVE_INFINITY)
  if (found === 0) throw nothingIn(path, 0)
  return defect
}

function nothingIn(path: string, archives: number): KernelwireError {
  if (archives === 0) return foreign(`${path} is an archive with no .etl in it`)
  return foreign(`${path} is an archive with no .etl in it, but other archives; unpack it first`)
}
