import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Delivered, isEvent } from '../../lib/events/index.js'
import type { RecordName } from '../../lib/index.js'
import type { Sensor } from '../../lib/sensor.js'
import { namedTooEarly } from './causality.js'
import { isWhole, Lives } from './lives.js'
import { library, program } from './programs.js'
import { ended, open } from './sensor.js'
import { cannotRun } from './skip.js'
import { copies, type Lifetime, scaled, storm } from './storm.js'
import { temporaryFolder } from './temporary.js'

const NOBODY = 65_534
const RING_BYTES = 2 ** 20
const EVENTS = ['NEW_PROCESS', 'TERMINATE_PROCESS', 'EXISTING_PROCESS', 'PROCESS_ENVIRONMENT'] as const
type Name = (typeof EVENTS)[number]

/** The kernel allows 128 KiB for one (fs/exec.c, MAX_ARG_STRLEN). */
const LONG = 'x'.repeat(120_000)
const ARGUMENTS = [LONG, LONG]
const ENVIRONMENT = { FIRST: LONG, SECOND: LONG }

/** An exec's records while bulk is refused: fork, exec with its first 512 bytes of arguments, exit. */
const LIFE_BYTES = 72 + 88 + 100 + 512 + 48

const openForFlood = () => open<Name>({ events: EVENTS, ringBytes: RING_BYTES, forkWindowMs: 10_000 })

interface Flood {
  /** Each of them ran a program with all of this. */
  lives: Lifetime[]
  commandLine: string
}

/** What an ordinary user can do: programs whose arguments and environment are a few of a ring full. */
async function flood(execs: number): Promise<Flood> {
  const programs = copies('storm')
  const options = { uid: NOBODY, gid: NOBODY, env: ENVIRONMENT, cwd: '/' }
  const { made } = await storm({ execs, arguments: ARGUMENTS, programs, options })
  return {
    lives: made.filter(({ kind }) => kind === 'exec'),
    commandLine: [programs.tiny, ...ARGUMENTS].join(' '),
  }
}

function expectNoLifeLost(events: Delivered<Name>[], { lives }: Flood): void {
  const stream = new Lives(events)
  expect(lives.filter((one) => !isWhole(stream.of(one))).map((one) => [one, stream.of(one)])).toEqual([])
  expect(namedTooEarly(events)).toEqual([])
}

