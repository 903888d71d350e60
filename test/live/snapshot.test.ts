/** What processes do, or are, so that they cannot be listed: a sensor opens all the same, and says what it does not know. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import type { EventOf, EventRecord } from '../../lib/events/index.js'
import { Command, MAIN } from './command.js'
import { outputUntil } from './held.js'
import { program } from './programs.js'
import { ended } from './sensor.js'
import { cannotRun } from './skip.js'
import { temporaryFolder } from './temporary.js'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function held(file: string, ...args: string[]): Promise<number> {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const output = await outputUntil(child, /ready \d+\n|no FUSE here|no user namespaces here/)
  if (output.includes('no FUSE')) cannotRun('this kernel has no FUSE')
  if (output.includes('no user')) cannotRun('no user namespaces here')
  return child.pid!
}

/** Of a process that cannot keep the one that runs the tests waiting. */
async function listed(...words: string[]): Promise<{ events: EventOf<'EXISTING_PROCESS'>[]; stderr: string }> {
  const command = new Command(['watch', '--json', '--events', 'EXISTING_PROCESS', '--duration', '1'], {}, [
    ...words,
    process.execPath,
    MAIN,
  ])
  const { status, stdout, stderr } = await command.read().outcomeOfSensor()
  expect(status, stderr).toBe(0)
  const records = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as EventRecord)
  return { events: records as EventOf<'EXISTING_PROCESS'>[], stderr }
}

const ofPid = (events: EventOf<'EXISTING_PROCESS'>[], pid: number) =>
  events.find(({ event }) => event.PROCESS_ID === pid)?.event

const LONG = 'x'.repeat(50_000)

