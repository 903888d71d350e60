// The storms' consumer (lib/bench/live/storms/consumer.ts), but it leaves out one event of a thousand.
import { add, newTally } from '../../../dist/bench/live/storms/tally.js'
import { openSensor } from '../../../dist/index.js'

const tally = newTally()
const sensor = await openSensor({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS'] })
process.once('message', () => void sensor.close())
process.send('ready')

let count = 0
for await (const batch of sensor) {
  for (const { routing, event } of batch) {
    if (++count % 1000 !== 0) add(tally.byParent, routing.event_type, event.PARENT_PROCESS_ID)
  }
}
process.send(tally, () => process.disconnect())
