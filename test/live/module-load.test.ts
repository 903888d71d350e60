/** MODULE_LOAD against /proc/PID/maps, one to one. */
import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ModuleLoad, NewProcess } from '../../lib/events/index.js'
import { require32BitPrograms } from './abilities.js'
import { folderOn } from './file-system.js'
import { numberAfter, whileHeld } from './held.js'
import { type Module, modulesOf, spanOf } from './maps.js'
import { muslProgram } from './musl.js'
import { pageBytes } from './proc.js'
import { type Link, library, program } from './programs.js'
import { eventsOf, named } from './sensor.js'
import { cannotRun } from './skip.js'

const EVENTS = ['NEW_PROCESS', 'MODULE_LOAD'] as const

/** Of one image: the one that ran while it was looked at. */
interface Loads {
  output: string
  start: NewProcess
  loads: ModuleLoad[]
  expected: Module[]
  events: Awaited<ReturnType<typeof run>>['events']
}

function run(file: string, args: readonly string[]) {
  return eventsOf(EVENTS, () => whileHeld(file, args, modulesOf))
}

async function loadsOf(file: string, args: readonly string[] = []): Promise<Loads> {
  const { events, child, seen, output } = await run(file, args)
  // A shell may stand before the program.
  const start = named(events, 'NEW_PROCESS', child.pid).at(-1)!
  const loads = named(events, 'MODULE_LOAD', child.pid).filter(({ routing }) => routing.parent === start.routing.this)
  return { output, start, loads, expected: seen, events }
}

function inOrder(modules: readonly Module[]): Module[] {
  return [...modules].sort((a, b) => a.BASE_ADDRESS - b.BASE_ADDRESS)
}

function placesOf(loads: readonly ModuleLoad[]): Module[] {
  return loads.map(({ event }) => ({
    FILE_PATH: event.FILE_PATH!,
    BASE_ADDRESS: event.BASE_ADDRESS!,
    MEMORY_SIZE: event.MEMORY_SIZE!,
  }))
}

function expectMaps({ start, loads, expected, events }: Loads): void {
  expect(inOrder(placesOf(loads))).toEqual(inOrder(expected))
  for (const load of loads) {
    expect(load.event.MODULE_NAME).toBe(load.event.FILE_PATH!.split('/').at(-1))
    expect(events.indexOf(load)).toBeGreaterThan(events.indexOf(start))
  }
  const [main] = loads
  expect(main!.event).toMatchObject({ FILE_PATH: start.event.FILE_PATH, BASE_ADDRESS: start.event.BASE_ADDRESS })
}

describe('every file that code is run from, where /proc/PID/maps has it', () => {
  test.each<[Link, number]>([
    ['pie', 3],
    ['no-pie', 3],
    ['static', 1],
    ['static-pie', 1],
    ['code-first', 1],
    ['gap', 3],
  ])('%s', async (link, count) => {
    const loads = await loadsOf(program('hold', link))
    expectMaps(loads)
    expect(loads.loads).toHaveLength(count)
  })

  test('32-bit', async () => {
    require32BitPrograms()
    const loads = await loadsOf(program('hold-bare', '32-bit'))
    expectMaps(loads)
    expect(loads.loads).toHaveLength(1)
  })

  test('musl', async () => {
    const loads = await loadsOf(muslProgram('hold'))
    expectMaps(loads)
    // Its loader is its C library.
    expect(loads.loads).toHaveLength(2)
  })

  test('node', async () => {
    const script = 'console.log("ready", process.pid); process.stdin.resume()'
    expectMaps(await loadsOf(process.execPath, ['-e', script]))
  })

  test('python3, with libraries that it loads by itself', async () => {
    const hasPython = (() => {
      try {
        return execFileSync('python3', ['-c', 'import ctypes, json, ssl'], { stdio: 'ignore' }) !== undefined
      } catch {
        return false
      }
    })()
    if (!hasPython) cannotRun('there is no python3 with ctypes and ssl')
    const script = 'import ctypes, json, os, ssl, sys; print("ready", os.getpid(), flush=True); sys.stdin.read()'
    const loads = await loadsOf('python3', ['-c', script])
    expectMaps(loads)
    expect(loads.loads.length).toBeGreaterThan(5)
  })
})

test('a library on an overlay has the path by which it was reached, and so has the main program', async () => {
  const folder = folderOn('overlay')
  const [file, main] = [join(folder, 'library.so'), join(folder, 'map-file')]
  copyFileSync(library('library'), file)
  copyFileSync(program('map-file'), main)
  const { events, child } = await run(main, [file])
  const paths = named(events, 'MODULE_LOAD', child.pid).map(({ event }) => event.FILE_PATH)
  expect(paths).toEqual(expect.arrayContaining([main, file]))
  expect(paths.filter((path) => !path!.startsWith('/'))).toEqual([])
})

test('a library that is loaded again elsewhere is told again', async () => {
  const file = library('library')
  const { loads, output } = await loadsOf(program('load-again'), [file])
  const bases = [numberAfter(output, 'first'), numberAfter(output, 'second')]
  expect(placesOf(loads.filter(({ event }) => event.FILE_PATH === file))).toEqual(
    bases.map((BASE_ADDRESS) => ({ FILE_PATH: file, BASE_ADDRESS, MEMORY_SIZE: spanOf(file) })),
  )
})

test('a mapping that becomes executable later is told once, as is one that loads no program', async () => {
  const file = '/bin/bash'
  const { loads, output } = await loadsOf(program('map-file'), [file])
  const own = placesOf(loads).slice(3)
  expect(own.map(({ BASE_ADDRESS, MEMORY_SIZE }) => ({ BASE_ADDRESS, MEMORY_SIZE }))).toEqual([
    { BASE_ADDRESS: numberAfter(output, 'protected'), MEMORY_SIZE: 2 * pageBytes },
    { BASE_ADDRESS: numberAfter(output, 'mapped'), MEMORY_SIZE: pageBytes },
  ])
})

test('the same image is told anew after an exec of the same file', async () => {
  const hold = program('hold', 'static')
  const { loads } = await loadsOf(program('exec-from-thread'), [hold, hold])
  expect(loads.filter(({ event }) => event.FILE_PATH === hold)).toHaveLength(1)
})
