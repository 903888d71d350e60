/** Filters: which images' events are delivered, played from raw records. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { validateFilter } from '../../lib/filter/options.js'
import type { ResolvedFilter } from '../../lib/filter/process-filter.js'
import { resolveFilter } from '../../lib/linux/filter.js'
import { atomOf, inShort, Playback } from './playback.js'
import { block, exec, exit, fork, type Image, type ImageParts, loaded, PLACE, row, terminated } from './record-bytes.js'

const SHELL: Image = { pid: 40, execId: 2, startMs: 1_000 }
const HOST = 4_026_531_832
const NAMESPACES = (mount: number, pid = 2) => [mount, pid, 3, 4, 5, 6, 7] as const

let atMs = 10_000
const next = () => ++atMs

/** A process that the shell started and that runs `path`, loads a library, and ends. */
function life(pid: number, path: string, parts: Parameters<typeof exec>[2] = {}): Uint8Array[] {
  const child: Image = { pid, execId: 2, startMs: next() }
  const image = { ...child, execId: 3 }
  const { details, uid } = parts
  const shared = { ...(details && { details }), ...(uid !== undefined && { uid }) }
  return [
    fork(child, SHELL, shared),
    exec(image, SHELL, { atMs: next(), path, arguments: `${path}\0`, ...parts }),
    loaded(image, { atMs: next(), path: '/usr/lib/libc.so.6' }),
    exit(image, { atMs: next() }),
  ]
}

const LIFE = (pid: number) => [`NEW ${pid}`, `MODULE_LOAD ${pid}`, `TERMINATE ${pid}`]

function playedWith(filter: ResolvedFilter, ...lives: Uint8Array[][]): string[] {
  const playback = new Playback({ filter })
  const shell = exec(SHELL, SHELL, { path: '/bin/sh', arguments: 'sh\0', uid: 7 })
  return inShort([...playback.play(shell, ...lives.flat()), ...playback.finish()])
}

test.each<[string, ResolvedFilter]>([
  ['a path', { paths: ['/usr/bin/ls'] }],
  ['a folder', { paths: ['/usr/bin/'] }],
  ['one of several', { paths: ['/opt/x', '/usr/bin/'] }],
])('%s lets the whole life of what runs from there pass, and nothing else', (_, filter) => {
  expect(playedWith(filter, life(50, '/usr/bin/ls'), life(51, '/usr/binary'), life(52, '/tmp/usr/bin/ls'))).toEqual(
    LIFE(50),
  )
})

test('a folder without its slash is a file', () => {
  expect(playedWith({ paths: ['/usr/bin'] }, life(50, '/usr/bin/ls'))).toEqual([])
})

test('users go by number', () => {
  const lives = [life(50, '/bin/a', { uid: 1000 }), life(51, '/bin/a', { uid: 0 })]
  expect(playedWith({ users: [1000] }, ...lives)).toEqual(LIFE(50))
  expect(playedWith({ excludeUsers: [1000, 7] }, ...lives)).toEqual(LIFE(51))
})

test('a cgroup is it and all below it', () => {
  const lives = ['/a', '/a/b', '/ab', '/'].map((cgroup, i) => life(50 + i, '/bin/a', { details: { cgroup } }))
  expect(playedWith({ cgroups: ['/a'] }, ...lives)).toEqual([...LIFE(50), ...LIFE(51)])
  expect(playedWith({ cgroups: ['/a/'] }, ...lives)).toEqual(LIFE(51))
  expect(playedWith({ excludeCgroups: ['/a'], excludeUsers: [7] }, ...lives)).toEqual([...LIFE(52), ...LIFE(53)])
})

test('of each kind that is given one must fit, and no exclusion', () => {
  const filter = { paths: ['/bin/'], users: [0], excludePaths: ['/bin/b'] }
  const lives = [
    life(50, '/bin/a', { uid: 0 }),
    life(51, '/bin/a', { uid: 1 }),
    life(52, '/bin/b', { uid: 0 }),
    life(53, '/opt/a', { uid: 0 }),
  ]
  expect(playedWith(filter, ...lives)).toEqual(LIFE(50))
})

