/** Filters on a real machine: each with what fits and what does not, side by side. */
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventName } from '../../lib/events/index.js'
import type { FilterOptions } from '../../lib/filter/options.js'
import { Apart } from './apart.js'
import { Command } from './command.js'
import { only } from './expected.js'
import { numberAfter, whileHeld } from './held.js'
import { cgroupOf } from './proc.js'
import { program } from './programs.js'
import { Collected, ended, eventsOfPid, open } from './sensor.js'
import { temporaryFolder } from './temporary.js'
import { INSIDE, smallTree } from './tree.js'

const NAMES = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS', 'PROCESS_ENVIRONMENT', 'MODULE_LOAD'] as const
const WHOLE_LIFE = new Set<EventName>(['NEW_PROCESS', 'PROCESS_ENVIRONMENT', 'MODULE_LOAD', 'TERMINATE_PROCESS'])

/** A filter's own sensor: those of other tests would have seen what runs now. */
const filtered = (filter: FilterOptions) => Collected.open({ events: NAMES, forkWindowMs: 10_000, filter })

const namesOf = (collected: Collected<(typeof NAMES)[number]>, pid: number | undefined) =>
  new Set(eventsOfPid(collected.events, pid).map(({ routing }) => routing.event_type))

test('paths: the whole life of a program that is asked for, nothing of others, and all of it counted', async () => {
  const file = join(temporaryFolder(), 'asked-for')
  copyFileSync(program('exit-as-told'), file)
  const collected = await filtered({ paths: [file] })
  const [asked, other] = [spawn(file), spawn(program('exit-as-told'))]
  await Promise.all([asked, other].map(ended))
  await collected.close()
  expect(namesOf(collected, asked.pid)).toEqual(WHOLE_LIFE)
  expect(namesOf(collected, other.pid)).toEqual(new Set())
  const { records } = collected.sensor.stats()
  for (const name of ['EXEC', 'EXIT', 'ENVIRONMENT', 'MODULE'] as const) {
    const { read, delivered, folded, filtered, bad, dropped, waiting } = records[name]
    expect([name, filtered]).toEqual([name, expect.toSatisfy((count) => count > 0)])
    expect([name, read]).toEqual([name, delivered + folded + filtered + bad + dropped + waiting])
  }
})

test('excludePaths: not where a file of that name is in a mount namespace of its own, unless asked', async () => {
  const careful = await filtered({ excludePaths: [INSIDE, program('exit-as-told')] })
  const everywhere = await filtered({ excludePaths: [INSIDE], excludeEverywhere: true })
  const outside = spawn(program('exit-as-told'))
  await ended(outside)
  const args = [smallTree(), '0', INSIDE, 'argv0']
  const { seen: pid } = await whileHeld(program('contained'), args, (_, output) => numberAfter(output, 'contained'))
  await Promise.all([careful.close(), everywhere.close()])
  const paths = (collected: typeof careful, of: number | undefined) =>
    eventsOfPid(collected.events, of).flatMap(({ event }) => ('FILE_PATH' in event ? [event.FILE_PATH] : []))
  expect(paths(careful, pid)).toContain(INSIDE)
  expect(paths(everywhere, pid)).not.toContain(INSIDE)
  expect(paths(careful, outside.pid)).not.toContain(program('exit-as-told'))
  expect(paths(everywhere, outside.pid)).toContain(program('exit-as-told'))
})

test('users, by number and by name', async () => {
  const collected = await filtered({ users: [65_534] })
  const without = await filtered({ excludeUsers: ['root'] })
  const [nobody, root] = [
    spawn(program('as-user'), ['65534', '65534', program('exit-as-told'), 'argv0']),
    spawn(program('exit-as-told')),
  ]
  await Promise.all([nobody, root].map(ended))
  await Promise.all([collected.close(), without.close()])
  for (const each of [collected, without]) {
    expect(namesOf(each, root.pid)).toEqual(new Set())
    expect(namesOf(each, nobody.pid)).toEqual(WHOLE_LIFE)
  }
})

