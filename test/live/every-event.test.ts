/**
 * Every event comes where doctor says that it can, and does not where it says that it cannot; and the
 * examples in docs/events.md are events that came. With KERNELWIRE_WRITE=1 what comes now takes their
 * place (docs/event-examples.json; then npm run docs).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, TestRunner, test } from 'vitest'
import type { Findings } from '../../lib/cli/doctor.js'
import type { Verdict } from '../../lib/doctor/verdict.js'
import { KernelwireError } from '../../lib/errors.js'
import { SUPPORTED_ON_LINUX } from '../../lib/events/index.js'
import { openSensor } from '../../lib/sensor.js'
import { Command } from './command.js'
import { type Examples, examples } from './examples.js'
import { UNABLE } from './sensor.js'
import { cannotRun } from './skip.js'

declare module 'vitest' {
  interface TaskMeta {
    /** What docs/kernels.md says of the event on this kernel. */
    doctor?: Pick<Verdict, 'state' | 'rungs'> & { release: string }
  }
}

const FILE = fileURLToPath(new URL('../../docs/event-examples.json', import.meta.url))

/** There or not, as it happens: what the kernel has counted and what was hashed by then. */
const VARYING = ['MEMORY_USAGE', 'HASH']

/** To load all programs takes a minute where the processor is emulated, on some kernels three. */
const TIMEOUT_MS = 600_000

interface Outcome {
  verdicts: readonly Verdict[]
  came: Examples
}

let outcome: Promise<Outcome> | undefined

/** The first test that asks does it all. */
function whatCame(): Promise<Outcome> {
  outcome ??= observe()
  return outcome
}

async function observe(): Promise<Outcome> {
  const { status, stdout } = await new Command(['doctor', '--json']).read().outcome()
  const verdicts = (JSON.parse(stdout) as Findings).events
  expect(status === 0).toBe(verdicts.every(({ state }) => state === 'works'))
  return { verdicts, came: (await isRefused()) ? {} : await examples() }
}

/** Whether the kernel has no sensor for anybody; skips the test where only this user has none. */
async function isRefused(): Promise<boolean> {
  try {
    await using _sensor = await openSensor({ events: ['NEW_PROCESS'] })
    return false
  } catch (error) {
    if (!(error instanceof KernelwireError) || !UNABLE.includes(error.code)) throw error
    return ['ERR_PRIVILEGE', 'ERR_PLATFORM'].includes(error.code) ? cannotRun(error.message) : true
  }
}

/** The names of all members, at any depth; of an array, those of each entry. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return typeof value[0] === 'object' ? value.map(shape) : []
  if (typeof value !== 'object' || value === null) return typeof value
  const members = Object.entries(value).filter(([name]) => !VARYING.includes(name))
  return Object.fromEntries(members.map(([name, member]) => [name, shape(member)]))
}

test.each(SUPPORTED_ON_LINUX)('%s comes where doctor says so', { timeout: TIMEOUT_MS }, async (name) => {
  const { verdicts, came } = await whatCame()
  const { state, rungs } = verdicts.find(({ event }) => event === name)!
  TestRunner.getCurrentTest()!.meta.doctor = { release: release(), state, rungs }
  expect({ name, came: came[name] !== undefined }).toEqual({ name, came: state !== 'impossible' })
})

test('events look as in docs/events.md', { timeout: TIMEOUT_MS }, async () => {
  const { came } = await whatCame()
  if (process.env.KERNELWIRE_WRITE === '1') writeFileSync(FILE, `${JSON.stringify(came, null, 2)}\n`)
  const documented = JSON.parse(readFileSync(FILE, 'utf8')) as Examples
  for (const name of SUPPORTED_ON_LINUX.filter((each) => each in came)) {
    expect([name, shape(came[name])]).toEqual([name, shape(documented[name])])
  }
})
