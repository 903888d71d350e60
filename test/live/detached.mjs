/**
 * A sensor of which a link is closed behind its back, in a process of its own: a descriptor that is
 * closed twice elsewhere is somebody's by then. Prints what the loop ended with, as JSON.
 */
import { closeSync, readdirSync, readFileSync } from 'node:fs'
import { openSensor } from '../../dist/index.js'

/** The hook whose link is closed; what else is asked for before, by an update. */
const [hook, ...events] = process.argv.slice(2)

const isLink = (fd) => {
  try {
    return new RegExp(`^tp_name:\\s+${hook}$`, 'm').test(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
  } catch {
    // The one that read the folder.
    return false
  }
}

const LIFE = ['NEW_PROCESS', 'TERMINATE_PROCESS']
const sensor = await openSensor({ events: LIFE }).catch(({ code, message }) => {
  console.log(JSON.stringify({ code, message }))
  process.exit()
})
if (events.length > 0) await sensor.update({ events: [...LIFE, ...events] })
closeSync(Number(readdirSync('/proc/self/fd').find(isLink)))
try {
  for await (const _ of sensor);
  console.log(JSON.stringify({ message: 'the loop ended' }))
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message }))
}
