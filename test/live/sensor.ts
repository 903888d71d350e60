/**
 * What a real sensor delivers of what a test does.
 *
 * Opening one takes the verifier some time, so the tests of a file that want the same events
 * share one. Nothing here waits for a time: the kernel's counters say when all was read.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll } from 'vitest'
import type { ErrorCode } from '../../lib/errors.js'
import { KernelwireError } from '../../lib/errors.js'
import {
  DEFAULT_EVENTS,
  type Delivered,
  type EventName,
  type EventOf,
  type EventRecord,
} from '../../lib/events/index.js'
import type { SensorOptions } from '../../lib/options.js'
import { openSensor, type Sensor } from '../../lib/sensor.js'
import { cannotRun } from './skip.js'
import { expectWellFormed } from './well-formed.js'

/** Where all is well nothing comes near it; in an emulated machine, which says so, to load all programs does. */
export const DEADLINE_MS = Number(process.env.KERNELWIRE_TEST_DEADLINE_MS ?? 45_000)
const LOOK_AGAIN_MS = 5

/** What openSensor() says where a machine cannot have a sensor. */
export const UNABLE: readonly ErrorCode[] = [
  'ERR_PLATFORM',
  'ERR_PRIVILEGE',
  'ERR_NO_BTF',
  'ERR_KERNEL',
  'ERR_NOTHING_ATTACHED',
]

/** As openSensor(); skips the test where this machine cannot have a sensor. */
export async function open<const N extends EventName>(options: SensorOptions<N>): Promise<Sensor<N>> {
  return openSensor(options).catch((error) => {
    if (error instanceof KernelwireError && UNABLE.includes(error.code)) cannotRun(error.message)
    throw error
  })
}

/** onBatch is taken here: a sensor has one consumer. */
export type CollectOptions<N extends EventName> = Omit<SensorOptions<N>, 'onBatch'>

/** A sensor and all that it has delivered so far. */
export class Collected<N extends EventName> {
  readonly events: Delivered<N>[] = []
  readonly sensor: Sensor<N>
  readonly #options: CollectOptions<N>
  readonly #ended: Promise<void>

  static async open<const N extends EventName>(options: CollectOptions<N>): Promise<Collected<N>> {
    return new Collected(await open(options), options)
  }

  private constructor(sensor: Sensor<N>, options: CollectOptions<N>) {
    this.sensor = sensor
    this.#options = options
    this.#ended = this.#collect()
  }

  async #collect(): Promise<void> {
    for await (const batch of this.sensor) this.events.push(...batch)
  }

  /**
   * Resolves when everything that the kernel has told until now is in `events`; only a fork that an
   * exec may still follow is not an event yet.
   */
  async upToNow(): Promise<void> {
    const told = Object.values(this.sensor.stats().records).map(({ attempts }) => attempts)
    await until(() => {
      const { records } = this.sensor.stats()
      return Object.values(records).every(({ read, failed, refused }, i) => read + failed + refused >= told[i]!)
    }, 'the sensor has read all records')
    // The last batch is on its way to the loop above.
    await delay(0)
  }

  /** Resolves when `events` has everything that happened before. Whatever else it is, it is well-formed. */
  async close(): Promise<this> {
    await this.sensor.close()
    await this.#ended
    const { events: names = DEFAULT_EVENTS, extended = false, filter } = this.#options
    expectWellFormed(this.events, names, extended, filter !== undefined)
    return this
  }
}

const shared = new Map<string, Promise<Collected<EventName>>>()

/** The sensor that the tests of this file share. */
function sharedSensor<const N extends EventName>(options: CollectOptions<N>): Promise<Collected<N>> {
  const key = JSON.stringify(options)
  const collected = shared.get(key) ?? Collected.open<EventName>(options)
  shared.set(key, collected)
  // Whoever fails to open one says so itself.
  collected.catch(() => shared.delete(key))
  return collected as unknown as Promise<Collected<N>>
}

afterAll(async () => {
  const all = [...shared.values()]
  shared.clear()
  for (const collected of all) await collected.then((opened) => opened.close())
})

type Outcome<T> = T extends ChildProcess ? { child: ChildProcess } : T

/**
 * From fork to exec a busy machine may take longer than the default window, so that one start would
 * be two events now and then. Tests of the window itself have a sensor with another one.
 */
const FORK_WINDOW_MS = 10_000

/**
 * Everything that a sensor delivers from the start of `action` to its end, the whole machine's. A
 * child that it returns is awaited first, and with it all of its descendants that hold its output.
 */
export async function eventsOf<const N extends EventName, T extends object>(
  names: readonly N[],
  action: () => T | Promise<T>,
  options: Omit<CollectOptions<N>, 'events'> = {},
): Promise<Outcome<T> & { events: Delivered<N>[] }> {
  const collected = await sharedSensor({ forkWindowMs: FORK_WINDOW_MS, ...options, events: names })
  const from = collected.events.length
  const result = await action()
  if (isChild(result)) await ended(result)
  await collected.upToNow()
  const outcome = isChild(result) ? { child: result } : result
  return { ...outcome, events: collected.events.slice(from) } as Outcome<T> & { events: Delivered<N>[] }
}

/** Resolves when the child and all that hold its output are gone; what it wrote, and how it ended. */
export async function ended(
  child: ChildProcess,
): Promise<{ output: string; code: number | null; signal: string | null }> {
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk) => chunks.push(chunk))
  child.stderr?.on('data', (chunk) => process.stderr.write(chunk))
  const [code, signal] = await once(child, 'close')
  return { output: Buffer.concat(chunks).toString(), code, signal }
}

/** Polls: for what no event tells. `what`: a sentence that becomes true. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`after ${DEADLINE_MS / 1_000} s it is still not so that ${what}`)
    await delay(LOOK_AGAIN_MS)
  }
}

/** The events about one process, in their order. */
export function eventsOfPid<R extends EventRecord>(events: readonly R[], pid: number | undefined): R[] {
  return events.filter(({ event }) => 'PROCESS_ID' in event && event.PROCESS_ID === pid)
}

/** The events of one name about one process. */
export function named<R extends EventRecord, N extends R['routing']['event_type']>(
  events: readonly R[],
  name: N,
  pid: number | undefined,
): EventOf<N>[] {
  return eventsOfPid(events, pid).filter(({ routing }) => routing.event_type === name) as unknown as EventOf<N>[]
}

function isChild(value: object): value is ChildProcess {
  return 'stdio' in value && 'spawnfile' in value
}
