import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Users } from '../../lib/process/users.js'

let folder: string
let passwd: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kernelwire-users-'))
  passwd = join(folder, 'passwd')
  await writeFile(passwd, 'root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\n')
  vi.useFakeTimers({ toFake: ['performance'] })
})

afterEach(async () => {
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})

const later = (ms: number) => vi.advanceTimersByTime(ms)
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a user of the passwd file has a name at once', async () => {
  const users = await Users.open(passwd)
  expect(users.name(0)).toBe('root')
  expect(users.name(1000)).toBe('anna')
  expect(users.name(7)).toBeUndefined()
})

test('of two entries for one user id, the first one counts', async () => {
  await writeFile(passwd, 'root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n')
  expect((await Users.open(passwd)).name(0)).toBe('root')
})

test('lines that are no entries are passed over', async () => {
  await writeFile(passwd, '# users\n\n+::::::\n-bob:x:5:5::/:\nbad:x:abc:1::/:\nshort\nanna:x:1000:1000::/:/bin/sh')
  const users = await Users.open(passwd)
  expect(users.name(1000)).toBe('anna')
  expect(users.name(5)).toBeUndefined()
  expect(users.name(0)).toBeUndefined()
})

test('a user that was added, as useradd does it, has a name after a second', async () => {
  const users = await Users.open(passwd)
  await writeFile(`${passwd}+`, 'root:x:0:0::/:/bin/sh\nberta:x:1001:1001::/:/bin/sh\n')
  await rename(`${passwd}+`, passwd)
  expect(users.name(1001)).toBeUndefined()
  later(1_000)
  users.name(1001)
  await vi.waitFor(() => expect(users.name(1001)).toBe('berta'))
  expect(users.name(1000)).toBeUndefined()
})

test('while the file is gone, the names that were known stay', async () => {
  const users = await Users.open(passwd)
  await rm(passwd)
  later(1_000)
  users.name(1000)
  await settled()
  await settled()
  expect(users.name(1000)).toBe('anna')
})

test('a machine without passwd file has no names and no error', async () => {
  expect((await Users.open(join(folder, 'none'))).name(0)).toBeUndefined()
})

test('a user whom passwd lacks is looked up once, and known from then on', async () => {
  const lookup = vi.fn(async (uid: number) => `ldap${uid}`)
  const users = await Users.open(passwd, lookup)
  expect(users.name(5000)).toBeUndefined()
  expect(users.name(5000)).toBeUndefined()
  await settled()
  expect(users.name(5000)).toBe('ldap5000')
  expect(users.name(1000)).toBe('anna')
  expect(lookup.mock.calls).toEqual([[5000]])
})

test('a user whom nobody knows is asked for again after a minute, not before', async () => {
  const lookup = vi.fn(async (): Promise<string | undefined> => undefined)
  const users = await Users.open(passwd, lookup)
  users.name(5000)
  await settled()
  later(59_000)
  users.name(5000)
  await settled()
  expect(lookup).toHaveBeenCalledTimes(1)
  later(1_001)
  lookup.mockResolvedValue('new')
  users.name(5000)
  await settled()
  expect(lookup).toHaveBeenCalledTimes(2)
  expect(users.name(5000)).toBe('new')
})

test('an answer that grew old is still given while it is asked for again', async () => {
  let name = 'before'
  const users = await Users.open(passwd, async () => name)
  users.name(5000)
  await settled()
  name = 'after'
  later(600_001)
  expect(users.name(5000)).toBe('before')
  await settled()
  expect(users.name(5000)).toBe('after')
})

test('a look-up that fails is a user whom nobody knows', async () => {
  const users = await Users.open(passwd, () => Promise.reject(new Error('timeout')))
  users.name(5000)
  await settled()
  expect(users.name(5000)).toBeUndefined()
})

test('look-ups wait in a bounded queue, one is made at a time, and those that did not fit are counted', async () => {
  let atOnce = 0
  let most = 0
  const lookup = vi.fn(async (uid: number) => {
    most = Math.max(most, ++atOnce)
    await Promise.resolve()
    atOnce--
    return `user${uid}`
  })
  const users = await Users.open(passwd, lookup)
  for (let uid = 10_000; uid < 10_300; uid++) users.name(uid)
  expect(users.dropped).toBe(300 - 256)
  await vi.waitFor(() => expect(lookup).toHaveBeenCalledTimes(256))
  expect(most).toBe(1)
  expect(users.name(10_000)).toBe('user10000')
})

test('after close() nothing is looked up any more', async () => {
  const lookup = vi.fn(async () => 'x')
  const users = await Users.open(passwd, lookup)
  users.close()
  users.name(5000)
  await settled()
  expect(lookup).not.toHaveBeenCalled()
})
