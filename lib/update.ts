/** What sensor.update() can be told. Checked as the options of openSensor() are. */
import { KernelwireError } from './errors.js'
import type { EventName } from './events/index.js'
import { type FilterOptions, validateFilter } from './filter/options.js'
import { suggestion } from './nearest.js'
import { eventSet } from './options.js'

/** What is left out stays as it is. */
export interface SensorUpdate<N extends EventName = EventName> {
  /** All events to deliver from now on: those of the sensor's type. */
  events?: readonly N[] | undefined
  /** The filter from now on, as a whole; `{}` lets everything pass. */
  filter?: FilterOptions | undefined
}

export interface ResolvedUpdate {
  /** LOSS_ACCOUNTING included; undefined: as they are. */
  events: ReadonlySet<EventName> | undefined
  /** Undefined: as it is. */
  filter: { options: FilterOptions | undefined } | undefined
}

const NAMES = ['events', 'filter'] as const satisfies readonly (keyof SensorUpdate)[]

export function validateUpdate(update: SensorUpdate): ResolvedUpdate {
  if (typeof update !== 'object' || update === null || Array.isArray(update)) {
    throw new KernelwireError('ERR_OPTION', `an update must be an object such as { events: ['NEW_PROCESS'] }`)
  }
  for (const name of Object.keys(update)) {
    if ((NAMES as readonly string[]).includes(name)) continue
    throw new KernelwireError(
      'ERR_OPTION',
      `"${name}" cannot be changed while a sensor runs; ${suggestion(name, NAMES)}, or open another sensor`,
    )
  }
  const { events, filter } = update
  return {
    events: events === undefined ? undefined : eventSet(events),
    filter: filter === undefined ? undefined : { options: validateFilter(filter) },
  }
}

export function closedRefusal(): KernelwireError {
  return new KernelwireError('ERR_CLOSED', 'the sensor is closed, so nothing of it can be changed; open another one')
}
