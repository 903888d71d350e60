/** All that stands between a source of records and its consumer, made for this machine; recorded, where that was asked for. */
import { randomUUID } from 'node:crypto'
import { release } from 'node:os'
import { Acts } from '../acts.js'
import { version } from '../cli/version.js'
import { EventClock } from '../clock.js'
import type { ResolvedCorrelation } from '../correlate/correlator.js'
import { Drain, type DrainSource } from '../drain.js'
import { resolveEnvelope } from '../envelope.js'
import type { EventName } from '../events/index.js'
import type { ResolvedFilter } from '../filter/process-filter.js'
import { thisMachine } from '../machine.js'
import { native } from '../native.js'
import type { ResolvedOptions } from '../options.js'
import { bootSeed, ImageAtoms } from '../process/atom.js'
import { EventIds } from '../process/event-ids.js'
import { seedOf } from '../process/mixer.js'
import { LIVE_PROCESSES_MAX } from '../process/table.js'
import { Users } from '../process/users.js'
import { showing } from '../raw-record.js'
import { JournaledDrain } from '../recording/journaled.js'
import { encodeSeed } from '../recording/meta.js'
import type { Recorded, Recorder } from '../recording/recorder.js'
import { openRecorder } from '../recording/recorders.js'
import { EventStream } from '../stream.js'
import { TappedSource } from '../tap.js'
import { thisBoot } from './boot.js'
import { clockLimit } from './limits.js'
import type { LinuxSource } from './source.js'

/** What the sensor is asked for at present. */
export interface Asked {
  events: ReadonlySet<EventName>
  filter: ResolvedFilter | undefined
}

export interface Mapping {
  /** With what a change that is under way will bring. */
  asked: Asked
  stream: EventStream
  drain: Drain
  clock: EventClock
  users: Users
  recorder: Recorder | undefined
}

type MappingOptions = Omit<ResolvedOptions, 'onBatch' | 'on' | 'signal' | 'filter' | 'correlation'> & {
  filter: ResolvedFilter | undefined
  correlation: ResolvedCorrelation
}

/** `onFailure`: called when it can be recorded no longer. */
export async function openMapping(
  source: LinuxSource,
  options: MappingOptions,
  onFailure: (error: unknown) => void,
): Promise<Mapping> {
  const { userName, bootToEpochMs, pageBytes } = native()
  const [machineId, boot, envelope, users] = await Promise.all([
    thisMachine.id(),
    thisBoot(bootToEpochMs()),
    resolveEnvelope(options.envelope),
    Users.open('/etc/passwd', userName),
  ])
  if (boot.unshared !== undefined) source.addLimit(clockLimit(boot.unshared))
  const { events, extended, allAccess, forkWindowMs, ringBytes, filter, correlation } = options
  const runSeed = seedOf('kernelwire run', randomUUID())
  const atomSeed = bootSeed(machineId, boot.id)
  const clock = new EventClock(boot.bootToEpochMs)
  clock.adjust(bootToEpochMs())
  const streamOptions = {
    events,
    processesMax: LIVE_PROCESSES_MAX,
    extended,
    envelope,
    ids: new EventIds(runSeed),
    atoms: new ImageAtoms(atomSeed, boot.bootToEpochMs),
    filter,
    allAccess,
  }
  const stream = new EventStream(streamOptions)
  const acts = new Acts(stream, streamOptions, correlation)
  const context = { clock, users, pageBytes, files: stream.identities?.files, acts }
  const shown: DrainSource =
    options.onRecord === undefined ? source : new TappedSource(source, showing(options.onRecord))
  if (options.record === undefined) {
    const drain = new Drain(shown, stream, context, forkWindowMs)
    return { asked: { events, filter }, stream, drain, clock, users, recorder: undefined }
  }

  let mapping: Mapping | undefined
  const now = () => ({
    events: [...(mapping?.asked.events ?? events)],
    filter: mapping === undefined ? filter : mapping.asked.filter,
  })
  const recorded: Recorded = {
    meta: () => ({
      version: version(),
      system: { platform: process.platform, release: release(), arch: process.arch },
      beganMs: Date.now(),
      options: { ...now(), extended, allAccess, forkWindowMs, correlation },
      envelope,
      runSeed: encodeSeed(runSeed),
      bootSeed: encodeSeed(atomSeed),
      bootToEpochMs: boot.bootToEpochMs,
      clockMs: clock.bootToEpochMs,
      pageBytes,
      ringBytes,
      coverage: source.coverage,
    }),
    attachedMs: source.attachedMs,
    takeSnapshot: () => source.takeSnapshot(),
    userName: (uid) => users.name(uid),
  }
  const recorder = await openRecorder(options.record, recorded, onFailure)
  const drain = new JournaledDrain(shown, stream, context, forkWindowMs, recorder.journal)
  mapping = { asked: { events, filter }, stream, drain, clock, users, recorder }
  return mapping
}
