/** Codes that can be provoked without a kernel; those that need a machine are in test/live/errors.test.ts. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { refusalOfPrograms, refusalOfRing } from '../../lib/linux/refusal.js'
import { RawRecord } from '../../lib/raw-record.js'
import { openRecording } from '../../lib/recording.js'
import { buildEvent, FakeSensor } from '../../lib/testing/index.js'
import { exit, framed } from './record-bytes.js'
import { fileRecorder, INIT, RecordedSensor, temporaryFolder } from './recorded-sensor.js'

async function recording(): Promise<Buffer> {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path))
  sensor.takeSnapshot(1_000)
  await sensor.close()
  return readFileSync(path)
}

async function opened(bytes: Buffer): Promise<unknown> {
  const path = join(temporaryFolder(), 'other.kwr')
  writeFileSync(path, bytes)
  return openRecording(path)
}

const coded = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) })

test('a recording that is foreign, newer, of another byte order, cut short or damaged', async () => {
  const whole = await recording()
  const foreign = opened(Buffer.from('#!/bin/sh\necho this is no recording\n'))
  await expect(foreign).rejects.toMatchObject(coded('ERR_RECORDING_FOREIGN', /is no recording/))
  const newer = Buffer.from(whole)
  newer.writeUInt32LE(whole.readUInt32LE(12) + 1, 12)
  await expect(opened(newer)).rejects.toMatchObject(coded('ERR_RECORDING_VERSION', /newer kernelwire; update/))
  const older = Buffer.from(whole)
  older.writeUInt32LE(3, 12)
  older.writeUInt32LE(crc32(older.subarray(0, 60)), 60)
  await expect(opened(older)).rejects.toMatchObject(coded('ERR_RECORDING_VERSION', /records lie otherwise; replay/))
  const swapped = Buffer.from(whole)
  swapped.subarray(8, 12).swap32()
  await expect(opened(swapped)).rejects.toMatchObject(coded('ERR_RECORDING_VERSION', /another byte order/))
  await expect(opened(whole.subarray(0, 20))).rejects.toMatchObject(coded('ERR_RECORDING_DAMAGED', /breaks off/))
  const damaged = Buffer.from(whole)
  damaged[20]! ^= 1
  await expect(opened(damaged)).rejects.toMatchObject(coded('ERR_RECORDING_DAMAGED', /is damaged; copy/))
  await expect(opened(whole.subarray(0, 80))).rejects.toMatchObject(
    coded('ERR_RECORDING_DAMAGED', /missing or damaged/),
  )
})

test('a file that cannot be read, cannot be written, or is there already', async () => {
  await expect(openRecording('/no/such/file.kwr')).rejects.toMatchObject(coded('ERR_FILE_READ', /ENOENT/))
  const unwritable = RecordedSensor.open(fileRecorder('/proc/no/run.kwr'))
  await expect(unwritable).rejects.toMatchObject(
    coded('ERR_FILE_WRITE', /cannot write .*[\\/]proc[\\/]no[\\/]run\.kwr/),
  )
  const path = join(temporaryFolder(), 'there.kwr')
  writeFileSync(path, 'mine')
  await expect(RecordedSensor.open(fileRecorder(path))).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' })
  expect(readFileSync(path, 'utf8')).toBe('mine')
})

test('a raw record that was kept', () => {
  const { records, offsets } = framed([exit(INIT)])
  const record = new RawRecord(records, offsets[0]!)
  expect(record.u32(16)).toBe(INIT.pid)
  record.expire()
  expect(() => record.u32(16)).toThrow(expect.objectContaining(coded('ERR_RECORD_GONE', /copy what you need/)))
})

test('a fake sensor that was closed', async () => {
  const sensor = new FakeSensor()
  await sensor.close()
  const deliver = () => sensor.deliver(buildEvent('NEW_PROCESS', {}))
  expect(deliver).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
})

test('what a kernel says that has no ring, or no memory for it', async (ctx) => {
  if (process.getuid?.() !== 0) ctx.skip('an ordinary user is told of the missing privilege instead')
  const failure = (errno: number, reason: string) => refusalOfRing({ step: 'the ring', reason, errno })
  expect(await failure(22, 'Invalid argument')).toMatchObject(coded('ERR_KERNEL', /of version 5\.8 or newer$/))
  expect(await failure(12, 'Cannot allocate memory')).toMatchObject(coded('ERR_SOURCE', /a smaller ring may do$/))
  const programs = [
    { name: 'process_fork', attached: false, hook: '', errno: 1, reason: 'Operation not permitted', log: 'words' },
  ]
  const refused = await refusalOfPrograms(programs, 'integrity')
  if (refused.code === 'ERR_NO_BTF') return
  expect(refused).toMatchObject(coded('ERR_NOTHING_ATTACHED', /refuses every program .* \(Operation not permitted\)/))
  expect(refused.details).toContain('words')
  const lockedDown = await refusalOfPrograms(programs, 'confidentiality')
  expect(lockedDown).toMatchObject(coded('ERR_NOTHING_ATTACHED', /boot it with lockdown=integrity, or without$/))
})

test('a test provokes every code of docs/errors.md', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const codes = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| (ERR_\w+)/gm)].map(
    ([, code]) => code,
  )
  const folders = ['test/unit', 'test/native', 'test/live']
  const files = folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
  const tests = files.filter((file) => file.endsWith('.test.ts')).map((file) => readFileSync(file, 'utf8'))
  expect(codes.filter((code) => !tests.some((text) => text.includes(`'${code}'`)))).toEqual([])
})
