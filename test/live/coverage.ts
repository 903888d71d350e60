/** Which programs this kernel lets a sensor have, and what they do not see. */
import type { Attachment } from '../../lib/coverage.js'
import type { EventName } from '../../lib/events/index.js'
import { open } from './sensor.js'

const known = new Map<string, readonly Attachment[]>()

/** Names of the programs that are attached for these events. */
export async function programsFor(events: readonly EventName[]): Promise<readonly string[]> {
  return (await attachmentsFor(events)).map(({ program }) => program)
}

/** What a better hook would see. */
export async function blindSpotsFor(events: readonly EventName[]): Promise<readonly string[]> {
  return (await attachmentsFor(events)).flatMap(({ blindSpots }) => blindSpots ?? [])
}

async function attachmentsFor(events: readonly EventName[]): Promise<readonly Attachment[]> {
  const key = events.join()
  const attachments = known.get(key) ?? (await ask(events))
  known.set(key, attachments)
  return attachments
}

async function ask(events: readonly EventName[]): Promise<readonly Attachment[]> {
  const sensor = await open({ events })
  const attachments = sensor.coverage.attachments.filter(({ attached }) => attached)
  await sensor.close()
  return attachments
}

/** Whether a lesser hook of this kernel does not see it: its coverage says so then. */
export async function isBlindTo(what: string, events: readonly EventName[]): Promise<boolean> {
  return (await blindSpotsFor(events)).some((spot) => spot.includes(what))
}
