import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { NewProcess } from '../../lib/events/index.js'
import { documented, last, startedHere } from './expected.js'
import { whileHeld } from './held.js'
import { statusLine } from './proc.js'
import { program } from './programs.js'
import { DEADLINE_MS, ended, eventsOf, named } from './sensor.js'
import { temporaryFolder } from './temporary.js'

const NOBODY = nameOf(65534)
/** In no passwd file. */
const STRANGER = 4_000_000_001

function nameOf(uid: number): string | undefined {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  return lines.map((line) => line.split(':')).find((fields) => Number(fields[2]) === uid)?.[0]
}

test('a program of another user has the number and the name of that user', async () => {
  const file = program('hold')
  const { child, seen, events } = await eventsOf(
    ['NEW_PROCESS'],
    () => whileHeld(program('as-user'), ['65534', '65533', file, 'argv0'], (pid) => statusLine(pid, 'Gid').map(Number)),
    { extended: true },
  )
  const record = last(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, {
      PROCESS_ID: child.pid,
      FILE_PATH: file,
      COMMAND_LINE: 'argv0',
      USER_ID: 65534,
      USER_NAME: NOBODY,
    }),
  )
  expect(record.event).toMatchObject({ EFFECTIVE_USER_ID: 65534, GROUP_ID: 65533, CAPABILITIES: '0000000000000000' })
  expect(seen[0]).toBe(65533)
})

test('a user that has no name has none in the event', async () => {
  const { child, events } = await eventsOf(
    ['NEW_PROCESS'],
    () => spawn(program('as-user'), [`${STRANGER}`, '65534', program('exit-as-told'), 'argv0']),
    { extended: true },
  )
  const { event } = last(named(events, 'NEW_PROCESS', child.pid))
  expect(event.USER_ID).toBe(STRANGER)
  expect(event).not.toHaveProperty('USER_NAME')
})

test('a setuid program has the user who runs it, and in an extended event also the one whose rights it has', async () => {
  // Temporary file systems are often mounted so that the bit means nothing.
  const file = `${program('hold')}.setuid`
  copyFileSync(program('hold'), file)
  onTestFinished(() => rmSync(file))
  chmodSync(file, 0o6755)
  const args = ['65534', '65534', file, 'argv0']
  const { child, seen, events } = await eventsOf(
    ['NEW_PROCESS'],
    () => whileHeld(program('as-user'), args, (pid) => statusLine(pid, 'Uid').map(Number)),
    { extended: true },
  )
  // Real, effective, saved, file system.
  expect(seen).toEqual([65534, 0, 0, 0])
  const record = last(named(events, 'NEW_PROCESS', child.pid))
  expect(documented(record.event)).toEqual(
    startedHere(record, {
      PROCESS_ID: child.pid,
      FILE_PATH: file,
      COMMAND_LINE: 'argv0',
      USER_ID: 65534,
      USER_NAME: NOBODY,
    }),
  )
  expect(record.event).toMatchObject({ EFFECTIVE_USER_ID: 0, GROUP_ID: 65534 })
})

test('a user who is entered into the passwd file while the sensor runs is called by that name from then on', async () => {
  const folder = temporaryFolder()
  const passwd = join(folder, 'passwd')
  writeFileSync(passwd, 'root:x:0:0:root:/root:/bin/sh\n')
  const watch = watchWithPasswd(passwd)

  await watch.started
  const asStranger = () => ended(spawn(program('as-user'), [`${STRANGER}`, '65534', program('exit-as-told'), 'argv0']))
  expect(await watch.next(asStranger)).not.toHaveProperty('USER_NAME')

  appendFileSync(passwd, `newcomer:x:${STRANGER}:65534::/:/bin/sh\n`)
  // It is looked at when a name is wanted, and not in every millisecond.
  const endMs = performance.now() + DEADLINE_MS
  let event = await watch.next(asStranger)
  while (event.USER_NAME === undefined && performance.now() < endMs) event = await watch.next(asStranger)
  expect(event).toMatchObject({ USER_ID: STRANGER, USER_NAME: 'newcomer' })
})

/** `kernelwire watch` where /etc/passwd is another file. `next`: the event of the next process of the stranger. */
function watchWithPasswd(passwd: string) {
  const main = new URL('../../dist/cli/main.js', import.meta.url).pathname
  const command = 'mount --bind "$0" /etc/passwd && exec "$@"'
  const args = ['--mount', 'sh', '-c', command, passwd, process.execPath, main]
  const child = spawn('unshare', [...args, 'watch', '--json', '--events', 'NEW_PROCESS,EXISTING_PROCESS'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    child.kill('SIGINT')
    if (child.exitCode === null) await ended(child)
  })
  const lines = linesOf(child)
  const find = async (wanted: (record: NewProcess) => boolean) => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error('watch ended')
      const record = JSON.parse(value) as NewProcess
      if (wanted(record)) return record.event
    }
  }
  return {
    started: find(({ event }) => event.PROCESS_ID === process.pid),
    next: async (run: () => Promise<unknown>) => {
      await run()
      return find(({ event }) => event.USER_ID === STRANGER && event.COMMAND_LINE === 'argv0')
    },
  }
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const chunk of child.stdout!) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  return undefined
}