/** Each has everything, or says what is missing in it. */
function expectBulkWholeOrCut(events: Delivered<Name>[], { lives, commandLine }: Flood): void {
  const stream = new Lives(events)
  const variables = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`)
  let cut = 0
  for (const one of lives) {
    const { starts, environments } = stream.of(one)
    const { COMMAND_LINE, TRUNCATED } = starts[0]!.record.event
    for (const { record } of environments) expect([...record.event.ENVIRONMENT_VARIABLES].sort()).toEqual(variables)
    if (TRUNCATED === undefined) {
      expect(COMMAND_LINE).toBe(commandLine)
      continue
    }
    cut++
    // The kernel's block has a NUL behind each argument.
    expect(TRUNCATED).toEqual({ COMMAND_LINE: commandLine.length + 1 })
    expect(commandLine.startsWith(COMMAND_LINE!)).toBe(true)
  }
  expect(cut).toBeGreaterThan(0)
  expect(events.some((record) => isEvent(record, 'PROCESS_ENVIRONMENT'))).toBe(true)
}

function expectLossTold(sensor: Sensor<Name>, events: Delivered<Name>[]): void {
  const { records } = sensor.stats()
  const losses = events.filter((record) => isEvent(record, 'LOSS_ACCOUNTING')).map(({ event }) => event)
  const told = (name: RecordName) => losses.reduce((sum, { LOST }) => sum + (LOST[name] ?? 0), 0)
  expect(Object.values(records).filter(({ failed }) => failed > 0)).toEqual([])
  expect(new Set(losses.map(({ REASON }) => REASON))).toEqual(new Set(['BULK_SHARE']))
  for (const name of ['ARGUMENTS', 'ENVIRONMENT'] as const) {
    expect(records[name].refused).toBeGreaterThan(0)
    expect(told(name)).toBe(records[name].refused)
  }
}

test('a flood of arguments and environments takes no start and no end from a consumer that stands still', async () => {
  const execs = scaled(Math.floor(RING_BYTES / 4 / LIFE_BYTES))
  const sensor = await openForFlood()
  const batches = sensor[Symbol.asyncIterator]()
  const events = [...(await batches.next()).value!]
  const flooded = await flood(execs)
  await sensor.close()

  for (let next = await batches.next(); !next.done; next = await batches.next()) events.push(...next.value)
  expect(flooded.lives).toHaveLength(execs)
  expectNoLifeLost(events, flooded)
  expectBulkWholeOrCut(events, flooded)
  expectLossTold(sensor, events)
})

test('a flood of arguments and environments takes no start and no end from a slow consumer', async () => {
  const execs = scaled(600)
  const sensor = await openForFlood()
  const flooding = flood(execs).finally(() => sensor.close())

  const events: Delivered<Name>[] = []
  for await (const batch of sensor) {
    events.push(...batch)
    await delay(200)
  }
  const flooded = await flooding
  expect(flooded.lives).toHaveLength(execs)
  expectNoLifeLost(events, flooded)
  expectBulkWholeOrCut(events, flooded)
  expectLossTold(sensor, events)
})

describe('a flood of what anybody can make at will takes no start and no end of another user', () => {
  const ALL = [
    'NEW_PROCESS',
    'TERMINATE_PROCESS',
    'PROCESS_ENVIRONMENT',
    'MODULE_LOAD',
    'OPEN_NAMED_PIPE',
    'NEW_NAMED_PIPE',
    'REMOTE_PROCESS_HANDLE',
    'NEW_REMOTE_THREAD',
  ] as const
  const SMALL_BYTES = 2 ** 18
  /** The smallest record of these has 56 bytes: twice the ring. */
  const OFTEN = Math.ceil((2 * SMALL_BYTES) / 56)
  /** Of the other user: in less than half of the ring. */
  const EXECS = Math.floor(SMALL_BYTES / 4 / LIFE_BYTES)

  /** As an ordinary user, to its end. */
  async function asNobody(name: string, ...words: string[]): Promise<void> {
    const user = `${NOBODY}`
    const child = spawn(program('as-user'), [user, user, program(name), name, ...words], { stdio: 'pipe' })
    expect(await ended(child)).toMatchObject({ code: 0 })
  }

  function openFolder(): string {
    const folder = temporaryFolder()
    chmodSync(folder, 0o777)
    return folder
  }

  async function modules(): Promise<void> {
    const copy = join(openFolder(), 'library.so')
    copyFileSync(library('library'), copy)
    await asNobody('load-often', `${Math.ceil(OFTEN / 2)}`, copy)
  }

  const FLOODS: Record<string, { types: RecordName[]; make: () => Promise<unknown> }> = {
    modules: { types: ['MODULE'], make: modules },
    'pipes and opened memory': {
      types: ['PIPE', 'ACCESS'],
      make: () => asNobody('act-often', `${OFTEN}`, openFolder()),
    },
    'threads of others': { types: ['THREAD'], make: () => asNobody('thread-often', `${OFTEN}`) },
    'arguments and environments': { types: ['ARGUMENTS', 'ENVIRONMENT'], make: () => flood(8) },
  }

  async function expectOthersWhole(types: readonly RecordName[], make: () => Promise<unknown>): Promise<void> {
    if (process.arch !== 'x64') cannotRun('the code that makes threads is for x64')
    const sensor = await open({ events: ALL, ringBytes: SMALL_BYTES, forkWindowMs: 10_000 })
    const batches = sensor[Symbol.asyncIterator]()
    const first = batches.next()
    // On a machine that does nothing else no batch would come, and the sensor would not stand still.
    await ended(spawn('true', { stdio: 'pipe' }))
    const events = [...(await first).value!]
    await make()
    const { made } = await storm({ execs: EXECS, programs: copies('storm') })
    await sensor.close()

    for (let next = await batches.next(); !next.done; next = await batches.next()) events.push(...next.value)
    const lives = made.filter(({ kind }) => kind === 'exec')
    const stream = new Lives(events)
    expect(lives).toHaveLength(EXECS)
    expect(lives.filter((one) => !isWhole(stream.of(one)))).toEqual([])
    const { records } = sensor.stats()
    expect(types.filter((type) => records[type].refused === 0)).toEqual([])
    expect(Object.entries(records).filter(([, { failed }]) => failed > 0)).toEqual([])
  }

  test.each(Object.entries(FLOODS))('%s', async (_, { types, make }) => {
    await expectOthersWhole(types, make)
  })

  test('all of them together', async () => {
    const floods = Object.values(FLOODS)
    await expectOthersWhole(
      floods.flatMap(({ types }) => types).filter((type) => type !== 'THREAD'),
      () => Promise.all(floods.map(({ make }) => make())),
    )
  })
})
