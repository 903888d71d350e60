import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Apart } from './apart.js'
import { DEADLINE_MS } from './sensor.js'

const BOUND = 0.001
const RSS_BYTES = 100e6

/** Quiet time is put together of such pieces: on few machines nothing starts or ends for ten seconds. */
const PIECE_MS = 250
const QUIET_PIECES = 40
/** A fork may wait for its exec so long after the event before it, and the sensor with it. */
const AFTERMATH_MS = 300

/** Of all threads: sched(7), /proc/PID/task/TID/schedstat. */
function cpuMs(pid: number): number {
  const tasks = `/proc/${pid}/task`
  return (
    readdirSync(tasks).reduce(
      (sum, tid) => sum + Number(readFileSync(`${tasks}/${tid}/schedstat`, 'utf8').split(' ')[0]),
      0,
    ) / 1e6
  )
}

function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) * 1024
}

/** The smallest share of a core in ten seconds without events, as soon as it is under the bound. */
async function idleShare(apart: Apart): Promise<number> {
  const quiet: number[] = []
  let best = Number.POSITIVE_INFINITY
  let eventMs = performance.now()
  let seen = apart.events.length
  const endMs = performance.now() + DEADLINE_MS
  while (performance.now() < endMs) {
    const before = cpuMs(apart.pid)
    const fromMs = performance.now()
    await delay(PIECE_MS)
    const share = (cpuMs(apart.pid) - before) / (performance.now() - fromMs)
    if (apart.events.length > seen) eventMs = performance.now()
    seen = apart.events.length
    if (fromMs - eventMs < AFTERMATH_MS) continue
    quiet.push(share)
    if (quiet.length < QUIET_PIECES) continue
    best = Math.min(best, quiet.slice(-QUIET_PIECES).reduce((sum, piece) => sum + piece, 0) / QUIET_PIECES)
    if (best < BOUND) break
  }
  return best
}

test('a sensor to which nothing happens takes less than a thousandth of a core, and less than 100 MB', async () => {
  const apart = await Apart.open({})
  expect(await idleShare(apart)).toBeLessThan(BOUND)
  expect(residentBytes(apart.pid)).toBeLessThan(RSS_BYTES)
  expect(apart.ended).toBeUndefined()
})
