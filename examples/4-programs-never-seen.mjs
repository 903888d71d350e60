// Every file that is executed for the first time, in the form of sha256sum, but for those in a list of known hashes.
//
//   sha256sum /usr/bin/* /usr/sbin/* > known.txt
//   sudo node examples/4-programs-never-seen.mjs known.txt
import { readFile } from 'node:fs/promises'
import { isEvent, openSensor } from 'kernelwire'

const list = process.argv[2] === undefined ? '' : await readFile(process.argv[2], 'utf8')
const known = new Set(list.split('\n').map((line) => line.slice(0, 64)))

const sensor = await openSensor({ events: ['CODE_IDENTITY'] })
process.once('SIGINT', () => sensor.close())
console.error('watching')

for await (const batch of sensor) {
  for (const record of batch) {
    if (!isEvent(record, 'CODE_IDENTITY')) continue
    const { HASH, FILE_PATH, ERROR } = record.event
    if (HASH === undefined) console.error(`no hash (error ${ERROR}): ${JSON.stringify(FILE_PATH)}`)
    else if (!known.has(HASH)) console.log(`${HASH}  ${FILE_PATH}`)
  }
}
