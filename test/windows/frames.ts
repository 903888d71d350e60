/** What Windows logged then, as the sessions of a live sensor would bring it: given once more by the stand-in. */
import { setTimeout as sleep } from 'node:timers/promises'
import { RECORD } from '../../lib/decode/etw/layout.js'
import { EtlFile } from '../../lib/etl/file.js'
import type { EventName, EventRecord } from '../../lib/events/index.js'
import type { SensorOptions } from '../../lib/options.js'
import type { Records } from '../../lib/records.js'
import { openSensor, type Sensor } from '../../lib/sensor.js'
import { frameOf, isOfKernel, type StandIn } from './stand-in.js'

const HOUR = 36_000_000_000n

export interface Frames {
  kernel: Buffer
  providers: Buffer
  count: number
  /** FILETIME. */
  latest: bigint
}

/** `onRecord`: sees each of them, in their order. */
export async function framesOf(path: string, onRecord?: (records: Records, at: number) => void): Promise<Frames> {
  const frames: { isKernel: boolean; frame: Buffer }[] = []
  let latest = 0n
  const file = await EtlFile.open(path)
  for (let count = await file.step(); count !== undefined; count = await file.step()) {
    const { records, offsets } = file
    for (let i = 0; i < count; i++) {
      const at = offsets[i]!
      const isKernel = isOfKernel(records, at)
      if (isKernel === undefined) continue
      frames.push({ isKernel, frame: frameOf(records, at) })
      onRecord?.(records, at)
      latest =
        BigInt(records.u32[(at + RECORD.time) >>> 2]!) + (BigInt(records.u32[(at + RECORD.time + 4) >>> 2]!) << 32n)
    }
  }
  file.close()
  const of = (isKernel: boolean) =>
    Buffer.concat(frames.filter((each) => each.isKernel === isKernel).map(({ frame }) => frame))
  return { kernel: of(true), providers: of(false), count: frames.length, latest }
}

/** All that a sensor with these options tells of them. */
export async function liveEvents(
  trace: StandIn,
  { kernel, providers, latest }: Frames,
  options: SensorOptions<EventName>,
): Promise<{ sensor: Sensor; events: EventRecord[] }> {
  trace.reset()
  trace.listProcesses(false)
  // The clock stands still while the sensor compares it with the counter: else times differ by what that takes.
  trace.setNow(latest + HOUR, false)
  const sensor = await openSensor<EventName>({ ringBytes: 64 * 2 ** 20, ...options })
  trace.setNow(latest + HOUR, true)
  trace.feed(true, kernel)
  trace.feed(false, providers)
  // So that both sessions' records are there before the first are merged.
  while (trace.left() > 0) await sleep(5)
  const events: EventRecord[] = []
  const reading = (async () => {
    for await (const batch of sensor) events.push(...batch)
  })()
  await sensor.close()
  await reading
  return { sensor, events }
}
