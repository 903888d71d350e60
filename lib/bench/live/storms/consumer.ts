/**
 * Our consumer of the suites storm and stall, a process of its own: the sensor with its default
 * options, each event looked at.
 *
 * Sends "ready", then on any message what it received, and ends. With `bytes` as its argument it
 * also adds up what it read of the ring, which costs time: not for a round that measures it.
 */
import { openSensor } from '../../../index.js'
import { LinuxSource } from '../../../linux/source.js'
import { FRAME_BYTES } from '../../../records.js'
import { add, newTally } from './tally.js'

const tally = newTally()

if (process.argv[2] === 'bytes') {
  const { release } = LinuxSource.prototype
  LinuxSource.prototype.release = function (this: LinuxSource, count: number): void {
    for (let i = 0; i < count; i++) {
      tally.bytes += FRAME_BYTES + ((this.records.length(this.offsets[i]!) + 7) & ~7)
    }
    release.call(this, count)
  }
}

const sensor = await openSensor({
  events: ['NEW_PROCESS', 'TERMINATE_PROCESS'],
  onBatch: (batch) => {
    for (const { routing, event } of batch) {
      if ('PARENT_PROCESS_ID' in event) add(tally.byParent, routing.event_type, event.PARENT_PROCESS_ID as number)
    }
  },
})

process.once('message', () => {
  const { records, lost } = sensor.stats()
  const read = Object.values(records).reduce((sum, one) => sum + one.read, 0)
  process.send!({ ...tally, lost, read })
  void sensor.close().then(() => process.disconnect())
})
process.send!('ready')
