/**
 * hashing/consumer FOLDER: our consumer of the suite hashing, a process of its own: a sensor with
 * CODE_IDENTITY, and how late its event loop is. Says how many files below FOLDER it was told of, too.
 * Ends when nobody is connected any more.
 */
import { openSensor } from '../../../index.js'
import { answer, type Lateness } from './lateness.js'

export interface Consumed extends Lateness {
  /** Files below the folder, since the sensor was opened. */
  hashed: number
  failed: number
}

const folder = `${process.argv[2]}/`
let hashed = 0
let failed = 0
const sensor = await openSensor({ events: ['CODE_IDENTITY'] })
process.on('disconnect', () => void sensor.close())
answer(() => ({ hashed, failed }))
for await (const batch of sensor) {
  for (const { event } of batch) {
    if (!('ERROR' in event) || !event.FILE_PATH?.startsWith(folder)) continue
    if (event.ERROR === 0) hashed++
    else failed++
  }
}
