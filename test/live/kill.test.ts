import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Apart, type Ending } from './apart.js'
import { count, heldBy, inKernel } from './kernel-objects.js'
import { until } from './sensor.js'

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

async function stop(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  const isStopped = (tid: string) => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8'))
  await until(() => readdirSync(`/proc/${pid}/task`).every(isStopped), 'every thread has stopped')
}

async function openAndHeld(where: { inWorker?: boolean } = {}): Promise<{ apart: Apart; objects: Set<string> }> {
  const apart = await Apart.open({}, where)
  const objects = heldBy(apart.pid)
  expect(count(objects, 'prog')).toBeGreaterThanOrEqual(3)
  expect(count(objects, 'link')).toBeGreaterThanOrEqual(3)
  expect(count(objects, 'map')).toBeGreaterThanOrEqual(3)
  expectInKernel(objects)
  return { apart, objects }
}

test('nothing is left in the kernel of a sensor that was killed', async () => {
  const { apart, objects } = await openAndHeld()
  await apart.kill()
  expect(await leftOf(objects)).toEqual([])
})

describe('nothing is left in the kernel of a sensor that was killed while it started', () => {
  const moments = [
    ['with its first map', 'map', 1],
    ['with its first program', 'prog', 1],
    ['with its second program', 'prog', 2],
    ['with its first link', 'link', 1],
    ['with its third link', 'link', 3],
  ] as const

  test.each(moments)('%s', async (_, kind, enough) => {
    const apart = Apart.start({})
    await until(
      () => apart.refused !== undefined || count(heldBy(apart.pid), kind) >= enough,
      `it has ${enough} ${kind}`,
    )
    await stop(apart.pid)
    const objects = heldBy(apart.pid)
    expect(count(objects, kind)).toBeGreaterThanOrEqual(enough)
    expectInKernel(objects)

    await apart.kill()
    expect(await leftOf(objects)).toEqual([])
  })
})

describe('nothing is left in the kernel, although the process goes on, of a sensor that ended', () => {
  const endings: [string, Ending, { inWorker?: boolean }, string | null][] = [
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
    expect(apart.ended).toBe(reason)
    expect(await leftOf(objects)).toEqual([])
    expect(apart.hasExited).toBe(false)
    expect(heldBy(apart.pid)).toEqual(new Set())
  })
})

test('nothing is left in the kernel of a sensor whose process exits', async () => {
  const { apart, objects } = await openAndHeld()
  apart.end('exit')
  await until(() => apart.hasExited, 'it has exited')
  expect(apart.process.exitCode).toBe(0)
  expect(await leftOf(objects)).toEqual([])
})

describe('nothing is left in the kernel of a worker thread that was terminated while its sensor started', () => {
  const moments = [
    ['with its first map', 'map', 1],
    ['with its first program', 'prog', 1],
    ['with its first link', 'link', 1],
  ] as const

  test.each(moments)('%s', async (_, kind, enough) => {
    const apart = Apart.start({}, { inWorker: true })
    await until(
      () => apart.refused !== undefined || count(heldBy(apart.pid), kind) >= enough,
      `it has ${enough} ${kind}`,
    )
    const objects = heldBy(apart.pid)
    apart.end('terminate')
    await until(() => apart.ended !== undefined, 'it has ended')
    expect(await leftOf(objects)).toEqual([])
    expect(apart.hasExited).toBe(false)
    expect(heldBy(apart.pid)).toEqual(new Set())
  })
})
