/**
 * A sensor in a process of its own, told by messages what to do: see apart.ts.
 *
 * argv[2]: { options, inWorker }, as JSON. In a worker thread this file is the worker as well.
 */
import { spawnSync } from 'node:child_process'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { openSensor } from '../../dist/index.js'

const { options, inWorker } = isMainThread ? JSON.parse(process.argv[2]) : workerData

/** To the test, from either thread. */
const tell = (message) => (isMainThread ? process.send(message) : parentPort.postMessage(message))

async function run() {
  let sensor
  let isBreaking = false
  const aborting = new AbortController()
  const actions = {
    stats: () => tell({ answer: sensor.stats() }),
    processes: () => tell({ answer: sensor.processes() }),
    close: () => sensor.close(),
    abort: () => aborting.abort(new Error('enough')),
    exit: () => process.exit(0),
    break: () => {
      isBreaking = true
      // The loop goes on only when something happens.
      spawnSync('true')
    },
  }
  const incoming = isMainThread ? process : parentPort
  incoming.on('message', (message) => void actions[message]())
  try {
    sensor = await openSensor({ ...options, signal: aborting.signal })
    tell('open')
    for await (const batch of sensor) {
      tell({ events: batch })
      if (isBreaking) break
    }
    tell({ ended: { reason: null } })
  } catch ({ code, message }) {
    tell({ ended: { reason: message, code } })
  }
}

function runInWorker() {
  const worker = new Worker(new URL(import.meta.url), { workerData: { options } })
  worker.on('message', tell)
  process.on('message', async (message) => {
    if (message !== 'terminate') return worker.postMessage(message)
    await worker.terminate()
    tell({ ended: { reason: 'terminated' } })
  })
}

if (isMainThread && inWorker) runInWorker()
else await run()