test('an excluded path counts in the initial mount namespace only, unless asked', () => {
  const at = (pid: number, mountNamespace: number) => life(pid, '/bin/a', { file: { mountNamespace } })
  const filter = { excludePaths: ['/bin/a'], excludeUsers: [7] }
  expect(playedWith({ ...filter, mountNamespace: HOST }, at(50, HOST), at(51, 99))).toEqual(LIFE(51))
  expect(playedWith(filter, at(50, HOST), at(51, 99))).toEqual([])
})

const CUT = { pathBytes: 5_000 }
const elsewhere = (mountNamespace: number) => ({ pathPlace: PLACE.elsewhere, file: { mountNamespace } })

test.each<[string, ImageParts]>([
  ['its beginning is cut', { ...CUT, file: { mountNamespace: HOST } }],
  ['it has more names than are looked at', { pathPlace: PLACE.unended }],
  ['it is one of another mount namespace', elsewhere(99)],
  ['a process of another mount namespace executes it in the initial one', elsewhere(HOST)],
  ['it is on a mount that nobody has', { pathPlace: PLACE.detached }],
  ['nobody knows in which mount namespace', { pathPlace: PLACE.unknown }],
])('an excluded path excludes nothing where %s', (_, parts) => {
  const filter = { excludePaths: ['/bin/', '/bin/a'], excludeUsers: [7], mountNamespace: HOST }
  expect(playedWith(filter, life(50, '/bin/a', parts))).toEqual(LIFE(50))
})

test('a path that is cut, or of another mount namespace, is excluded nowhere even where paths count everywhere', () => {
  const filter = { excludePaths: ['/bin/'], excludeUsers: [7] }
  for (const parts of [CUT, elsewhere(99), { pathPlace: PLACE.detached }]) {
    expect(playedWith(filter, life(50, '/bin/a', parts))).toEqual(LIFE(50))
  }
})

test('a path that is cut is asked for by all that it could be', () => {
  for (const path of ['/anywhere/', '/x/bin/a']) {
    expect(playedWith({ paths: [path] }, life(50, '/bin/a', CUT))).toEqual(LIFE(50))
  }
  expect(playedWith({ paths: ['/bin/b', '/bin/a/b'] }, life(50, '/bin/a', CUT))).toEqual([])
})

test('a path of another mount namespace is asked for by nobody, unless that is the initial one', () => {
  const filter = { paths: ['/usr/bin/', '/usr/bin/a'], hostNamespace: HOST }
  expect(playedWith(filter, life(50, '/usr/bin/a', elsewhere(HOST)), life(51, '/usr/bin/a', elsewhere(99)))).toEqual(
    LIFE(50),
  )
  expect(playedWith(filter, life(50, '/usr/bin/a', { pathPlace: PLACE.detached }))).toEqual([])
})

test('a fork stays excluded by the path of its program, until it executes another one', () => {
  const filter = { excludePaths: ['/bin/a'], excludeUsers: [7], mountNamespace: HOST }
  const playback = new Playback({ filter })
  const first: Image = { pid: 50, execId: 1, startMs: 1_000 }
  const child: Image = { pid: 51, execId: 1, startMs: 2_000 }
  const events = playback.play(
    exec(first, SHELL, { path: '/bin/a', file: { mountNamespace: HOST } }),
    fork(child, first),
    exit(child, { atMs: 30_000 }),
  )
  expect([...events, ...playback.finish()]).toEqual([])
})

test('a cgroup whose path is cut is never excluded, and asked for by all', () => {
  const cut = { details: { cgroup: '/system.slice/a', cgroupBytes: 5_000 } }
  const unended = { details: { cgroup: '/system.slice/a', cgroupPlace: PLACE.unended } }
  for (const parts of [cut, unended]) {
    const filter = { excludeCgroups: ['/system.slice', '/'], excludeUsers: [7] }
    expect(playedWith(filter, life(50, '/bin/a', parts))).toEqual(LIFE(50))
    expect(playedWith({ cgroups: ['/user.slice'] }, life(50, '/bin/a', parts))).toEqual(LIFE(50))
  }
})

