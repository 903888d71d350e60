/** Which programs this kernel lets a sensor have. */
import type { EventName } from '../../lib/events/index.js'
import { open } from './sensor.js'

const known = new Map<string, readonly string[]>()

/** Names of the programs that are attached for these events. */
export async function programsFor(events: readonly EventName[]): Promise<readonly string[]> {
  const key = events.join()
  const programs = known.get(key) ?? (await ask(events))
  known.set(key, programs)
  return programs
}

async function ask(events: readonly EventName[]): Promise<readonly string[]> {
  const sensor = await open({ events })
  const programs = sensor.coverage.attachments.filter(({ attached }) => attached).map(({ program }) => program)
  await sensor.close()
  return programs
}
