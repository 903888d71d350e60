/** File systems of the running test's own, unmounted behind it. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

export const FILE_SYSTEMS = ['the usual one', 'tmpfs', 'overlay', 'btrfs'] as const

export type FileSystem = (typeof FILE_SYSTEMS)[number]

/** The smallest that mkfs.btrfs makes without asking for another layout. */
const BTRFS_BYTES = 128 << 20

/** An empty folder on a file system of this kind. Skips the test where it cannot be mounted. */
export function folderOn(kind: FileSystem): string {
  if (kind === 'the usual one') return temporaryFolder()
  const point = pointFor()
  if (kind === 'tmpfs') mount(point, ['-t', 'tmpfs', 'tmpfs'])
  else if (kind === 'overlay') mount(point, ['-t', 'overlay', '-o', layers(), 'overlay'])
  else mount(point, ['-t', 'btrfs', '-o', 'loop', btrfsImage()])
  return point
}

/** What `mount -o` takes for an overlay: all three layers on a file system that may be one's upper layer. */
export function layers(): string {
  const base = pointFor()
  mount(base, ['-t', 'tmpfs', 'tmpfs'])
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(base, name))
  for (const folder of [lower!, upper!, work!]) mkdirSync(folder)
  return `lowerdir=${lower},upperdir=${upper},workdir=${work}`
}

function btrfsImage(): string {
  const image = join(temporaryFolder(), 'image')
  writeFileSync(image, '')
  truncateSync(image, BTRFS_BYTES)
  const { status, error, stderr } = spawnSync('mkfs.btrfs', ['-q', image], { encoding: 'utf8', env: withSbin() })
  if (error !== undefined) cannotRun(`no mkfs.btrfs: ${error.message}`)
  if (status !== 0) cannotRun(`mkfs.btrfs: ${stderr.trim()}`)
  return image
}

/** Not among the temporary folders: nothing may remove what is below while it is mounted. */
function pointFor(): string {
  return mkdtempSync('/run/kernelwire-live-')
}

function mount(point: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync('mount', [...args, point], { encoding: 'utf8', env: withSbin() })
  if (error !== undefined || status !== 0) cannotRun(`mount ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
  onTestFinished(() => {
    // What a sensor still has open goes when it is closed.
    spawnSync('umount', ['--lazy', point])
    spawnSync('rmdir', [point])
  })
}

function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
}
