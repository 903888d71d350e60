/** Prints "held" when the sensor alone keeps the program running; argv[2]: the calls before, such as "unref,ref". */
import { openSensor } from 'kernelwire'

const sensor = await openSensor({ onBatch() {} })
for (const call of process.argv[2].split(',')) sensor[call]()
setTimeout(() => {
  console.log('held')
  process.exit()
}, 500).unref()