test('what only the filter needs to know is not in the events', () => {
  const playback = new Playback({ filter: { cgroups: ['/a'] } })
  const [event] = playback.play(...life(50, '/bin/a', { details: { cgroup: '/a' } }))
  expect(event!.event).toHaveProperty('FILE_PATH')
  expect(event!.event).not.toHaveProperty('CGROUP_PATH')
})

test('this process is known by its number, and in a pid namespace by what it is called there', () => {
  const inside = { details: { namespaces: NAMESPACES(1, 77), namespacePid: 5 } }
  const lives = [life(50, '/bin/a', inside), life(5, '/bin/a', { details: { namespaces: NAMESPACES(1, 78) } })]
  const withoutShell = { excludeUsers: [7] }
  expect(playedWith({ ...withoutShell, self: { pid: 5, pidNamespace: undefined } }, ...lives)).toEqual(LIFE(50))
  expect(playedWith({ ...withoutShell, self: { pid: 5, pidNamespace: 77 } }, ...lives)).toEqual(LIFE(5))
})

const ROOT: Image = { pid: 60, execId: 2, startMs: 2_000 }
const CHILD: Image = { pid: 61, execId: 2, startMs: 20_000 }
const GRANDCHILD: Image = { pid: 62, execId: 2, startMs: 20_001 }
const after = (image: Image): Image => ({ ...image, execId: image.execId + 1 })

function withRoot(): Playback {
  const playback = new Playback({ filter: { subtreeOf: 60 } })
  const { events } = playback.takeOver([row(SHELL, SHELL), row(ROOT, SHELL, { path: '/bin/sh' })], 5_000)
  expect(inShort(events)).toEqual(['EXISTING 60'])
  return playback
}

test('a subtree is a process and all that descend from it, also when those between are gone', () => {
  const playback = withRoot()
  const events = playback.play(
    fork(CHILD, ROOT),
    fork(GRANDCHILD, CHILD),
    exit(CHILD, { atMs: 20_002 }),
    exit(ROOT, { atMs: 20_003 }),
    exec(after(GRANDCHILD), SHELL, { atMs: 20_004, path: '/bin/a' }),
    fork({ pid: 63, execId: 2, startMs: 20_005 }, SHELL),
    fork({ pid: 64, execId: 3, startMs: 20_006 }, after(GRANDCHILD)),
  )
  expect(inShort([...events, ...playback.finish()])).toEqual([
    'NEW 61',
    'TERMINATE 61',
    'TERMINATE 60',
    'NEW 62',
    'NEW 64',
  ])
})

test('a later exec leaves no subtree, and neither does a process that names its creator’s parent as its own', () => {
  const playback = withRoot()
  const sibling: Image = { pid: 65, execId: 2, startMs: 20_500 }
  const events = playback.play(
    fork(CHILD, ROOT),
    exec(after(CHILD), ROOT, { atMs: 20_200, path: '/bin/a' }),
    exec(after(after(CHILD)), ROOT, { atMs: 20_400, path: '/bin/b' }),
    fork(sibling, SHELL, { creatorPid: 60 }),
  )
  expect(inShort([...events, ...playback.finish()])).toEqual(['NEW 61', 'NEW 61', 'NEW 61', 'NEW 65'])
})

test('whoever is given the number of a subtree’s root later is not its root', () => {
  const playback = withRoot()
  playback.play(exit(ROOT, { atMs: 20_000 }))
  const again: Image = { pid: 60, execId: 2, startMs: 30_000 }
  const events = playback.play(fork(again, SHELL), fork({ pid: 66, execId: 2, startMs: 30_001 }, again))
  expect([...events, ...playback.finish()]).toEqual([])
})

