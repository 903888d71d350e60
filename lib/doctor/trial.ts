/** The only certain way to know what the kernel allows: to attach, look, and detach. */
import type { Coverage } from '../coverage.js'
import { KernelwireError } from '../errors.js'
import { type EventName, SUPPORTED_HERE } from '../events/index.js'
import { RING_BYTES_MIN } from '../options.js'
import { type Measured, measure } from './measure.js'

export interface Trial {
  outcome: Coverage | KernelwireError
  measured: readonly Measured[] | undefined
}

/** Leaves nothing in the kernel. */
export async function tryOut(events: readonly EventName[], measures: boolean): Promise<Trial> {
  const supported = events.filter((name) => SUPPORTED_HERE.includes(name))
  if (supported.length === 0) return { outcome: { attachments: [] }, measured: undefined }
  const { openSensor } = await import('../sensor.js')
  try {
    await using sensor = await openSensor({ events: supported, ringBytes: measures ? undefined : RING_BYTES_MIN })
    return { outcome: sensor.coverage, measured: measures ? await measure() : undefined }
  } catch (error) {
    if (error instanceof KernelwireError) return { outcome: error, measured: undefined }
    throw error
  }
}
