/**
 * Files of another mount tree than the process's own, and paths of which only the end is told: what is said of them, and
 * that no exclusion takes them for what they look like.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { FilterOptions } from '../../lib/filter/options.js'
import { last, only } from './expected.js'
import { folderOn } from './file-system.js'
import { outputUntil, whileHeld } from './held.js'
import { kernelIsBefore } from './kernel.js'
import { namespaceOf, statusLine } from './proc.js'
import { library, program } from './programs.js'
import { Collected, ended, eventsOf, eventsOfPid, named } from './sensor.js'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

const NAMES = ['NEW_PROCESS', 'TERMINATE_PROCESS', 'MODULE_LOAD', 'OPEN_NAMED_PIPE', 'NEW_NAMED_PIPE'] as const
const EXTENDED = { extended: true }

interface Elsewhere {
  /** The folder, as this process can reach it. */
  path: string
  mountNamespace: number
  /** What paths there begin with. */
  mark: string
}

/** `folder`, with these files in it, in a mount namespace of its own; here it is empty. */
async function elsewhere(folder: string, ...files: string[]): Promise<Elsewhere> {
  const script = 'mount -t tmpfs none "$0" && cp "$@" "$0" && echo ready && read line'
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, folder, ...files]
  const holder = spawn('unshare', args, { stdio: 'pipe' }) as ChildProcess & { pid: number }
  onTestFinished(() => void holder.kill('SIGKILL'))
  await outputUntil(holder, /ready/)
  const mountNamespace = namespaceOf(holder.pid, 'mnt')
  return { path: `/proc/${holder.pid}/root${folder}`, mountNamespace, mark: `mnt:[${mountNamespace}]` }
}

async function existing(pid: number) {
  const collected = await Collected.open({ events: ['EXISTING_PROCESS'], ...EXTENDED })
  await collected.close()
  return only(named(collected.events, 'EXISTING_PROCESS', pid)).event
}

test('a program of another mount namespace has a path that names it, from its start on and when it is found', async () => {
  const folder = temporaryFolder()
  const { path, mark } = await elsewhere(folder, program('hold'))
  const { child, seen, events } = await eventsOf(
    NAMES,
    () => whileHeld(join(path, 'hold'), [], existing, { cwd: path }),
    EXTENDED,
  )
  const { event } = only(named(events, 'NEW_PROCESS', child.pid))
  const [main] = named(events, 'MODULE_LOAD', child.pid)
  for (const each of [event, seen]) {
    expect(each).toMatchObject({
      FILE_PATH: `${mark}${folder}/hold`,
      CURRENT_DIRECTORY: `${mark}${folder}`,
      NAMESPACES: { MNT: namespaceOf(process.pid, 'mnt') },
    })
  }
  if (kernelIsBefore(5, 17)) return
  expect(main!.event).toMatchObject({ FILE_PATH: `${mark}${folder}/hold`, MODULE_NAME: 'hold' })
})

test('a library of another mount namespace has a path that names it', async () => {
  if (kernelIsBefore(5, 17)) cannotRun('before Linux 5.17 there is no MODULE_LOAD')
  const folder = temporaryFolder()
  const { path, mark } = await elsewhere(folder, library('library'))
  const { child, events } = await eventsOf(NAMES, () =>
    whileHeld(program('map-file'), [join(path, 'library.so')], () => {}),
  )
  const paths = named(events, 'MODULE_LOAD', child.pid).map(({ event }) => event.FILE_PATH)
  expect(paths).toContain(`${mark}${folder}/library.so`)
})

test('a named pipe of another mount namespace has a path that names it', async () => {
  const folder = temporaryFolder()
  const { path, mark } = await elsewhere(folder, program('hold'))
  const { child, events } = await eventsOf(NAMES, () => spawn(program('make-pipe'), [join(path, 'pipe')]))
  const { event } = only(named(events, 'NEW_NAMED_PIPE', child.pid))
  // Without trampolines it is the name that the process gave.
  const paths = [`${mark}${folder}/pipe`, join(path, 'pipe')]
  expect(paths).toContain(event.FILE_PATH)
  const open = await eventsOf(NAMES, () => spawn('sh', ['-c', 'exec 3<>"$0"', join(path, 'pipe')]))
  const opened = only(named(open.events, 'OPEN_NAMED_PIPE', open.child.pid))
  expect(opened.event.FILE_PATH).toBe(`${mark}${folder}/pipe`)
})

test('a program on a mount that is in no namespace is detached', async () => {
  const folder = folderOn('tmpfs')
  copyFileSync(program('hold'), join(folder, 'inner'))
  const args = [folder, 'inner', 'argv0']
  if (spawnSync(program('exec-detached'), args).status !== 0) cannotRun('no program can be executed by its descriptor')
  const { child, seen, events } = await eventsOf(
    NAMES,
    () => whileHeld(program('exec-detached'), args, existing),
    EXTENDED,
  )
  expect(last(named(events, 'NEW_PROCESS', child.pid)).event.FILE_PATH).toBe('(detached)/inner')
  expect(seen.FILE_PATH).toBe('(detached)/inner')
})

