/** An error in onBatch is one that nobody catches. */
import { openSensor } from 'kernelwire'

await openSensor({
  onBatch() {
    throw new TypeError('thrown in onBatch')
  },
})
