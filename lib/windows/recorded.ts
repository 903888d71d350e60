/** What a recorder is told of a sensor on Windows. */
import { release } from 'node:os'
import type { BackendOptions } from '../backend.js'
import { version } from '../cli/version.js'
import { encodeSeed } from '../recording/meta.js'
import type { Recorded } from '../recording/recorder.js'
import type { EtwMappingOptions } from './mapping.js'
import type { WindowsSource } from './source.js'

/** Windows has no other on x64. */
const PAGE_BYTES = 4_096

export function recordedOf(
  source: Pick<WindowsSource, 'coverage' | 'attachedMs' | 'takeSnapshot'>,
  { events, extended, allAccess, envelope, filter, correlation, runSeed, atomSeed }: EtwMappingOptions,
  { forkWindowMs, ringBytes }: Pick<BackendOptions, 'forkWindowMs' | 'ringBytes'>,
): Recorded {
  return {
    meta: () => ({
      version: version(),
      system: { platform: process.platform, release: release(), arch: process.arch },
      layout: 'etw',
      beganMs: Date.now(),
      options: { events: [...events], extended, allAccess, forkWindowMs, filter, correlation },
      envelope,
      runSeed: encodeSeed(runSeed),
      bootSeed: encodeSeed(atomSeed),
      // Times of records are those of the day.
      bootToEpochMs: 0,
      clockMs: 0,
      pageBytes: PAGE_BYTES,
      ringBytes,
      coverage: source.coverage,
    }),
    attachedMs: source.attachedMs,
    // It is among the records, soon: then a part can be replayed without those before it.
    takeSnapshot: async () => {
      source.takeSnapshot()
      return undefined
    },
    userName: () => undefined,
  }
}
