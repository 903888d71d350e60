/** Prints the name of the first event. */
import { isEvent, openSensor } from 'kernelwire'

const sensor = await openSensor()
for await (const [first] of sensor) {
  console.log(first.routing.event_type, isEvent(first, 'EXISTING_PROCESS'))
  break
}
