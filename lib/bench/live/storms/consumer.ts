/**
 * Our consumer of the suites storm and stall, a process of its own: the sensor with its default
 * options, each event looked at.
 *
 * argv[2]: names of events, with commas between. Sends "ready"; on any message it closes the sensor, sends what it received, and ends.
 */
import { type EventName, openSensor } from '../../../index.js'
import { add, newTally } from './tally.js'

const tally = newTally()
const names = process.argv[2]?.split(',') as EventName[] | undefined
const sensor = await openSensor({ events: names ?? ['NEW_PROCESS', 'TERMINATE_PROCESS'] })
process.once('message', () => void sensor.close())
process.send!('ready')

for await (const batch of sensor) {
  for (const { routing, event } of batch) {
    if ('PARENT_PROCESS_ID' in event) add(tally.byParent, routing.event_type, event.PARENT_PROCESS_ID as number)
    else if ('PROCESS_ID' in event) add(tally.byPid, routing.event_type, event.PROCESS_ID as number)
  }
}
tally.lost = sensor.stats().lost
process.send!(tally, () => process.disconnect())
