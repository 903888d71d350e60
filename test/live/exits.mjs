/**
 * exits.mjs HOW FOLDER: opens a sensor that hashes, has it hash what it runs, and leaves in the middle of that:
 * `exits`, `throws`, one of both `-in-worker`, or `exits-at-signal`, while it closes the sensor.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, copyFileSync, truncateSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { openSensor } from '../../dist/index.js'

const PROGRAMS = 4
/** It takes a while to hash, and nearly no room. */
const PROGRAM_BYTES = 64 << 20

const [how, folder] = process.argv.slice(2)

if (how.endsWith('-in-worker')) {
  new Worker(new URL(import.meta.url), { argv: [how.replace('-in-worker', ''), folder] })
} else {
  await leaveInTheMiddle()
}

async function leaveInTheMiddle() {
  const sensor = await openSensor({ events: ['CODE_IDENTITY'], onBatch() {} })
  for (let i = 0; i < PROGRAMS; i++) {
    const path = `${folder}/${process.pid}-${i}`
    copyFileSync('/bin/true', path)
    truncateSync(path, PROGRAM_BYTES)
    appendFileSync(path, path)
    spawnSync(path)
  }
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 30))
  if (how === 'exits') process.exit(0)
  if (how === 'throws') {
    setImmediate(() => {
      throw new Error('of the test')
    })
  }
  if (how === 'exits-at-signal') {
    process.once('SIGTERM', () => process.exit(0))
    void sensor.close()
    process.kill(process.pid, 'SIGTERM')
  }
}
