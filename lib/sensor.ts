/** openSensor(): the machine's events, live. */

import type { Coverage } from './coverage.js'
import { KernelwireError } from './errors.js'
import type { DefaultEvent, Delivered, EventName, NestedProcess } from './events/index.js'
import { openLinuxSensor } from './linux/sensor.js'
import { type SensorOptions, validate } from './options.js'
import type { SensorStats } from './stats.js'
import type { SensorUpdate } from './update.js'

/**
 * What a sensor and a recording have in common: events, and the processes that they are about.
 *
 * Iterate it once, in batches; or use `events()`, or give `onBatch` or `on`. Dropping out of the loop
 * closes it.
 */
export interface EventSource<N extends EventName = EventName> extends AsyncIterable<Delivered<N>[]>, AsyncDisposable {
  /** In the place of iterating it: one event at a time. Batches cost less. */
  events(): AsyncGenerator<Delivered<N>, void, undefined>
  /** Any number of times. */
  close(): Promise<void>
  /** How many records came and what became of them. */
  stats(): SensorStats
  /** What is attached to the kernel, or was, and what could not be. */
  readonly coverage: Coverage
  /** The processes that run now, as far as the events that were taken say. */
  processes(): NestedProcess[]
  /**
   * The process that an atom names, or that has a number: also when it has ended a moment ago, so that it can be
   * asked for while its events are handled. Some thousands of those that ended are remembered.
   */
  process(atomOrPid: string | number): NestedProcess | undefined
  /** Its parent, the parent's parent and so on, as far as they are known. */
  ancestors(atom: string): NestedProcess[]
  /** Keeps the program running while it is open: the default. */
  ref(): this
  /** Lets the program end although it is open. */
  unref(): this
}

/** The machine's events. A sensor keeps the program running until it is closed, unless it is unref'd. */
export interface Sensor<N extends EventName = EventName> extends EventSource<N> {
  /**
   * Takes everything out of the kernel; a loop that is under way gets what is still in the ring,
   * and then ends. onBatch and `on` have had all of it when the promise resolves. Any number of times.
   */
  close(): Promise<void>
  /**
   * Asks for other events, of other processes, while the sensor runs. What is asked for before and after is told
   * without a gap: its programs stay attached. Those that are needed no longer are detached.
   *
   * Everything that happened before the call is told by what was asked for before, everything that happens when the promise
   * has resolved by what is asked for now; so batches that come afterwards may still begin with the past. Where
   * EXISTING_PROCESS is asked for, processes that come into view are told. A filter's `subtreeOf` that stays the same
   * keeps its processes; another one begins with those that descend from it as far as is known.
   *
   * Only events of the sensor's type can be asked for: `openSensor<EventName>(…)` leaves all of them open.
   *
   * @throws KernelwireError: ERR_OPTION, ERR_UNKNOWN_EVENT, and ERR_CLOSED where the sensor is closed or is being closed.
   * What the kernel refuses is no error: see `coverage`.
   */
  update(update: SensorUpdate<N>): Promise<void>
  /** Writes what a flight recorder (`record: { lastMs }`) has kept into a file. */
  dump(path: string, options?: { force?: boolean }): Promise<void>
}

/**
 * Attaches to the kernel and starts to collect.
 *
 * @throws KernelwireError with a stable `code`: ERR_OPTION and ERR_UNKNOWN_EVENT for what cannot
 * be asked for, ERR_PLATFORM, ERR_NO_ADDON, ERR_PRIVILEGE, ERR_KERNEL,
 * ERR_NO_BTF and ERR_NOTHING_ATTACHED for what this machine does not allow. What the kernel refuses
 * of it is no error as long as something is left: see `coverage`.
 */
export async function openSensor<const N extends EventName = DefaultEvent>(
  options: SensorOptions<N> = {},
): Promise<Sensor<N>> {
  const resolved = validate(options)
  resolved.signal?.throwIfAborted()
  if (process.platform === 'win32') {
    const { openWindowsSensor } = await import('./windows/sensor.js')
    return openWindowsSensor(resolved)
  }
  if (process.platform !== 'linux') {
    throw new KernelwireError(
      'ERR_PLATFORM',
      `there are no live events on ${process.platform}; use Linux 5.8 or newer, or Windows 8.1 or newer`,
    )
  }
  return openLinuxSensor(resolved)
}
