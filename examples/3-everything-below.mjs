// Runs a command and lists every program that it starts, however deep, also those that outlive it for a moment.
//
//   sudo node examples/3-everything-below.mjs make -j4
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { isEvent, openSensor } from 'kernelwire'

const command = process.argv.slice(2)
if (command.length === 0) throw new Error('name a command: node examples/3-everything-below.mjs make -j4')

// It waits for a line, so that the sensor is there before it begins.
const child = spawn('sh', ['-c', 'read _; exec "$@" < /dev/null', 'sh', ...command], {
  stdio: ['pipe', 'inherit', 'inherit'],
})
const sensor = await openSensor({ events: ['NEW_PROCESS'], filter: { subtreeOf: child.pid } })
once(child, 'exit').then(() => sensor.close())
child.stdin?.end('go\n')

/** How deep below the command, by atom. */
const depths = new Map()
for await (const batch of sensor) {
  for (const record of batch) {
    if (!isEvent(record, 'NEW_PROCESS')) continue
    const depth = (depths.get(record.routing.parent) ?? -1) + 1
    depths.set(record.routing.this, depth)
    console.log(`${'  '.repeat(depth)}${inspect(record.event.COMMAND_LINE)}`)
  }
}