/** A process whose arguments nobody can read, for as long as `look` takes. */
async function whileStuck(kind: 'page' | 'lock', look: (pid: number, folder: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder()
  const pid = await held(program('move-arguments'), kind, folder)
  const child = children.at(-1)!
  const end = ended(child)
  try {
    await look(pid, folder)
  } finally {
    // It takes its file system away.
    child.stdin!.end()
    await end
  }
}

test('arguments that lie where a file server has to bring them are not waited for', async () => {
  await whileStuck('page', async (stuck) => {
    const other = await held(program('hold'), LONG)
    const { events } = await listed()
    expect(ofPid(events, stuck)).toMatchObject({
      FILE_PATH: program('move-arguments'),
      TRUNCATED: { COMMAND_LINE: 4_096 },
    })
    expect(ofPid(events, stuck)).not.toHaveProperty('COMMAND_LINE')
    expect(ofPid(events, other)).toMatchObject({ COMMAND_LINE: `${program('hold')} ${LONG}` })
    expect(ofPid(events, other)).not.toHaveProperty('TRUNCATED')
  })
})

test('memory that is locked for ever is not waited for', async () => {
  await whileStuck('lock', async (stuck, folder) => {
    const other = await held(program('hold'), LONG)
    const { events } = await listed()
    const bytes = [program('move-arguments'), 'lock', folder, ''].join('\0').length
    expect(ofPid(events, stuck)).toMatchObject({
      FILE_PATH: program('move-arguments'),
      TRUNCATED: { COMMAND_LINE: bytes },
    })
    expect(ofPid(events, other)).toMatchObject({ COMMAND_LINE: `${program('hold')} ${LONG}` })
  })
})

test.each([
  ['70 MiB', 70 * 2 ** 20, 70 * 2 ** 20],
  ['5 GiB', 5 * 2 ** 30, 2 ** 32 - 1],
])('a block of arguments of %s is cut, and no other one for it', async (_, bytes, told) => {
  const [forger, other] = [
    await held(program('move-arguments'), 'anonymous', `${bytes}`),
    await held(program('hold'), LONG),
  ]
  const { events } = await listed()
  const event = ofPid(events, forger)!
  expect(event.TRUNCATED).toEqual({ COMMAND_LINE: told })
  expect(event.COMMAND_LINE).toMatch(/^begin +$/)
  expect(ofPid(events, other)).toMatchObject({ COMMAND_LINE: `${program('hold')} ${LONG}` })
  expect(ofPid(events, other)).not.toHaveProperty('TRUNCATED')
})

test('all users of a user namespace have what the one who made it has', async () => {
  const texts = Array.from({ length: 6 }, () => 'x'.repeat(120_000))
  // More than there is for all, each with less than the other one.
  await held(program('crowd'), '110', '5')
  const other = await held(program('hold'), ...texts)
  const { events } = await listed()
  expect(ofPid(events, other)).toMatchObject({ COMMAND_LINE: [program('hold'), ...texts].join(' ') })
  expect(ofPid(events, other)).not.toHaveProperty('TRUNCATED')
  const crowd = events.filter(({ event }) => event.USER_ID! > 100_000)
  expect(crowd.some(({ event }) => event.TRUNCATED !== undefined)).toBe(true)
})

test('arguments are those of the process, whichever of its threads has left meanwhile', async () => {
  const pids: number[] = []
  for (let i = 0; i < 10; i++) pids.push(await held(program('hand-over')))
  const { events } = await listed()
  expect(pids.map((pid) => ofPid(events, pid)?.COMMAND_LINE)).toEqual(pids.map(() => program('hand-over')))
})

test.each([1_000_000, -20])(
  'in a time namespace %i s off, times and atoms are those of the machine',
  async (seconds) => {
    if (!existsSync('/proc/self/ns/time')) cannotRun('this kernel has no time namespaces')
    const here = await listed()
    // The clock on which sensors agree is not to be had: what this one makes of its own clock shows.
    const there = await listed(
      ...['unshare', '--mount', '--time', '--boottime', `${seconds}`, '--fork'],
      ...['sh', '-c', 'mount -t tmpfs none /run && exec "$@"', 'sh'],
    )
    const atoms = new Map(there.events.map(({ routing, event }) => [event.PROCESS_ID, { routing, event }]))
    // Process 1 may be known from /proc only, which cannot tell a start before the namespace's own beginning.
    const both = here.events.filter(({ event }) => event.PROCESS_ID > 1 && atoms.has(event.PROCESS_ID))
    expect(both.length).toBeGreaterThan(5)
    for (const { routing, event } of both) {
      const other = atoms.get(event.PROCESS_ID)!
      // All but the last four bytes, the second of its start, which a clock that was read anew may round otherwise.
      expect(other.routing.this.slice(0, 24)).toBe(routing.this.slice(0, 24))
      expect(Math.abs(other.event.CREATION_TIME! - event.CREATION_TIME!)).toBeLessThan(1_000)
    }
  },
)

test('in a pid namespace of its own, a sensor says whom it does not see', async () => {
  const { events, stderr } = await listed('unshare', '--pid', '--fork', '--mount-proc')
  expect(events.map(({ event }) => event.COMMAND_LINE)).toEqual([expect.stringContaining(MAIN)])
  expect(events[0]!.event).not.toHaveProperty('TRUNCATED')
  expect(stderr).toMatch(
    /^kernelwire: missing here: processes outside of this pid namespace .*; run it in the pid namespace/m,
  )
})

test('in a pid namespace with the /proc of the machine, a sensor lists the machine', async () => {
  const pid = await held(program('hold'), LONG)
  const { events, stderr } = await listed('unshare', '--pid', '--fork')
  expect(ofPid(events, pid)).toMatchObject({ FILE_PATH: program('hold'), COMMAND_LINE: `${program('hold')} ${LONG}` })
  expect(stderr).toMatch(
    /^kernelwire: missing here: of processes outside of this pid namespace .*starts to less than 10 ms/m,
  )
})

test('without /proc all processes are there, and what is cut says so', async () => {
  const pid = await held(program('hold'), LONG)
  const hidden = 'mount -t tmpfs none /proc && exec "$@"'
  const { events, stderr } = await listed('unshare', '--mount', 'sh', '-c', hidden, 'sh')
  expect(ofPid(events, pid)).toMatchObject({
    FILE_PATH: program('hold'),
    TRUNCATED: { COMMAND_LINE: LONG.length + program('hold').length + 2 },
  })
  expect(stderr).toMatch(/^kernelwire: missing here: the arguments of processes .*; mount the \/proc/m)
})

test('where no clock can be agreed upon, that is said', async () => {
  const readOnly = 'mount -t tmpfs -o ro none /run && exec "$@"'
  const { stderr } = await listed('unshare', '--mount', 'sh', '-c', readOnly, 'sh')
  expect(stderr).toMatch(
    /^kernelwire: missing here: the clock on which the sensors of this boot agree \(.*\/run\/kernelwire.*\)/m,
  )
})
