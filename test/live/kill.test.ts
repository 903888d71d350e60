import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Apart, type Ending, type Where } from './apart.js'
import { count, heldBy, inKernel, type Kind } from './kernel-objects.js'
import { DEADLINE_MS, open, until } from './sensor.js'
import { temporaryFolder } from './temporary.js'

const GONE_MS = 2_000

/** What of it the kernel still has, when it had time to go. */
async function leftOf(objects: ReadonlySet<string>): Promise<string[]> {
  const endMs = performance.now() + GONE_MS
  for (;;) {
    const present = inKernel()
    const left = [...objects].filter((object) => present.has(object))
    if (left.length === 0 || performance.now() > endMs) return left
    await delay(20)
  }
}

function expectInKernel(objects: ReadonlySet<string>): void {
  const present = inKernel()
  expect([...objects].filter((object) => !present.has(object))).toEqual([])
}

async function openAndHeld(where: Where = {}): Promise<{ apart: Apart; objects: Set<string> }> {
  const apart = await Apart.open({}, where)
  const objects = heldBy(apart.pid)
  for (const kind of ['prog', 'map', 'link'] as const) expect(count(objects, kind)).toBeGreaterThanOrEqual(3)
  expectInKernel(objects)
  return { apart, objects }
}

/** A sensor that is being opened, and has come so far. */
async function startingUntil(kind: Kind, enough: number, where: Where = {}): Promise<Apart> {
  const apart = Apart.start({}, where)
  await apart.until(() => count(heldBy(apart.pid), kind) >= enough, `it has ${enough} ${kind}`)
  return apart
}

test('nothing is left in the kernel of a sensor that was killed', async () => {
  const { apart, objects } = await openAndHeld()
  await apart.kill()
  expect(await leftOf(objects)).toEqual([])
})

describe('nothing is left in the kernel of a sensor that was killed while it started', () => {
  const moments: [string, Kind, number][] = [
    ['with its first map', 'map', 1],
    ['with its first program', 'prog', 1],
    ['with its second program', 'prog', 2],
    ['with its first link', 'link', 1],
    ['with its third link', 'link', 3],
  ]

  test.each(moments)('%s', async (_, kind, enough) => {
    const apart = await startingUntil(kind, enough)
    await apart.stop()
    const objects = heldBy(apart.pid)
    expect(count(objects, kind)).toBeGreaterThanOrEqual(enough)
    expectInKernel(objects)

    await apart.kill()
    expect(await leftOf(objects)).toEqual([])
  })
})

describe('nothing is left in the kernel, although the process goes on, of a sensor that ended', () => {
  const endings: [string, Ending, Where, string | null][] = [
    ['by close()', 'close', {}, null],
    ['by a break from the loop', 'break', {}, null],
    ['by its signal', 'abort', {}, 'enough'],
    ['by close() in a worker thread', 'close', { inWorker: true }, null],
    ['with its worker thread', 'terminate', { inWorker: true }, 'terminated'],
  ]

  test.each(endings)('%s', async (_, how, where, reason) => {
    const { apart, objects } = await openAndHeld(where)
    apart.end(how)
    await until(() => apart.ended !== undefined, 'it has ended')
    expect(apart.ended!.reason).toBe(reason)
    expect(await leftOf(objects)).toEqual([])
    expect(heldBy(apart.pid)).toEqual(new Set())
    expect(apart.hasExited).toBe(false)
  })
})

describe('nothing is left in the kernel, although the process goes on, of a sensor that ended while it started', () => {
  const endings: [string, Ending, Where, string][] = [
    ['by its signal', 'abort', {}, 'enough'],
    ['by its signal in a worker thread', 'abort', { inWorker: true }, 'enough'],
    ['with its worker thread', 'terminate', { inWorker: true }, 'terminated'],
  ]

  test.each(endings)('%s', async (_, how, where, reason) => {
    const apart = await startingUntil('prog', 1, where)
    const objects = heldBy(apart.pid)
    apart.end(how)
    await until(() => apart.ended !== undefined, 'it has ended')
    expect(apart.ended!.reason).toBe(reason)
    expect(await leftOf(objects)).toEqual([])
    expect(heldBy(apart.pid)).toEqual(new Set())
    expect(apart.hasExited).toBe(false)
  })
})

test('nothing is left in the kernel of a sensor whose process exits', async () => {
  const { apart, objects } = await openAndHeld()
  apart.end('exit')
  await until(() => apart.hasExited, 'it has exited')
  expect(apart.process.exitCode).toBe(0)
  expect(await leftOf(objects)).toEqual([])
})

test('nothing is left in the kernel of a sensor whose process exits while it starts', async () => {
  const apart = await startingUntil('prog', 1)
  const objects = heldBy(apart.pid)
  apart.end('exit')
  await until(() => apart.hasExited, 'it has exited')
  expect(apart.process.exitCode).toBe(0)
  expect(await leftOf(objects)).toEqual([])
})

const EXITS = fileURLToPath(new URL('exits.mjs', import.meta.url))
/** Of each way: a fault that one end in 75 has shows itself in 19 of 20 runs of all. An emulated processor takes minutes for one. */
const ENDS = DEADLINE_MS > 45_000 ? 2 : 45
const AT_ONCE = 4

const WAYS: [string, number][] = [
  ['exits', 0],
  ['throws', 1],
  ['exits-at-signal', 0],
  ['exits-in-worker', 0],
  ['throws-in-worker', 1],
]

test.each(WAYS)(
  'a program that %s while its files are hashed ends so each time',
  { timeout: 600_000 },
  async (how, expected) => {
    await (await open({ events: ['CODE_IDENTITY'] })).close()
    const folder = temporaryFolder()
    const ends: Record<string, number> = {}
    let left = ENDS
    const endThem = async () => {
      while (left-- > 0) {
        const child = spawn(process.execPath, [EXITS, how, folder], { stdio: 'ignore' })
        const [code, signal] = await once(child, 'exit')
        const end = `${code ?? signal}`
        ends[end] = (ends[end] ?? 0) + 1
        for (const name of readdirSync(folder)) if (name.startsWith(`${child.pid}-`)) rmSync(join(folder, name))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, endThem))
    expect(ends).toEqual({ [expected]: ENDS })
  },
)
