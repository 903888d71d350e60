/** A recording that comes through a pipe gives each of its bytes once. */
import { spawnSync } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openRecording } from '../../lib/recording.js'
import { exec } from './record-bytes.js'
import { eventsIn, fileRecorder, INIT, RecordedSensor, temporaryFolder } from './recorded-sensor.js'

const SHELL = { pid: 40, execId: 1, startMs: 1_000 }

async function recorded(): Promise<Buffer> {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(950)
  sensor.write(exec(SHELL, INIT, { path: '/bin/sh', arguments: 'sh\0' }))
  sensor.run(1_001)
  await sensor.close()
  return readFileSync(path)
}

/** A named pipe into which these pieces are written once somebody reads. */
function pipeOf(...pieces: Uint8Array[]): string {
  const path = join(temporaryFolder(), 'pipe')
  if (spawnSync('mkfifo', [path]).status !== 0) throw new Error('no mkfifo')
  const writer = createWriteStream(path)
  for (const piece of pieces) writer.write(piece)
  writer.end()
  return path
}

test('all of it, however it is cut', async () => {
  const bytes = await recorded()
  const whole = await eventsIn(pipeOf(bytes))
  expect(whole.events.map(({ routing }) => routing.event_type)).toEqual(['EXISTING_PROCESS', 'NEW_PROCESS'])
  expect(whole.recording.damage).toEqual({ blocks: 0, bytes: 0, entries: 0, isCut: false })
  const single = await eventsIn(pipeOf(...Array.from(bytes, (byte) => Uint8Array.of(byte))), { follow: true })
  expect(single.events).toEqual(whole.events)
})

test('what breaks off, what is foreign, what is empty', async () => {
  const bytes = await recorded()
  const cut = await eventsIn(pipeOf(bytes.subarray(0, -8)))
  expect(cut.recording.damage).toMatchObject({ isCut: true })
  for (const head of [[], [1], Buffer.from('this is no recording of anything')]) {
    await expect(openRecording(pipeOf(Uint8Array.from(head)))).rejects.toMatchObject({ code: 'ERR_RECORDING_FOREIGN' })
  }
})
