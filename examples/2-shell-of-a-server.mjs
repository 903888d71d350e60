// Tells when a web server, or a program that it runs, starts a shell: what most break-ins do first.
//
//   sudo node examples/2-shell-of-a-server.mjs nginx php-fpm8.2
import { basename } from 'node:path'
import { inspect } from 'node:util'
import { isEvent, openSensor } from 'kernelwire'

const named = process.argv.slice(2)
const servers = new Set(named.length > 0 ? named : ['nginx', 'apache2', 'httpd', 'php-fpm', 'java', 'node'])
const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'busybox'])

/** Atoms of servers and of all that they started: an atom is never used twice, unlike a process id. */
const serving = new Set()

const sensor = await openSensor({ events: ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS'] })
process.once('SIGINT', () => sensor.close())
console.error('watching')

for await (const batch of sensor) {
  for (const record of batch) {
    const { this: atom, parent = '' } = record.routing
    if (isEvent(record, 'TERMINATE_PROCESS')) serving.delete(parent)
    if (!isEvent(record, 'NEW_PROCESS') && !isEvent(record, 'EXISTING_PROCESS')) continue
    const program = basename(record.event.FILE_PATH ?? '')
    const isServing = serving.has(parent)
    if (isServing || servers.has(program)) serving.add(atom)
    if (!isServing || !shells.has(program)) continue
    const { COMMAND_LINE, USER_NAME, PARENT } = record.event
    console.log(`${PARENT?.FILE_PATH} (${USER_NAME}) started ${inspect(COMMAND_LINE)}`)
  }
}
