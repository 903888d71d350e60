/** NEW_NAMED_PIPE and OPEN_NAMED_PIPE: which FIFO, by its absolute path, and who did it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, constants, copyFileSync, openSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { EventRecord, NewNamedPipe, OpenNamedPipe } from '../../lib/events/index.js'
import { isBlindTo } from './coverage.js'
import { FILE_SYSTEMS, folderOn } from './file-system.js'
import { numberAfter, outputUntil } from './held.js'
import { program } from './programs.js'
import { Collected, ended, eventsOf, named } from './sensor.js'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

const EVENTS = ['NEW_PROCESS', 'NEW_NAMED_PIPE', 'OPEN_NAMED_PIPE'] as const

function folder(): string {
  return realpathSync(temporaryFolder())
}

/** Of one process: paths, from `root` on. */
function pipesOf(name: 'NEW_NAMED_PIPE' | 'OPEN_NAMED_PIPE', pid: number, events: readonly EventRecord[], root = '') {
  const pipes: (NewNamedPipe | OpenNamedPipe)[] = named(events, name, pid)
  return pipes.map(({ event }) => (root === '' ? event.FILE_PATH : event.FILE_PATH.replace(root, '.')))
}

async function pipes() {
  const root = folder()
  const child = spawn(program('pipes'), [root], { stdio: 'pipe' })
  const end = ended(child)
  await outputUntil(child, /held\n/)
  closeSync(openSync(join(root, 'wait'), constants.O_WRONLY))
  expect((await end).code).toBe(0)
  return { pid: child.pid!, root }
}

test('a pipe that a process creates has its absolute path, however it was named', async () => {
  const { events, pid, root } = await eventsOf(EVENTS, pipes)
  expect(pipesOf('NEW_NAMED_PIPE', pid, events, root)).toEqual([
    './relative',
    './absolute',
    './below/descriptor',
    './up',
    './old',
    './wait',
  ])
  const start = named(events, 'NEW_PROCESS', pid).at(-1)!
  for (const pipe of named(events, 'NEW_NAMED_PIPE', pid)) {
    expect(pipe.event).toEqual({ FILE_PATH: pipe.event.FILE_PATH, PROCESS_ID: pid })
    expect(pipe.routing.parent).toBe(start.routing.this)
  }
})

test('every open that succeeds is told, none that is refused, and none of a pipe without a name', async () => {
  const { events, pid, root } = await eventsOf(EVENTS, pipes)
  expect(pipesOf('OPEN_NAMED_PIPE', pid, events, root)).toEqual([
    './relative',
    './absolute',
    './old',
    './relative',
    './relative',
    './wait',
  ])
  expect(pipesOf('OPEN_NAMED_PIPE', process.pid, events, root)).toEqual(['./wait'])
})

test('an open that waits for the other end is told while it waits', async () => {
  if (await isBlindTo('an open that waits for the other end', EVENTS)) return
  const collected = await Collected.open({ events: EVENTS })
  const root = folder()
  const child = spawn(program('pipes'), [root], { stdio: 'pipe' })
  const end = ended(child)
  await outputUntil(child, /held\n/)
  while (!pipesOf('OPEN_NAMED_PIPE', child.pid!, collected.events, root).includes('./wait')) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  closeSync(openSync(join(root, 'wait'), constants.O_WRONLY))
  expect((await end).code).toBe(0)
  await collected.close()
})

describe('what a name leads to', () => {
  test('a symbolic link in the path of a new pipe', async () => {
    const root = folder()
    execFileSync('mkdir', [join(root, 'there')])
    symlinkSync('there', join(root, 'here'))
    const { events, child } = await eventsOf(EVENTS, () =>
      spawn('mkfifo', [join(root, 'here/pipe')], { stdio: 'pipe' }),
    )
    const path = (await isBlindTo('symbolic links', EVENTS)) ? './here/pipe' : './there/pipe'
    expect(pipesOf('NEW_NAMED_PIPE', child.pid!, events, root)).toEqual([path])
  })

  test('a name of a process below another root directory', async () => {
    const root = folder()
    copyFileSync(program('make-pipe', 'static'), join(root, 'make-pipe'))
    const { events, child } = await eventsOf(EVENTS, () =>
      spawn('chroot', [root, '/make-pipe', '/pipe'], { stdio: 'pipe' }),
    )
    expect(pipesOf('NEW_NAMED_PIPE', child.pid!, events, root)).toEqual(['./pipe'])
  })
})

// An overlay creates a file twice: in the layer below, by another name, and in the directory of the path.
test.each(FILE_SYSTEMS)(
  'a pipe on a file system of its own (%s) is told once when created and once when opened',
  async (kind) => {
    const root = realpathSync(folderOn(kind))
    const pipe = join(root, 'pipe')
    const script = 'mkfifo "$0" && exec 3<>"$0"'
    const { events, child } = await eventsOf(EVENTS, () => spawn('sh', ['-c', script, pipe], { stdio: 'pipe' }))
    const made = events.filter(({ routing }) => routing.event_type === 'NEW_NAMED_PIPE')
    expect(made.map(({ event }) => (event as NewNamedPipe['event']).FILE_PATH)).toEqual([pipe])
    expect(pipesOf('OPEN_NAMED_PIPE', child.pid!, events)).toEqual([pipe])
  },
)

test('an open through io_uring', async () => {
  const pipe = join(folder(), 'pipe')
  execFileSync('mkfifo', [pipe])
  const { events, child } = await eventsOf(EVENTS, () => whole(spawn(program('uring-open'), [pipe], { stdio: 'pipe' })))
  if (numberAfter(child.output, 'errno') !== 0) cannotRun('this kernel has no io_uring that opens files')
  const seen = (await isBlindTo('io_uring', EVENTS)) ? [] : [pipe]
  expect(pipesOf('OPEN_NAMED_PIPE', child.pid, events)).toEqual(seen)
})

async function whole(child: ChildProcess) {
  return { child: { pid: child.pid!, ...(await ended(child)) } }
}
