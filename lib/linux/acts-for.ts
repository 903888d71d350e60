/** What processes do to each other, where one of the events asked for needs it. */
import { Acts } from '../acts.js'
import type { CorrelationOptions } from '../correlate/correlator.js'
import type { EventStream, StreamOptions } from '../stream.js'
import { wantsFor } from './programs.js'

export function actsFor(
  stream: EventStream,
  options: StreamOptions,
  correlation: CorrelationOptions,
): Acts | undefined {
  return wantsFor(options.events) === 0 ? undefined : new Acts(stream, options, correlation)
}
