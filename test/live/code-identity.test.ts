/** CODE_IDENTITY of real programs, against what node:crypto makes of their files. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isEvent } from '../../lib/events/index.js'
import { collecting, copyOf, identityOf, sha256 } from './identity.js'
import { program } from './programs.js'
import { Collected, until } from './sensor.js'
import { temporaryFolder } from './temporary.js'

test('of 200 programs that end at once, each has its hash or an ERROR, and at least 95 % the hash', async () => {
  const folder = temporaryFolder()
  const tiny = program('tiny', 'bare')
  const paths = Array.from({ length: 200 }, (_, i) => copyOf(tiny, folder, `program-${i}`))
  const collected = await collecting()
  try {
    for (const path of paths) spawnSync(path)
    const identities = []
    for (const path of paths) identities.push(await identityOf(collected, path))
    const hashed = identities.filter(({ event }) => event.ERROR === 0)
    console.log(`hashed: ${hashed.length} of ${paths.length}`)
    for (const { event } of hashed) expect(event.HASH).toBe(sha256(event.FILE_PATH))
    for (const { event } of identities) if (event.ERROR !== 0) expect(event.HASH).toBeUndefined()
    expect(hashed.length).toBeGreaterThanOrEqual(0.95 * paths.length)
  } finally {
    await collected.sensor.close()
  }
})

test.each([
  ['removed', (path: string) => unlinkSync(path)],
  ['replaced', (path: string, other: string) => renameSync(other, path)],
  ['renamed', (path: string) => renameSync(path, `${path}.old`)],
])('a program whose file is %s while it runs has the hash of what runs', async (_, act) => {
  const folder = temporaryFolder()
  const path = copyOf('/bin/sleep', folder, 'program')
  const other = copyOf('/bin/true', folder, 'other')
  const hash = sha256(path)
  const collected = await collecting()
  const child = spawn(path, ['100'])
  try {
    await once(child, 'spawn')
    act(path, other)
    expect((await identityOf(collected, path)).event).toMatchObject({ ERROR: 0, HASH: hash })
  } finally {
    child.kill()
    await collected.sensor.close()
  }
})

test.each(['/dev/shm', '/tmp'])(
  'a program that is replaced when it has ended is hashed before, or not at all: %s',
  async (where) => {
    const folder = mkdtempSync(join(where, 'kernelwire-live-'))
    const paths = Array.from({ length: 20 }, (_, i) => copyOf(program('tiny', 'bare'), folder, `program-${i}`))
    const hashes = paths.map(sha256)
    const collected = await collecting()
    try {
      for (const path of paths) {
        spawnSync(path)
        renameSync(copyOf('/bin/true', folder, 'other'), path)
      }
      for (const [i, path] of paths.entries()) {
        const { event } = await identityOf(collected, path)
        if (event.ERROR === 0) expect(event.HASH).toBe(hashes[i])
        else expect([2, 1006]).toContain(event.ERROR)
      }
    } finally {
      await collected.sensor.close()
      rmSync(folder, { recursive: true })
    }
  },
)

test.each(['/tmp', '/dev/shm'])(
  'a program that is another one within the same tick of the clock never has the hash of that: %s',
  async (where) => {
    const folder = mkdtempSync(join(where, 'kernelwire-live-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const tiny = readFileSync(program('tiny', 'bare'))
    const [first, second] = ['A', 'B'].map((name) => {
      const path = join(folder, name)
      writeFileSync(path, Buffer.concat([tiny, Buffer.from(name)]))
      return path
    })
    const collected = await collecting()
    try {
      const hash = sha256(first!)
      const path = join(folder, 'swapped')
      expect(spawnSync(program('swap'), [first!, second!, path, '40']).status).toBe(0)
      for (let i = 0; i < 40; i++) {
        const { event } = await identityOf(collected, `${path}.${i}`)
        if (event.ERROR === 0) expect(event.HASH).toBe(hash)
        else expect(event).toMatchObject({ ERROR: 1006 })
      }
    } finally {
      await collected.sensor.close()
    }
  },
)

test('a program in memory only has its hash while it runs', async () => {
  const collected = await collecting()
  const child = spawn('/usr/bin/python3', [
    '-c',
    'import os;f=os.memfd_create("kernelwire-test");os.write(f,open("/bin/sleep","rb").read());os.execve(f,["sleep","100"],{})',
  ])
  try {
    const { event } = await identityOf(collected, '/memfd:kernelwire-test (deleted)')
    expect(event).toMatchObject({ ERROR: 0, HASH: sha256('/bin/sleep') })
  } finally {
    child.kill()
    await collected.sensor.close()
  }
})

test('with MODULE_LOAD, libraries are told too, and once known their HASH is on the next load', async () => {
  const collected = await Collected.open({ events: ['NEW_PROCESS', 'MODULE_LOAD', 'CODE_IDENTITY'] })
  try {
    const loads = (pid: number) =>
      collected.events
        .filter((record) => isEvent(record, 'MODULE_LOAD'))
        .filter(({ event }) => event.PROCESS_ID === pid)
    const first = spawnSync('/bin/ls').pid
    await until(() => loads(first).length > 2, 'the modules of the first are told')
    const paths = loads(first).map(({ event }) => event.FILE_PATH!)
    const told = () =>
      collected.events.flatMap((record) => (isEvent(record, 'CODE_IDENTITY') ? [record.event.FILE_PATH] : []))
    await until(() => paths.every((path) => told().includes(path)), 'each of them has an identity')

    const second = spawnSync('/bin/ls').pid
    await until(() => loads(second).length >= paths.length, 'the modules of the second are told')
    for (const { event } of loads(second)) expect(event.HASH).toBe(sha256(event.FILE_PATH!))
  } finally {
    await collected.sensor.close()
  }
})
