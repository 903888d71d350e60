// Writes events to a file, one JSON object a line, no faster than the disk takes them; says what was lost.
//
//   sudo node examples/5-to-a-file.mjs events.ndjson

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { isEvent, openSensor } from 'kernelwire'

const path = process.argv[2] ?? 'events.ndjson'
const file = createWriteStream(path, { flags: 'a', mode: 0o600 })
await once(file, 'open')

const sensor = await openSensor({ filter: { self: false } })
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => sensor.close())
console.error(`writing to ${path}`)

for await (const batch of sensor) {
  for (const record of batch) if (isEvent(record, 'LOSS_ACCOUNTING')) console.error('lost', record.event.LOST)
  const lines = batch.map((record) => `${JSON.stringify(record)}\n`).join('')
  // The kernel's ring holds what comes meanwhile; what does not fit there is counted, and told as above.
  if (!file.write(lines)) await once(file, 'drain')
}
file.end()
await once(file, 'close')

const { records, lost } = sensor.stats()
const read = Object.values(records).reduce((sum, { read }) => sum + read, 0)
console.error(`${read} records read, ${lost} lost`)
