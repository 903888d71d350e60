/** One event of each name, as it comes when a script does one thing of each kind. */
import { spawn } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { EVENT_NAMES, type EventName, type EventRecord, SUPPORTED_ON_LINUX } from '../../lib/events/index.js'
import { Apart } from './apart.js'
import { program } from './programs.js'
import { Collected, ended, until } from './sensor.js'
import { temporaryFolder } from './temporary.js'

const UUIDS = {
  sid: '5e9f6a52-1f2b-8c3d-9e4f-0123456789ab',
  oid: '0f5f4d3a-6a4e-4d0c-9a53-1f0e6a1c2b7d',
  iid: '7c1d2f0e-3b6a-4f5e-8d9c-0a1b2c3d4e5f',
}
const ENVELOPE = { ...UUIDS, hostname: 'web-1', int_ip: '192.0.2.7', tags: ['lab'] }

/** Does, in a folder with copies of victim and inject, one thing of each kind. */
const SCRIPT = `
id > id.txt; id > id.txt
mkfifo pipe; cat pipe > /dev/null & echo word > pipe
eval "$(ssh-agent -s -a "$PWD/socket")" > /dev/null
head -c 1 "/proc/$SSH_AGENT_PID/mem" 2> /dev/null
kill "$SSH_AGENT_PID"
mkfifo in; ./victim < in > out & exec 3> in
until grep -q victim out; do sleep 0.1; done
./inject ptrace $(sed 's/^victim //' out)
exec 3>&-
wait`

export type Examples = { [N in EventName]?: EventRecord | undefined }

export async function examples(): Promise<Examples> {
  const folder = temporaryFolder()
  for (const name of ['victim', 'inject']) copyFileSync(program(name), join(folder, name))
  writeFileSync(join(folder, 'everything.sh'), SCRIPT)
  const before = spawn('bash', ['-c', 'sleep 3600; true'], { detached: true, stdio: 'ignore' })
  onTestFinished(() => void process.kill(-before.pid!))
  const collected = await Collected.open({ events: SUPPORTED_ON_LINUX, envelope: ENVELOPE, forkWindowMs: 10_000 })
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' }
  const shell = spawn('bash', ['everything.sh'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  await ended(shell)
  // What was executed is being hashed.
  await until(() => collected.events.some(isOfId('ONGOING_IDENTITY')), 'the second run of id is told')
  await collected.close()

  const { events } = collected
  const named = (name: EventName) => events.filter(({ routing }) => routing.event_type === name)
  const body = ({ event }: EventRecord) => event as unknown as Record<string, unknown>
  const start = named('NEW_PROCESS').find((each) => body(each).COMMAND_LINE === 'id')!
  const { PROCESS_ID: id } = body(start)
  const ofId = (name: EventName) => named(name).find((each) => body(each).PROCESS_ID === id)
  const inside = (name: EventName) => named(name).find((each) => JSON.stringify(each.event).includes(folder))
  const found: Examples = {
    NEW_PROCESS: start,
    EXISTING_PROCESS: named('EXISTING_PROCESS').find((each) => body(each).PARENT_PROCESS_ID === before.pid),
    TERMINATE_PROCESS: ofId('TERMINATE_PROCESS'),
    PROCESS_ENVIRONMENT: ofId('PROCESS_ENVIRONMENT'),
    MODULE_LOAD: named('MODULE_LOAD').find(
      (each) => body(each).PROCESS_ID === id && `${body(each).FILE_PATH}`.includes('libc.'),
    ),
    CODE_IDENTITY: named('CODE_IDENTITY').find(isOfId('CODE_IDENTITY')),
    ONGOING_IDENTITY: named('ONGOING_IDENTITY').find(isOfId('ONGOING_IDENTITY')),
    NEW_NAMED_PIPE: inside('NEW_NAMED_PIPE'),
    OPEN_NAMED_PIPE: inside('OPEN_NAMED_PIPE'),
    REMOTE_PROCESS_HANDLE: inside('REMOTE_PROCESS_HANDLE'),
    NEW_REMOTE_THREAD: inside('NEW_REMOTE_THREAD'),
    SENSITIVE_PROCESS_ACCESS: inside('SENSITIVE_PROCESS_ACCESS'),
    THREAD_INJECTION: inside('THREAD_INJECTION'),
    LOSS_ACCOUNTING: await loss(),
  }
  return Object.fromEntries(
    EVENT_NAMES.flatMap((name) => (found[name] === undefined ? [] : [[name, found[name]]])),
  ) as Examples
}

function isOfId(name: EventName) {
  return ({ routing, event }: EventRecord) =>
    routing.event_type === name && 'FILE_PATH' in event && `${event.FILE_PATH}`.endsWith('/bin/id')
}

async function loss(): Promise<EventRecord> {
  const apart = await Apart.open({ events: ['NEW_PROCESS'], ringBytes: 65_536, envelope: ENVELOPE })
  await apart.stop()
  await ended(spawn('bash', ['-c', 'for i in $(seq 300); do /bin/true; done']))
  apart.continue()
  const isLoss = ({ routing }: EventRecord) => routing.event_type === 'LOSS_ACCOUNTING'
  await apart.until(() => apart.events.some(isLoss), 'it tells of a loss')
  await apart.close()
  return apart.events.find(isLoss)!
}
