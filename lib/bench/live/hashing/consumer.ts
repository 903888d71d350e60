/**
 * hashing/consumer FOLDER: our consumer of the suite hashing, a process of its own: a sensor with
 * CODE_IDENTITY, and how late its event loop is.
 *
 * On "measure" it begins to; on "tell" it says how late it was since then, and how many files below
 * FOLDER it was told of. Ends when nobody is connected any more.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openSensor } from '../../../index.js'

export interface Delays {
  /** Milliseconds, beyond the one that was waited for. */
  half: number
  most: number
  nearlyAll: number
  longest: number
  /** Files below the folder, since the sensor was opened. */
  hashed: number
  failed: number
}

/** The timer by which the delay is measured. */
const EVERY_MS = 1

const folder = `${process.argv[2]}/`
let hashed = 0
let failed = 0
const sensor = await openSensor({ events: ['CODE_IDENTITY'] })
const histogram = monitorEventLoopDelay({ resolution: EVERY_MS })
process.on('message', (message) => {
  if (message === 'measure') {
    histogram.enable()
    histogram.reset()
  } else {
    process.send!(delays())
  }
})
process.on('disconnect', () => void sensor.close())
process.send!('ready')
for await (const batch of sensor) {
  for (const { event } of batch) {
    if (!('ERROR' in event) || !event.FILE_PATH?.startsWith(folder)) continue
    if (event.ERROR === 0) hashed++
    else failed++
  }
}

function delays(): Delays {
  const late = (ns: number) => Math.max(0, ns / 1e6 - EVERY_MS)
  return {
    half: late(histogram.percentile(50)),
    most: late(histogram.percentile(99)),
    nearlyAll: late(histogram.percentile(99.9)),
    longest: late(histogram.max),
    hashed,
    failed,
  }
}
