/**
 * A sensor of which a link is closed behind its back, in a process of its own: a descriptor that is
 * closed twice elsewhere is somebody's by then. Prints what the loop ended with, as JSON.
 */
import { closeSync, readdirSync, readFileSync } from 'node:fs'
import { openSensor } from '../../dist/index.js'

/** Of the program that sees processes end. */
const isLink = (fd) => {
  try {
    return /^tp_name:\s+sched_process_exit$/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
  } catch {
    // The one that read the folder.
    return false
  }
}

const sensor = await openSensor({ events: ['NEW_PROCESS', 'TERMINATE_PROCESS'] }).catch(({ code, message }) => {
  console.log(JSON.stringify({ code, message }))
  process.exit()
})
closeSync(Number(readdirSync('/proc/self/fd').find(isLink)))
try {
  for await (const _ of sensor);
  console.log(JSON.stringify({ message: 'the loop ended' }))
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message }))
}
