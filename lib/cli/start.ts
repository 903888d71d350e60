/** Opening a sensor while the end may be asked for, and ending it without losing what is in the ring. */
import type { EventName } from '../events/index.js'
import type { SensorOptions } from '../options.js'

/** Undefined when the end was asked for before there was anything to end. */
export async function start<S extends { close(): Promise<void> }>(
  options: SensorOptions<EventName>,
  end: AbortSignal,
  open: (options: SensorOptions<EventName>) => Promise<S>,
): Promise<S | undefined> {
  if (end.aborted) return undefined
  const starting = new AbortController()
  const cancel = () => starting.abort()
  end.addEventListener('abort', cancel)
  try {
    const sensor = await open({ ...options, signal: starting.signal })
    // Not through the signal from now on: an abort would throw away what is still in the ring.
    end.addEventListener('abort', () => void sensor.close().catch(reportedByTheLoop))
    if (end.aborted) await sensor.close()
    return sensor
  } catch (error) {
    if (end.aborted) return undefined
    throw error
  } finally {
    end.removeEventListener('abort', cancel)
  }
}

function reportedByTheLoop(): void {}
