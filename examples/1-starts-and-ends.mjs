// Every start and every end of a process, a line each, until Ctrl-C.
//
//   sudo node examples/1-starts-and-ends.mjs
import { inspect } from 'node:util'
import { isEvent, openSensor } from 'kernelwire'

const sensor = await openSensor({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS'] })
process.once('SIGINT', () => sensor.close())
console.error('watching')

for await (const batch of sensor) {
  for (const record of batch) {
    const time = new Date(record.routing.event_time).toISOString()
    if (isEvent(record, 'NEW_PROCESS')) {
      // Whoever starts a program chooses its arguments: inspect() escapes what a terminal would obey.
      console.log(time, '+', record.event.PROCESS_ID, inspect(record.event.COMMAND_LINE))
    } else if (isEvent(record, 'TERMINATE_PROCESS')) {
      console.log(time, '-', record.event.PROCESS_ID)
    }
  }
}
