/** A machine's life, told to a sensor that is recorded. */
import { MachineLife } from './machine-life.js'
import { EPOCH } from './playback.js'
import type { Random } from './random.js'
import { TYPE } from './record-bytes.js'
import type { RecordedSensor } from './recorded-sensor.js'

/** Everything that a sensor can be told: records, ticks, losses, snapshots, new names, a clock that is set. */
export function live(sensor: RecordedSensor, random: Random, steps: number, isClockSet = true): void {
  const life = new MachineLife(random, sensor.stream.extended)
  sensor.running = () => life.moment.running.values()
  sensor.takeSnapshot(life.moment.nowMs)
  let written = 0
  for (let step = 0; step < steps; step++) {
    for (let i = random.below(20); i > 0; i--) life.step()
    const { nowMs, records } = life.moment
    const lost = random.chance(0.05) ? 1 : 0
    if (lost > 0) sensor.counters.fail(random.below(2), random.pick([TYPE.fork, TYPE.exit]), 64, lost)
    sensor.write(...life.records.slice(written + lost, records))
    written = records
    if (random.chance(0.1)) sensor.names = { 0: 'root', 1000: random.pick(['ada', 'grace', '\u00fcber']) }
    if (isClockSet && random.chance(0.02)) sensor.clock.adjust(EPOCH + random.below(100_000))
    sensor.run(nowMs + random.below(3))
    if (random.chance(0.3)) sensor.run(nowMs + random.below(300))
    if (sensor.drain.wantsSnapshot) sensor.takeSnapshot(nowMs)
  }
}
