/**
 * What stays the same for as long as the machine runs: the boot's id, and one offset from
 * CLOCK_BOOTTIME to the epoch, on which the atoms of all sensors of this boot agree.
 *
 * The kernel keeps no such offset (btime in /proc/stat moves with the wall clock), so the first
 * sensor after a boot leaves one in /run, which is empty again at the next boot.
 */
import { link, lstat, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = '/run/kernelwire'

/** A clock that was set says other things, but none beyond the year 10000. */
const OFFSET_MAX_MS = 253_402_300_800_000

export interface Boot {
  id: string
  bootToEpochMs: number
  /** Why other sensors may have another offset; absent where they have this one. */
  unshared?: string
}

export async function thisBoot(bootToEpochMs: number, folder = FOLDER): Promise<Boot> {
  const id = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim()
  const path = join(folder, `clock-${id}`)
  return agreedOffset(path, folder, bootToEpochMs).then(
    (agreed) => ({ id, bootToEpochMs: agreed }),
    (reason: Error) => ({ id, bootToEpochMs, unshared: reason.message }),
  )
}

/** The first one to link its file there is the one whose offset counts. Throws an Error that says why there is none. */
async function agreedOffset(path: string, folder: string, mine: number): Promise<number> {
  let obstacle: Error | undefined
  const keep = (error: Error) => {
    obstacle ??= error
  }
  await mkdir(folder, { mode: 0o755 }).catch(() => {})
  if (!(await isOurs(folder))) throw new Error(`others may write to ${folder}`)
  const draft = `${path}.${process.pid}.${Math.floor(performance.now() * 1e6)}`
  // Where one is there already, link() fails, and the draft is for nothing.
  await writeFile(draft, `${mine}\n`, { mode: 0o644, flag: 'wx' }).then(() => link(draft, path).catch(() => {}), keep)
  await unlink(draft).catch(() => {})
  const offset = Number(
    await readFile(path, 'utf8').catch((error) => {
      throw obstacle ?? error
    }),
  )
  if (offset > 0 && offset < OFFSET_MAX_MS) return offset
  throw new Error(`${path} has no such offset`)
}

/** Nobody but root, or this user, could have put a file there. */
async function isOurs(folder: string): Promise<boolean> {
  const { uid, mode } = await lstat(folder)
  return (uid === 0 || uid === process.getuid?.()) && (mode & 0o022) === 0
}