test('cgroups: all that runs in that of this process, nothing where it is excluded', async () => {
  const cgroup = cgroupOf(process.pid)
  const [inside, outside] = [await filtered({ cgroups: [cgroup] }), await filtered({ excludeCgroups: [cgroup] })]
  const child = spawn(program('exit-as-told'))
  await ended(child)
  await Promise.all([inside.close(), outside.close()])
  expect(namesOf(inside, child.pid)).toEqual(WHOLE_LIFE)
  expect(namesOf(inside, process.pid)).toContain('EXISTING_PROCESS')
  expect([namesOf(outside, child.pid), namesOf(outside, process.pid)]).toEqual([new Set(), new Set()])
})

test('subtreeOf: a process and its descendants, orphans too', async () => {
  const shell = spawn('sh', ['-c', 'read line; (sh -c "sleep 0.2; exec true" & ) ; true'], { stdio: 'pipe' })
  const collected = await filtered({ subtreeOf: shell.pid! })
  spawnSync(program('exit-as-told'))
  const end = ended(shell)
  shell.stdin.end('go\n')
  await end
  await collected.close()
  expect(namesOf(collected, shell.pid)).toEqual(new Set(['EXISTING_PROCESS', 'TERMINATE_PROCESS']))
  const started = collected.events.flatMap(({ event }) => ('COMMAND_LINE' in event ? [event.COMMAND_LINE] : []))
  expect(started).toEqual(expect.arrayContaining(['true', 'sleep 0.2']))
  const family = new Set([shell.pid])
  for (const { event } of collected.events) {
    if ('PARENT' in event && 'COMMAND_LINE' in event && family.has(event.PARENT?.PROCESS_ID))
      family.add(event.PROCESS_ID)
  }
  const strangers = collected.events.filter(({ event }) => 'PROCESS_ID' in event && !family.has(event.PROCESS_ID))
  expect(strangers).toEqual([])
})

test('subtreeOf a process that is not there is refused', async () => {
  const child = spawn(program('exit-as-told'))
  await ended(child)
  await expect(open({ filter: { subtreeOf: child.pid! } })).rejects.toMatchObject({
    code: 'ERR_OPTION',
    message: `"subtreeOf" is ${child.pid}, but no such process runs; name one that does`,
  })
})

test('self: false leaves out what the sensor itself does, and nothing else', async () => {
  const events = ['EXISTING_PROCESS', 'MODULE_LOAD'] as const
  const [with_, without] = await Promise.all([Apart.open({ events }), Apart.open({ events, filter: { self: false } })])
  await Promise.all([with_.close(), without.close()])
  const own = (apart: Apart, of: Apart) => eventsOfPid(apart.events, of.pid).length
  expect(own(with_, with_)).toBeGreaterThan(0)
  expect(own(without, without)).toBe(0)
  expect(own(without, with_)).toBeGreaterThan(0)
})

test('--only and --exclude on the command line', async () => {
  const file = join(temporaryFolder(), 'asked-for')
  copyFileSync(program('exit-as-told'), file)
  const args = ['--only', `path:${file},user:root`, '--exclude', 'user:nobody', '--exclude', 'self']
  const command = new Command([
    'watch',
    '--events',
    'NEW_PROCESS',
    '--json',
    '--count',
    '1',
    '--verbose',
    ...args,
  ]).read()
  await command.until(() => command.stderr.includes('attached'), 'it watches')
  spawnSync(program('exit-as-told'))
  spawnSync(file, ['exit', '0', 'argument'])
  const { stdout, status } = await command.outcomeOfSensor()
  expect([
    status,
    only(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).event.FILE_PATH,
  ]).toEqual([0, file])
})

test('--config gives options that the command line does not, and a variable wins over it', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'asked-for')
  copyFileSync(program('exit-as-told'), file)
  const config = join(folder, 'sensor.json')
  writeFileSync(config, JSON.stringify({ events: ['TERMINATE_PROCESS'], extended: true, filter: { paths: [file] } }))
  const env = { ...process.env, KERNELWIRE_EXTENDED: '0' }
  const command = new Command(['watch', '--config', config, '--count', '1', '--verbose'], { env }).read()
  await command.until(() => command.stderr.includes('attached'), 'it watches')
  spawnSync(program('exit-as-told'))
  const { pid } = spawnSync(file)
  const { stdout, status } = await command.outcomeOfSensor()
  const { event } = JSON.parse(stdout)
  expect([status, event.PROCESS_ID, event]).toEqual([0, pid, expect.not.objectContaining({ EXIT_CODE: 0 })])
})
