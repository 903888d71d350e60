/** Loads, opens and closes in one worker thread after the other, and in the main thread meanwhile and afterwards. */
import { once } from 'node:events'
import { isMainThread, Worker } from 'node:worker_threads'

async function countEvents() {
  const { openSensor } = await import('kernelwire')
  const sensor = await openSensor({ events: ['EXISTING_PROCESS'] })
  let count = 0
  for await (const batch of sensor) {
    count += batch.length
    await sensor.close()
  }
  return count
}

if (isMainThread) {
  const inMain = countEvents()
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(new URL(import.meta.url))
    const [status] = await once(worker, 'exit')
    if (status !== 0) process.exit(status)
  }
  if ((await inMain) > 0 && (await countEvents()) > 0) console.log('done')
} else {
  process.exit((await countEvents()) > 0 ? 0 : 1)
}
