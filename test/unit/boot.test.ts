import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { thisBoot } from '../../lib/linux/boot.js'

let parent: string
let folder: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kernelwire-boot-'))
  folder = join(parent, 'run')
})

afterEach(async () => {
  await rm(parent, { recursive: true })
})

test('the first sensor of a boot says where its epoch is, and all later ones agree', async () => {
  const first = await thisBoot(1_700_000_000_000.123, folder)
  const second = await thisBoot(1_700_000_000_900, folder)
  expect(first.bootToEpochMs).toBe(1_700_000_000_000.123)
  expect(second).toEqual(first)
  expect(first).not.toHaveProperty('unshared')
})

test('sensors that start at the same moment agree', async () => {
  const offsets = Array.from({ length: 20 }, (_, index) => 1_700_000_000_000 + index)
  const boots = await Promise.all(offsets.map((offset) => thisBoot(offset, folder)))
  expect(new Set(boots.map(({ bootToEpochMs }) => bootToEpochMs)).size).toBe(1)
  expect(offsets).toContain(boots[0]!.bootToEpochMs)
  expect(await readdir(folder)).toHaveLength(1)
})

test('the boot is named as the kernel names it', async (ctx) => {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined)
  ctx.skip(id === undefined, 'this system has no boot id')
  expect((await thisBoot(1, folder)).id).toBe(id!.trim())
})

test.each([
  ['everyone', 0o777],
  ['a group', 0o775],
])('a folder that %s can write to is not believed', async (_, mode) => {
  await thisBoot(1_700_000_000_000, folder)
  await chmod(folder, mode)
  expect((await thisBoot(1_800_000_000_000, folder)).bootToEpochMs).toBe(1_800_000_000_000)
})

test('a link in place of the folder is not followed', async () => {
  const elsewhere = join(parent, 'elsewhere')
  await mkdir(elsewhere)
  await symlink(elsewhere, folder)
  expect((await thisBoot(1_800_000_000_000, folder)).bootToEpochMs).toBe(1_800_000_000_000)
  expect(await readdir(elsewhere)).toEqual([])
})

test('a folder of another user is not believed', async (ctx) => {
  ctx.skip(process.getuid?.() !== 0, 'needs root to give a folder away')
  const { chown } = await import('node:fs/promises')
  await thisBoot(1_700_000_000_000, folder)
  await chown(folder, 65_534, 65_534)
  expect((await thisBoot(1_800_000_000_000, folder)).bootToEpochMs).toBe(1_800_000_000_000)
})

test.each(['', 'soon\n', '-5\n', 'Infinity\n', 'NaN'])('a file that says %j is no offset', async (text) => {
  await thisBoot(1_700_000_000_000, folder)
  const [file] = await readdir(folder)
  await writeFile(join(folder, file!), text)
  expect((await thisBoot(1_800_000_000_000, folder)).bootToEpochMs).toBe(1_800_000_000_000)
})

test('where nothing can be written, a sensor goes by its own clock', async () => {
  const { bootToEpochMs } = await thisBoot(1_800_000_000_000, join(parent, 'no', 'such', 'folder'))
  expect(bootToEpochMs).toBe(1_800_000_000_000)
})

test('a sensor that agrees with no other one says why', async () => {
  const own = (folder: string) => thisBoot(1_800_000_000_000, folder).then(({ unshared }) => unshared)
  expect(await own(join(parent, 'no', 'such', 'folder'))).toContain('ENOENT')
  await mkdir(folder)
  await chmod(folder, 0o777)
  expect(await own(folder)).toBe(`others may write to ${folder}`)
  await chmod(folder, 0o755)
  await thisBoot(1_700_000_000_000, folder)
  const [file] = await readdir(folder)
  for (const text of ['soon', '1e300']) {
    await writeFile(join(folder, file!), text)
    expect(await own(folder)).toBe(`${join(folder, file!)} has no such offset`)
  }
})
