/** What the programs remember for each other: nobody can make them forget it unseen. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { isEvent } from '../../lib/events/index.js'
import { programsFor } from './coverage.js'
import { only } from './expected.js'
import { numberAfter, outputUntil, whileHeld } from './held.js'
import { program } from './programs.js'
import { Collected, ended, named } from './sensor.js'
import { cannotRun } from './skip.js'
import { scaled } from './storm.js'
import { temporaryFolder } from './temporary.js'

const THREAD_EVENTS = ['NEW_PROCESS', 'NEW_REMOTE_THREAD', 'THREAD_INJECTION'] as const
/** Of these the first that the kernel has. */
const SEE_MAPPINGS = ['module_map', 'module_mmap', 'module_calls']
const NOBODY = ['65534', '65534']
/** native/record.h, WRITES_MAX: a first user may hold half of them. */
const SHARE = 4_096 / 2
const TOO_MANY = 100

/** The code is in the victim; `go` makes it run, and resolves when its thread is there. */
async function beginInjection(mode: 'late' | 'scattered') {
  if (process.arch !== 'x64') cannotRun('the code that is injected is for x64')
  const victim = spawn(program('victim'), { stdio: 'pipe' })
  const words = /^victim (.*)\n/.exec(await outputUntil(victim, /^victim .*\n/))![1]!.split(' ')
  const begun = outputUntil(victim, /thread\n/)
  const actor = spawn(program('inject'), [mode, ...words], { stdio: 'pipe' })
  await outputUntil(actor, /written\n/)
  const go = async () => {
    const end = ended(actor)
    actor.stdin.end()
    await end
    await begun
    await close(victim)
  }
  return { actor: actor.pid!, target: victim.pid!, go }
}

/** Children that are written to, by this user, or by nobody. */
async function writeToMany(count: number, how: 'stay' | 'pass', user?: readonly string[]): Promise<ChildProcess> {
  const words = [open(program('write-to-many')), `${count}`, how]
  const file = user === undefined ? words.shift()! : program('as-user')
  const child = spawn(file, user === undefined ? words : [...user, words[0]!, ...words], { stdio: 'pipe' })
  await outputUntil(child, /ready\n/)
  return child
}

/** A copy that every user may run. */
function open(file: string): string {
  const copy = join(temporaryFolder(), basename(file))
  copyFileSync(file, copy)
  chmodSync(copy, 0o755)
  return copy
}

async function close(child: ChildProcess): Promise<void> {
  const end = ended(child)
  child.stdin!.end()
  await end
}

function expectTold(collected: Collected<(typeof THREAD_EVENTS)[number]>, actor: number, target: number): void {
  const thread = only(named(collected.events, 'NEW_REMOTE_THREAD', target))
  expect(thread.event).toMatchObject({ PARENT_PROCESS_ID: actor, PROCESS_ID: target })
  const injections = collected.events.filter((record) => isEvent(record, 'THREAD_INJECTION'))
  expect(injections.map(({ event }) => event.EVENTS[1])).toEqual([thread])
}

function lossesOf(collected: Collected<(typeof THREAD_EVENTS)[number]>) {
  return collected.events.filter((record) => isEvent(record, 'LOSS_ACCOUNTING')).map(({ event }) => event)
}

const forgotten = (collected: Collected<(typeof THREAD_EVENTS)[number]>) =>
  collected.sensor.stats().records.THREAD.forgotten

describe('who wrote into whom', () => {
  beforeEach(() => {
    if (process.arch !== 'x64') cannotRun('the code that is injected is for x64')
  })

  test('an injection is told whoever else is written to before its thread begins, and is gone again', async () => {
    const collected = await Collected.open({ events: THREAD_EVENTS })
    const { actor, target, go } = await beginInjection('late')
    await close(await writeToMany(scaled(6_000), 'pass'))
    await close(await writeToMany(scaled(1_000), 'stay'))
    await go()
    await collected.close()
    expectTold(collected, actor, target)
    expect(forgotten(collected)).toBe(0)
    expect(collected.sensor.stats().lost).toBe(0)
  })

  test('one user has their share of the memory; what is beyond is told as lost, and others are not concerned', async () => {
    const collected = await Collected.open({ events: THREAD_EVENTS })
    const many = await writeToMany(SHARE + TOO_MANY, 'stay', NOBODY)
    const { actor, target, go } = await beginInjection('late')
    await go()
    await collected.upToNow()
    expect(forgotten(collected)).toBe(TOO_MANY)
    await close(many)
    // When they are gone, the user has it back.
    await close(await writeToMany(TOO_MANY, 'stay', NOBODY))
    await collected.close()
    expectTold(collected, actor, target)
    expect(forgotten(collected)).toBe(TOO_MANY)
    const losses = lossesOf(collected)
    expect(new Set(losses.map(({ REASON }) => REASON))).toEqual(new Set(['MEMORY']))
    expect(losses.reduce((sum, { LOST }) => sum + LOST.THREAD!, 0)).toBe(TOO_MANY)
  })

  test('a thread of a process into which more was written than is remembered is told, or as lost', async () => {
    const collected = await Collected.open({ events: THREAD_EVENTS })
    const { target, go } = await beginInjection('scattered')
    await go()
    await collected.close()
    expect(named(collected.events, 'NEW_REMOTE_THREAD', target)).toEqual([])
    expect(lossesOf(collected)).toMatchObject([{ LOST: { THREAD: 1 }, BYTES: 0, REASON: 'MEMORY' }])
  })
})

describe('where a file begins that a process maps', () => {
  const EVENTS = ['NEW_PROCESS', 'MODULE_LOAD'] as const

  async function mapApart(others: number) {
    const isSeen = (await programsFor(EVENTS)).some((name) => SEE_MAPPINGS.includes(name))
    if (!isSeen) cannotRun('this kernel lets no program see what is mapped')
    const folder = temporaryFolder()
    const names = Array.from({ length: others + 1 }, (_, i) => join(folder, `file${i}`))
    copyFileSync('/bin/bash', names[0]!)
    for (const name of names.slice(1)) writeFileSync(name, 'data')
    const collected = await Collected.open({ events: EVENTS })
    const { child, output } = await whileHeld(program('map-apart'), names, () => undefined)
    await collected.close()
    const loads = named(collected.events, 'MODULE_LOAD', child.pid).filter(({ event }) => event.FILE_PATH === names[0])
    return { event: only(loads).event, mapped: numberAfter(output, 'mapped') }
  }

  test('it is told whatever few other files are mapped meanwhile', async () => {
    const { event, mapped } = await mapApart(7)
    expect(event.BASE_ADDRESS).toBe(mapped)
    expect(event.MEMORY_SIZE).toBeGreaterThan(0)
  })

  test('of many other files it is not claimed to be known', async () => {
    const { event } = await mapApart(40)
    expect(event).not.toHaveProperty('BASE_ADDRESS')
    expect(event).not.toHaveProperty('MEMORY_SIZE')
  })
})
