// The storms' consumer (lib/bench/live/storms/consumer.ts), but it leaves out one event of a thousand.
import { add, newTally } from '../../../dist/bench/live/storms/tally.js'
import { openSensor } from '../../../dist/index.js'

/** However fast the machine makes processes, four seconds of them have room: only what is left out here is missing. */
const ringBytes = 128 * 2 ** 20

const tally = newTally()
const sensor = await openSensor({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS'], ringBytes })
process.once('message', () => void sensor.close())
process.send('ready')

let count = 0
for await (const batch of sensor) {
  for (const { routing, event } of batch) {
    if (++count % 1000 !== 0) add(tally.byParent, routing.event_type, event.PARENT_PROCESS_ID)
  }
}
process.send(tally, () => process.disconnect())
