/** What is attached to the kernel for which events: its own list of links. */
import { execFileSync } from 'node:child_process'
import { constants } from 'node:os'
import { expect, test } from 'vitest'
import { EVENT_NAMES, type EventName, SUPPORTED_ON_LINUX } from '../../lib/events/index.js'
import { Apart } from './apart.js'
import { attachedPrograms, heldBy } from './kernel-objects.js'
import { program } from './programs.js'

/** What sees system calls, or what they do: it would slow down those that nobody asked about. */
const ON_CALLS = /^(module_(map|mmap|mprotect|pkey_mpr|calls)|access_|traced_|memory_|open_|ptrace_|write_|fifo_)/
const ON_NEED: readonly EventName[] = [
  'MODULE_LOAD',
  'NEW_NAMED_PIPE',
  'OPEN_NAMED_PIPE',
  'REMOTE_PROCESS_HANDLE',
  'NEW_REMOTE_THREAD',
  'SENSITIVE_PROCESS_ACCESS',
  'THREAD_INJECTION',
]
const WITHOUT = SUPPORTED_ON_LINUX.filter((name) => !ON_NEED.includes(name))

async function attachedFor(events: readonly EventName[]): Promise<string[]> {
  const apart = await Apart.open({ events: [...events] })
  try {
    return attachedPrograms(apart.pid)
  } finally {
    await apart.kill()
  }
}

test('nothing is attached to system calls unless an event needs it', async () => {
  expect(WITHOUT.length).toBeLessThan(EVENT_NAMES.length)
  const without = await attachedFor(WITHOUT)
  expect(without).toEqual(expect.arrayContaining(['process_exit', 'process_exec', 'process_fork']))
  expect(without.filter((name) => ON_CALLS.test(name) || name.startsWith('module_'))).toEqual([])

  const threads = await attachedFor(['THREAD_INJECTION'])
  expect(threads).toEqual(expect.arrayContaining(['remote_thread']))
  expect(threads.filter((name) => /^(write_|memory_write)/.test(name)).length).toBeGreaterThan(0)

  const pipes = await attachedFor(['OPEN_NAMED_PIPE'])
  expect(pipes.filter((name) => name.startsWith('fifo_open')).length).toBeGreaterThan(0)
  expect(pipes.filter((name) => ON_CALLS.test(name) && !/^fifo_(open|creat)/.test(name))).toEqual([])

  const handles = await attachedFor(['REMOTE_PROCESS_HANDLE'])
  expect(handles.filter((name) => /^(write_|memory_write|remote_thread)/.test(name))).toEqual([])
  expect(handles.filter((name) => ON_CALLS.test(name)).length).toBeGreaterThan(0)
  expect(handles.filter((name) => name.startsWith('module_'))).toEqual([])

  const loads = await attachedFor(['MODULE_LOAD'])
  expect(loads).toEqual(expect.arrayContaining(['process_exit', 'process_exec', 'process_fork', 'module_exec']))
  expect(loads.filter((name) => ON_CALLS.test(name)).length).toBeGreaterThan(0)
})

test('nobody can take away what is attached, so that nothing has to look after it', async () => {
  const apart = await Apart.open({ events: [...SUPPORTED_ON_LINUX] })
  const links = [...heldBy(apart.pid)].filter((name) => name.startsWith('link ')).map((name) => name.slice(5))
  expect(links.length).toBeGreaterThan(3)
  const answers = execFileSync(program('bpf-links'), links, { encoding: 'utf8' }).trimEnd().split('\n')
  expect(answers).toEqual(links.map((id) => `detach ${id} ${constants.errno.EOPNOTSUPP}`))
})
