/** Recordings take the place of regular files at most, and of nothing outside their directory. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { partPath } from '../../lib/recording/file.js'
import type { FlightRecorder } from '../../lib/recording/flight-recorder.js'
import { Random } from './random.js'
import { live } from './recorded-life.js'
import { fileRecorder, flightRecorder, RecordedSensor, temporaryFolder } from './recorded-sensor.js'

async function listening(path: string): Promise<void> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
}

describe('force replaces regular files and nothing else', () => {
  const IN_THE_WAY: [string, (path: string) => unknown][] = [
    ['a directory', (path) => mkdirSync(path)],
    ['a symbolic link', (path) => symlinkSync('/etc/hostname', path)],
    ['a named pipe', (path) => execFileSync('mkfifo', [path])],
    ['a socket', (path) => listening(path)],
    ['a device', (path) => execFileSync('mknod', [path, 'c', '1', '3'], { stdio: 'ignore' })],
  ]

  test.for(IN_THE_WAY)('not %s', async ([kind, make], ctx) => {
    const path = join(temporaryFolder(), 'run.kwr')
    if (kind === 'a device' && process.getuid?.() !== 0) ctx.skip('only root makes devices')
    await make(path)
    const before = lstatSync(path)
    const refusal = { code: 'ERR_FILE_EXISTS', message: expect.stringContaining(`${path} is ${kind}; --force`) }
    await expect(RecordedSensor.open(fileRecorder(path, { force: true }))).rejects.toMatchObject(refusal)
    const sensor = await RecordedSensor.open(flightRecorder({ lastMs: 1_000, maxBytes: 2 ** 20 }))
    await expect((sensor.recorder as FlightRecorder).dump(path, true)).rejects.toMatchObject(refusal)
    await sensor.close()
    const after = lstatSync(path)
    expect([after.ino, after.mode, after.ctimeMs]).toEqual([before.ino, before.mode, before.ctimeMs])
  })

  test.for(IN_THE_WAY)('not %s that a later file of the recording would meet', async ([kind, make], ctx) => {
    if (kind === 'a device' && process.getuid?.() !== 0) ctx.skip('only root makes devices')
    const path = join(temporaryFolder(), 'run.kwr')
    await make(partPath(path, 3))
    const opening = RecordedSensor.open(fileRecorder(path, { force: true, maxBytes: 2 ** 20 }))
    await expect(opening).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' })
    expect(lstatSync(partPath(path, 3)).isFile()).toBe(false)
    expect(existsSync(path)).toBe(false)
  })

  test('of a file with two names the other one keeps what it had', async () => {
    const path = join(temporaryFolder(), 'run.kwr')
    const other = join(temporaryFolder(), 'other')
    writeFileSync(other, 'kept', { mode: 0o644 })
    linkSync(other, path)
    await (await RecordedSensor.open(fileRecorder(path, { force: true }))).close()
    expect(readFileSync(other, 'utf8')).toBe('kept')
    expect(statSync(path).size).toBeGreaterThan(64)
  })
})

test('a directory that becomes a link to elsewhere takes no file there, and removes none', async (ctx) => {
  if (process.platform !== 'linux') ctx.skip('only Linux can hold a directory open')
  const base = temporaryFolder()
  const [folder, moved, elsewhere] = ['folder', 'moved', 'elsewhere'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [folder, elsewhere]) mkdirSync(path)
  const path = join(folder, 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path, { force: true, maxBytes: 2 ** 20, maxFiles: 1 }))
  renameSync(folder, moved)
  symlinkSync(elsewhere, folder)
  for (const part of [0, 1, 2]) writeFileSync(partPath(join(elsewhere, 'run.kwr'), part), 'not ours')
  live(sensor, new Random(8), 1_500)
  await sensor.close()
  expect(readdirSync(moved)).toHaveLength(1)
  for (const name of readdirSync(elsewhere)) expect(readFileSync(join(elsewhere, name), 'utf8')).toBe('not ours')
  expect(readdirSync(elsewhere)).toHaveLength(3)
})

test('of files that are not to be kept none is removed that has only the name of one', async () => {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path, { maxBytes: 2 ** 20, maxFiles: 1 }))
  renameSync(path, `${path}.mine`)
  writeFileSync(path, 'not ours')
  live(sensor, new Random(8), 1_500)
  await sensor.close()
  expect(readFileSync(path, 'utf8')).toBe('not ours')
  expect(statSync(`${path}.mine`).size).toBeGreaterThan(64)
})