test('a program, and its directory, whose mount was taken out under it are detached when they are found', async () => {
  const folder = folderOn('tmpfs')
  mkdirSync(join(folder, 'usr'))
  copyFileSync(program('hold'), join(folder, 'usr/inner'))
  const { seen } = await whileHeld(
    join(folder, 'usr/inner'),
    [],
    (pid) => {
      spawnSync('umount', ['--lazy', folder])
      return existing(pid)
    },
    { cwd: join(folder, 'usr') },
  )
  expect(seen).toMatchObject({ FILE_PATH: '(detached)/usr/inner', CURRENT_DIRECTORY: '(detached)/usr' })
})

test('a process that has moved to a mount namespace of its own since its start has its file in the former one', async () => {
  const own = `mnt:[${namespaceOf(process.pid, 'mnt')}]`
  const args = ['--mount', '--fork', program('hold')]
  const { seen } = await whileHeld('unshare', args, (pid) => existing(Number(statusLine(pid, 'PPid')[0])))
  expect(seen.FILE_PATH).toMatch(/\/unshare$/)
  expect(seen.FILE_PATH!.startsWith(`${own}/`)).toBe(true)
  // The kernel moves the directory of a process along with it.
  expect(seen.CURRENT_DIRECTORY).toBe(process.cwd())
})

/** What comes of a program with this exclusion, and of one that it really excludes. */
async function told(filter: FilterOptions, start: () => ChildProcess, excluded: string): Promise<string[]> {
  const collected = await Collected.open({ events: NAMES, forkWindowMs: 10_000, filter })
  const [child, other] = [start(), spawn(excluded)]
  await Promise.all([child, other].map(ended))
  await collected.close()
  expect(eventsOfPid(collected.events, other.pid)).toEqual([])
  return eventsOfPid(collected.events, child.pid).map(({ routing }) => routing.event_type)
}

test('an exclusion by path excludes no program of another mount namespace that is executed from this one', async () => {
  const folder = temporaryFolder()
  copyFileSync(program('exit-as-told'), join(folder, 'own'))
  const { path } = await elsewhere(folder, program('exit-as-told'))
  for (const filter of [{ excludePaths: [`${folder}/`] }, { excludePaths: [`${folder}/`], excludeEverywhere: true }]) {
    const names = await told(filter, () => spawn(join(path, 'exit-as-told')), join(folder, 'own'))
    const modules = kernelIsBefore(5, 17) ? [] : ['MODULE_LOAD', 'MODULE_LOAD', 'MODULE_LOAD']
    expect(names).toEqual(['NEW_PROCESS', ...modules, 'TERMINATE_PROCESS'])
  }
})

test('an exclusion by path excludes no program whose path only ends like that', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'own'))
  copyFileSync(program('exit-as-told'), join(folder, 'own/program'))
  // However many of these names are left out, the rest begins with /d.
  const filter = { excludePaths: ['/d/', `${folder}/own/`] }
  const args = ['d', '2500', program('exit-as-told')]
  const start = () => spawn(program('enter-deep'), args, { cwd: folder })
  expect(await told(filter, start, join(folder, 'own/program'))).toContain('NEW_PROCESS')
})

test.each([
  ['d', 300],
  ['d', 2_500],
  ['n'.repeat(250), 20],
])('a path of the names %s, %i of them, is whole, or says how long it is', async (name, count) => {
  if (kernelIsBefore(5, 17)) cannotRun('before Linux 5.17 no more than 256 names are looked at')
  const folder = temporaryFolder()
  const args = [name, `${count}`, program('hold')]
  const { child, seen, events } = await eventsOf(
    NAMES,
    () => whileHeld(program('enter-deep'), args, existing, { cwd: folder }),
    EXTENDED,
  )
  const directory = folder + `/${name}`.repeat(count)
  for (const event of [last(named(events, 'NEW_PROCESS', child.pid)).event, seen]) {
    const isWhole = directory.length + '/program'.length <= 4_096
    expect(event.FILE_PATH).toBe(endOf(`${directory}/program`))
    expect(event.CURRENT_DIRECTORY).toBe(endOf(directory))
    const lengths = { FILE_PATH: directory.length + '/program'.length, CURRENT_DIRECTORY: directory.length }
    expect(event.TRUNCATED).toEqual(isWhole ? undefined : lengths)
  }
})

/** As many whole names as 4,096 bytes hold. */
function endOf(path: string): string {
  return path.length <= 4_096 ? path : `...${path.slice(path.indexOf('/', path.length - 4_096))}`
}
