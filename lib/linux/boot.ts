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

export interface Boot {
  id: string
  bootToEpochMs: number
}

export async function thisBoot(bootToEpochMs: number, folder = FOLDER): Promise<Boot> {
  const id = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim()
  const agreed = await agreedOffset(join(folder, `clock-${id}`), folder, bootToEpochMs).catch(() => undefined)
  return { id, bootToEpochMs: agreed ?? bootToEpochMs }
}

/** The first one to link its file there is the one whose offset counts. */
async function agreedOffset(path: string, folder: string, mine: number): Promise<number | undefined> {
  await mkdir(folder, { mode: 0o755 }).catch(() => {})
  if (!(await isOurs(folder))) return undefined
  const draft = `${path}.${process.pid}.${Math.floor(performance.now() * 1e6)}`
  await writeFile(draft, `${mine}\n`, { mode: 0o644, flag: 'wx' }).then(
    () => link(draft, path).catch(() => {}),
    () => {},
  )
  await unlink(draft).catch(() => {})
  const offset = Number((await readFile(path, 'utf8')).trim())
  return Number.isFinite(offset) && offset > 0 ? offset : undefined
}

/** Nobody but root, or this user, could have put a file there. */
async function isOurs(folder: string): Promise<boolean> {
  const { uid, mode } = await lstat(folder)
  return (uid === 0 || uid === process.getuid?.()) && (mode & 0o022) === 0
}
