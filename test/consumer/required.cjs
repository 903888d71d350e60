/** Prints the name of the first event. */
const { isEvent, openSensor } = require('kernelwire')

async function run() {
  const sensor = await openSensor()
  for await (const [first] of sensor) {
    console.log(first.routing.event_type, isEvent(first, 'EXISTING_PROCESS'))
    break
  }
}

run()
