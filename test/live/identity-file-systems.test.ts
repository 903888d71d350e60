/**
 * CODE_IDENTITY of files on several file systems, some of which are gone, replaced or in a container
 * that has ended before the sensor reads anything: it is in this process, and all that a test does
 * between two awaits is done before the sensor's next look.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { isEvent } from '../../lib/events/index.js'
import { FILE_SYSTEMS, folderOn, layers } from './file-system.js'
import { collecting, copyOf, identityOf, sha256 } from './identity.js'
import { library, program } from './programs.js'
import { Collected } from './sensor.js'

const NOT_FOUND = 2
const CHANGED = 1006

test.each(FILE_SYSTEMS)('a program has its hash; one that is gone or replaced has an ERROR: %s', async (kind) => {
  const folder = folderOn(kind)
  const tiny = program('tiny', 'bare')
  const [there, gone, replaced] = ['there', 'gone', 'replaced'].map((name) => copyOf(tiny, folder, name))
  const removed = copyOf('/bin/sleep', folder, 'removed')
  const hashes = [there!, removed].map(sha256)
  const collected = await collecting()
  const running = spawn(removed, ['100'])
  try {
    unlinkSync(removed)
    for (const path of [there!, gone!, replaced!]) spawnSync(path)
    unlinkSync(gone!)
    renameSync(copyOf('/bin/true', folder, 'other'), replaced!)

    expect((await identityOf(collected, there!)).event).toMatchObject({ ERROR: 0, HASH: hashes[0] })
    expect((await identityOf(collected, removed)).event).toMatchObject({ ERROR: 0, HASH: hashes[1] })
    for (const [path, error] of [[gone!, NOT_FOUND] as const, [replaced!, CHANGED] as const]) {
      const { event } = await identityOf(collected, path)
      expect(event).toMatchObject({ ERROR: error })
      expect(event).not.toHaveProperty('HASH')
    }
  } finally {
    running.kill()
    await collected.close()
  }
})

test.each(FILE_SYSTEMS)('a program of a container that is gone has its hash: %s', async (kind) => {
  const root = folderOn(kind)
  const path = '/bin/kernelwire-contained'
  mkdirSync(join(root, dirname(path)))
  const hash = sha256(copyOf(program('tiny', 'bare'), join(root, dirname(path)), 'kernelwire-contained'))
  const collected = await collecting()
  try {
    expect(spawnSync(program('contained'), [root, '0', path, path]).status).toBe(0)
    expect((await identityOf(collected, path)).event).toMatchObject({ ERROR: 0, HASH: hash })
  } finally {
    await collected.close()
  }
})

test('what is mapped from an overlay is the same file as when it is executed, and is told once with its hash', async () => {
  const folder = folderOn('overlay')
  const main = copyOf(program('map-file'), folder, 'main')
  const mapped = copyOf(library('library'), folder, 'library.so')
  const collected = await Collected.open({ events: ['NEW_PROCESS', 'CODE_IDENTITY', 'MODULE_LOAD'] })
  try {
    const { status, stderr } = spawnSync(main, [mapped], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    for (const path of [main, mapped]) {
      expect((await identityOf(collected, path)).event).toMatchObject({ ERROR: 0, HASH: sha256(path) })
    }
  } finally {
    await collected.close()
  }
  const told = collected.events.filter((record) => isEvent(record, 'CODE_IDENTITY'))
  const ofOverlay = told.map(({ event }) => event.FILE_PATH).filter((path) => path.startsWith(folder))
  expect(ofOverlay.sort()).toEqual([mapped, main].sort())
})

test('of a container whose file system is gone with it, no file of ours at the same path is hashed', async () => {
  const ours = copyOf(program('tiny', 'bare'), folderOn('the usual one'), 'program')
  const folder = dirname(ours)
  const options = layers()
  const collected = await collecting()
  try {
    const script = join(folder, 'script')
    writeFileSync(
      script,
      `set -e
      mkdir ${folder}/root
      mount -t overlay -o ${options} overlay ${folder}/root
      mkdir -p ${folder}/root${folder}
      cp ${ours} ${folder}/root${ours}
      printf theirs >> ${folder}/root${ours}
      exec ${program('contained')} ${folder}/root 0 ${ours} ${ours}`,
    )
    const { status, stderr } = spawnSync('unshare', ['--mount', 'sh', script], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    const { event } = await identityOf(collected, ours)
    expect(event).toMatchObject({ ERROR: NOT_FOUND })
    expect(event).not.toHaveProperty('HASH')
  } finally {
    await collected.close()
  }
})
