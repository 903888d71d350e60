/** What sensor.update() can be told. Checked as the options of openSensor() are. */
import { KernelwireError } from './errors.js'
import type { EventName } from './events/index.js'
import { type FilterOptions, validateFilter } from './filter/options.js'
import { given } from './given.js'
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

export function validateUpdate(update: unknown): ResolvedUpdate {
  const { events, filter } = given(update, NAMES, {
    what: 'an update',
    example: `{ events: ['NEW_PROCESS'] }`,
    unknown: (name) =>
      `"${name}" cannot be changed while a sensor runs; ${suggestion(name, NAMES)}, or open another sensor`,
  })
  return {
    events: events === undefined ? undefined : eventSet(events),
    filter: filter === undefined ? undefined : { options: validateFilter(filter) },
  }
}

export function closedRefusal(): KernelwireError {
  return new KernelwireError('ERR_CLOSED', 'the sensor is closed, so nothing of it can be changed; open another one')
}
