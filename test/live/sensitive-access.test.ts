/** SENSITIVE_PROCESS_ACCESS: who reads the memory of what keeps secrets, and who does not. */
import { execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type EventRecord, isEvent, type SensitiveProcessAccess } from '../../lib/events/index.js'
import { program } from './programs.js'
import { ended, eventsOf, named } from './sensor.js'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

const EVENTS = ['NEW_PROCESS', 'EXISTING_PROCESS', 'SENSITIVE_PROCESS_ACCESS'] as const
/** How long htop looks at all processes again and again. */
const HTOP_SECONDS = process.env.KERNELWIRE_ALL === '1' ? 60 : 3
const AGENT = '/usr/bin/ssh-agent'

/** It keeps the keys of a user; it runs until the test is over. */
function startAgent(): number {
  if (!existsSync(AGENT)) cannotRun(`there is no ${AGENT} (openssh-client)`)
  const output = execFileSync(AGENT, ['-s', '-a', join(temporaryFolder(), 'socket')], { encoding: 'utf8' })
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(output)![1])
  onTestFinished(() => {
    process.kill(pid)
  })
  return pid
}

async function done(file: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  const child = spawn(file, args, { stdio: 'pipe', ...options })
  await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('spawn', resolve)
  }).catch(() => cannotRun(`there is no ${file}`))
  // It may complain of what it may not see.
  child.stderr?.resume()
  child.stdin?.end()
  expect((await ended(child)).code).not.toBeNull()
  return child.pid!
}

function accesses(events: readonly EventRecord[], target: number): SensitiveProcessAccess[] {
  return events.filter(
    (record): record is SensitiveProcessAccess =>
      isEvent(record, 'SENSITIVE_PROCESS_ACCESS') &&
      (record.event.EVENTS.at(-1)!.event as { PROCESS_ID: number }).PROCESS_ID === target,
  )
}

function expectWhole(access: SensitiveProcessAccess, start: EventRecord, source: object): void {
  const [first, last, ...more] = access.event.EVENTS
  expect(more).toEqual([])
  expect(first).toEqual(start)
  expect(last!.routing.event_type).toBe('REMOTE_PROCESS_HANDLE')
  expect(access.routing).toMatchObject({ parent: last!.routing.parent, target: start.routing.this })
  expect(last!.event).toMatchObject({ SOURCE: source, TARGET: { FILE_PATH: AGENT, THIS_ATOM: start.routing.this } })
}

test('gcore, and a read of /proc/PID/mem, but not what lists processes', { timeout: 180_000 }, async () => {
  const { events, agent, reader } = await eventsOf(EVENTS, async () => {
    const agent = startAgent()
    await done('gcore', ['-o', join(temporaryFolder(), 'core'), `${agent}`])
    await done('ps', ['aux'])
    await done('top', ['-b', '-n', '2', '-d', '0.5'])
    await done('lsof', ['-n'])
    await done('script', ['-q', '-c', `timeout -s INT ${HTOP_SECONDS} htop -d 5`, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm' },
    })
    const reader = await done('head', ['-c', '1', `/proc/${agent}/mem`])
    await done('gcore', ['-o', join(temporaryFolder(), 'core'), `${agent}`])
    return { agent, reader }
  })
  const start = named(events, 'NEW_PROCESS', agent).at(-1)!
  const all = accesses(events, agent)
  const by = (path: RegExp) => all.filter(({ event }) => path.test(sourceOf(event)?.FILE_PATH ?? ''))
  for (const access of all) expectWhole(access, start, { FILE_PATH: expect.stringMatching(/\/(gdb|head)$/) })
  // Each gcore is a gdb of its own.
  expect(new Set(by(/\/gdb$/).map(({ routing }) => routing.parent)).size).toBe(2)
  const [read, ...others] = by(/\/head$/)
  expect(others).toEqual([])
  expect(read!.event.EVENTS.at(-1)!.event).toMatchObject({ ACCESS_FLAGS: 0x10, PARENT_PROCESS_ID: reader })
})

function sourceOf({ EVENTS: records }: SensitiveProcessAccess['event']) {
  return (records.at(-1)!.event as { SOURCE?: { FILE_PATH?: string } }).SOURCE
}

test('a program that is ignored is not told of, nor is a second access of the same kind', async () => {
  const correlation = { sensitive: [{ path: AGENT, user: 'root' }], ignore: [{ path: '*/head', user: 0 }] }
  const { events, agent } = await eventsOf(
    EVENTS,
    async () => {
      const agent = startAgent()
      await done('head', ['-c', '1', `/proc/${agent}/mem`])
      await done('tail', ['-c', '+0', `/proc/${agent}/mem`, `/proc/${agent}/mem`])
      return { agent }
    },
    { correlation },
  )
  expect(accesses(events, agent).map(({ event }) => sourceOf(event)?.FILE_PATH)).toEqual(['/usr/bin/tail'])
})

test('a process is sensitive by its path and user, not by its name', async () => {
  const { events, pid } = await eventsOf(EVENTS, async () => {
    const copy = join(temporaryFolder(), 'ssh-agent')
    execFileSync('cp', [program('hold'), copy])
    const child = spawn(copy, { stdio: 'pipe' })
    await done('head', ['-c', '1', `/proc/${child.pid}/mem`])
    child.stdin.end()
    await ended(child)
    return { pid: child.pid! }
  })
  expect(accesses(events, pid)).toEqual([])
})