test('filtered records are counted, of every type', () => {
  const playback = new Playback({ filter: { paths: ['/bin/wanted'] } })
  const image: Image = { pid: 50, execId: 3, startMs: 9_000 }
  const environment = block('environment', image, terminated(['A=1']), 2)
  playback.play(
    fork({ ...image, execId: 2 }, SHELL),
    ...environment,
    exec(image, SHELL, { atMs: 9_001, path: '/bin/x' }),
    loaded(image, { atMs: 9_002, path: '/lib/x' }),
    exit(image, { atMs: 9_003 }),
  )
  const { read, filtered, folded } = playback.stream.accounts
  const [FORK, EXEC, EXIT, ENVIRONMENT, MODULE] = [1, 2, 3, 5, 7]
  expect(folded[FORK!]).toBe(1)
  for (const type of [EXEC, EXIT, ENVIRONMENT, MODULE]) expect([type, filtered[type!]]).toEqual([type, read[type!]])
  expect(read[ENVIRONMENT!]).toBe(2)
})

test('the parent in an event is told, wanted or not', () => {
  const playback = new Playback({ filter: { paths: ['/bin/a'] } })
  const [event] = playback.play(exec(SHELL, SHELL, { path: '/bin/sh', arguments: 'sh\0' }), ...life(50, '/bin/a'))
  expect(event).toMatchObject({ routing: { parent: atomOf(SHELL) }, event: { PARENT: { FILE_PATH: '/bin/sh' } } })
})

test('a file that only filtered processes execute is not hashed', () => {
  const events = ['CODE_IDENTITY'] as const
  const requests: unknown[] = []
  const playback = new Playback({ events, filter: { paths: ['/bin/a'] } })
  playback.stream.identities!.onRequest = (request) => requests.push(request)
  const file = (inode: bigint) => ({ inode, size: 9n, device: 1, mountNamespace: HOST })
  playback.play(...life(50, '/bin/b', { file: file(2n) }))
  expect(requests).toEqual([])
  playback.play(...life(51, '/bin/a', { file: file(3n) }))
  expect(requests).toHaveLength(1)
})

test('a filter that filters nothing is none', () => {
  expect(validateFilter({})).toBeUndefined()
  expect(validateFilter({ self: true, excludeEverywhere: true })).toBeUndefined()
})

test.each([
  [[], /must be an object/],
  [{ path: ['/a'] }, 'no option of "filter" is called "path"; did you mean paths?'],
  [{ paths: [] }, '"paths" of "filter" must be an array of absolute paths, of one at least'],
  [{ paths: ['bin/a'] }, /absolute paths/],
  [{ users: [-1] }, /user ids or names/],
  [{ users: 'root' }, /user ids or names/],
  [{ self: 1 }, '"self" of "filter" must be true or false, not 1'],
  [{ subtreeOf: 0 }, '"subtreeOf" of "filter" must be the number of a process, not 0'],
])('the filter %j is refused', (filter, message) => {
  expect(() => validateFilter(filter as object)).toThrow(
    expect.objectContaining({
      code: 'ERR_OPTION',
      message: message instanceof RegExp ? expect.stringMatching(message) : message,
    }),
  )
})

test('names of users become their numbers; one that nobody has is refused', async () => {
  expect(await resolveFilter({ users: ['root', '12', 13], self: true })).toMatchObject({
    users: [0, 12, 13],
    self: undefined,
  })
  await expect(resolveFilter({ users: ['no-such-user'] })).rejects.toMatchObject({
    code: 'ERR_OPTION',
    message: 'this machine knows no user "no-such-user"; name another one, or write its number',
  })
})

test('name services are asked by a program of the system, whatever PATH says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernelwire-'))
  const before = process.env.PATH
  try {
    writeFileSync(join(folder, 'getent'), `#!/bin/sh\ntouch ${folder}/was-run\necho root:x:4242:0::/:\n`, {
      mode: 0o755,
    })
    process.env.PATH = folder
    expect(await resolveFilter({ users: ['root'] })).toMatchObject({ users: [0] })
    expect(existsSync(join(folder, 'was-run'))).toBe(false)
  } finally {
    process.env.PATH = before
    rmSync(folder, { recursive: true })
  }
})
