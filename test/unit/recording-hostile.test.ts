/** A recording may come from anyone: what its checksums vouch for can be anything all the same. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { dispatch } from '../../lib/cli/dispatch.js'
import { ENTRY, encodeBlockHeader, FILE_HEADER_BYTES } from '../../lib/recording/format.js'
import { openRecording } from '../../lib/recording.js'
import { blocksOf, fileOf, outcomesOfChanged } from './hostile-recordings.js'
import { exec, exit, fork } from './record-bytes.js'
import { eventsIn, fileRecorder, INIT, RecordedSensor, temporaryFolder } from './recorded-sensor.js'
import { FakeTerminal } from './terminal.js'

const SHELL = { pid: 40, execId: 1, startMs: 1_000 }

async function recorded(): Promise<string> {
  const path = join(temporaryFolder(), 'run.kwr')
  const sensor = await RecordedSensor.open(fileRecorder(path), { extended: true })
  sensor.takeSnapshot(950)
  sensor.run(960)
  sensor.write(exec(SHELL, INIT, { path: '/bin/sh', arguments: 'sh\0-c\0x\0' }))
  sensor.counters.fail(0, 3, 64, 2)
  sensor.run(1_001)
  sensor.clock.adjust(1)
  sensor.drain.prepareUpdate()
  const events = ['NEW_PROCESS', 'EXISTING_PROCESS', 'TERMINATE_PROCESS', 'CODE_IDENTITY'] as const
  const change = { atMs: 1_990, events, filter: { users: [0, 1_000] }, coverage: { attachments: [] } }
  sensor.drain.update(change, sensor.snapshot(1_500))
  for (let pid = 50; pid < 60; pid++) {
    const child = { pid, execId: 2, startMs: 1_950 + pid }
    sensor.write(fork(child, SHELL, { atMs: 1_950 + pid }), exit(child, { atMs: 2_100 + pid }))
  }
  sensor.run(3_010)
  await sensor.close()
  return path
}

test.each([1, 2, 3, 4])('bytes that are changed under right checksums (seed %i)', async (seed) => {
  const path = await recorded()
  const outcomes = await outcomesOfChanged(path, seed)
  expect([...outcomes].sort()).toEqual(['ERR_RECORDING_DAMAGED', 'played'])
})

test('entries of every type with nothing in them, and with numbers that are none', async () => {
  const path = await recorded()
  const whole = readFileSync(path)
  const [first] = blocksOf(whole)
  const values = [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e300]
  const entries = Object.values(ENTRY).flatMap((type) => [
    frame(Buffer.from([type])),
    ...values.map((value) => {
      const contents = Buffer.alloc(24)
      contents[0] = type
      contents.writeDoubleLE(value, 8)
      contents.writeDoubleLE(value, 16)
      return frame(contents)
    }),
  ])
  const odd = join(dirname(path), 'odd.kwr')
  writeFileSync(odd, fileOf(whole, [first!, { number: 1, frames: Buffer.concat(entries) }]))
  const { recording } = await eventsIn(odd)
  expect(recording.damage.entries).toBeGreaterThan(10)
})

const FILE = { id: 1, error: 0, hash: 'ab'.repeat(32), sha1: 'ab'.repeat(20), md5: 'ab'.repeat(16), sizeBytes: 2 ** 62 }

test.each([
  ['whole', {}, 0],
  ['with times beyond all clocks, as a file may have them', { modificationMs: 9e21, accessMs: -1 }, 0],
  ['with a hash that is none', { hash: '\x1b]52;c;cHduZWQ=\x07\x1b[2J'.padEnd(64, 'a') }, 1],
  ['with a hash that is too short', { hash: 'ab' }, 1],
  ['with a hash in capitals', { sha1: 'AB'.repeat(20) }, 1],
  ['with a hash of another kind', { md5: 'ab'.repeat(20) }, 1],
  ['with a hash that is a list', { hash: ['ab'.repeat(32)] }, 1],
  ['with a size that is none', { sizeBytes: -1 }, 1],
  ['with a size in words', { sizeBytes: '12' }, 1],
  ['with a time that is no whole number', { creationMs: 1.5 }, 1],
  ['with an error that no system has', { error: 2 ** 32 }, 1],
  ['with a version of a megabyte', { fileVersion: 'a'.repeat(2 ** 20) }, 1],
  ['with a signature in words', { signature: 'signed' }, 1],
  ['with an issuer that is none', { signature: { isSigned: true, isVerified: true, issuer: 7 } }, 1],
])('what was found out about a file is looked at as what it claims to be: %s', async (_, changed, faults) => {
  const path = await recorded()
  const whole = readFileSync(path)
  const [first, ...rest] = blocksOf(whole)
  const text = JSON.stringify({ ...FILE, ...changed })
  const entry = frame(Buffer.concat([Buffer.from([ENTRY.FILE, 1, 0, 0, 0, 0, 0, 0]), Buffer.from(text)]))
  const odd = join(dirname(path), 'odd.kwr')
  const blocks = [first!, { number: 1, frames: entry }, ...rest.map(({ frames }, i) => ({ number: i + 2, frames }))]
  writeFileSync(odd, fileOf(whole, blocks))
  const { recording } = await eventsIn(odd)
  expect(recording.damage.entries).toBe(faults)
})

test.each([
  ['a version', { version: 'a'.repeat(2_000) }],
  ['a clock', { clockMs: 1e300 }],
  ['a beginning', { beganMs: -(2 ** 60) }],
  ['a page', { pageBytes: 2 ** 40 }],
  ['an identifier', { envelope: { oid: '\x1b[2J' } }],
  ['an address', { envelope: { ext_ip: '\x1b[2J' } }],
  ['a platform', { envelope: { plat: 2 ** 60 } }],
  ['an event', { coverage: { attachments: [{ program: 'p', hook: 'h', attached: true, events: ['\x1b[2J'] }] } }],
  ['a reason', { coverage: { attachments: [{ program: 'p', hook: 'h', attached: false, events: [], reason: [] }] } }],
  ['a user', { options: { filter: { users: [2 ** 40] } } }],
])('a beginning with %s that cannot be is no beginning', async (_, changed) => {
  const path = await recorded()
  const whole = readFileSync(path)
  const [first, ...rest] = blocksOf(whole)
  const length = first!.frames.readUInt32LE(0)
  const meta = JSON.parse(first!.frames.toString('utf8', 16, 8 + length))
  for (const [key, value] of Object.entries(changed)) {
    meta[key] = typeof value === 'object' ? { ...meta[key], ...value } : value
  }
  const entry = frame(
    Buffer.concat([Buffer.from([ENTRY.META, 1, 0, 0, 0, 0, 0, 0]), Buffer.from(JSON.stringify(meta))]),
  )
  writeFileSync(path, fileOf(whole, [{ number: 0, frames: entry }, ...rest]))
  await expect(openRecording(path)).rejects.toMatchObject({ code: 'ERR_RECORDING_DAMAGED' })
})

test.skipIf(process.platform !== 'linux')('a file that fails to be read is refused with a code', async () => {
  const path = join(temporaryFolder(), 'memory.kwr')
  symlinkSync('/proc/self/mem', path)
  for (const args of [[], ['--raw'], ['--stats']]) {
    const terminal = new FakeTerminal()
    await dispatch(['replay', path, ...args], terminal)
    await dispatch(['replay', '/proc/self/mem', ...args], terminal)
    for (const line of terminal.said) expect(line).toMatch(/\(ERR_(FILE_READ|OPTION|RECORDING_FOREIGN)\)$/)
  }
  await expect(openRecording(path)).rejects.toMatchObject({ code: 'ERR_FILE_READ' })
})

test('a block that promises more than the file has costs no memory', async () => {
  const path = await recorded()
  const whole = readFileSync(path)
  const head = encodeBlockHeader(Buffer.alloc(0), 99, 0)
  head.writeUInt32LE(200 * 2 ** 20, 4)
  writeFileSync(path, Buffer.concat([whole.subarray(0, FILE_HEADER_BYTES), resealed(head)]))
  await expect(openRecording(path)).rejects.toMatchObject({ code: 'ERR_RECORDING_DAMAGED' })
})

function frame(contents: Buffer): Buffer {
  const bytes = Buffer.alloc(8 + ((contents.length + 7) & ~7))
  bytes.writeUInt32LE(contents.length, 0)
  contents.copy(bytes, 8)
  return bytes
}

function resealed(head: Buffer): Buffer {
  const copy = Buffer.from(head)
  copy.writeUInt32LE(crc32(copy.subarray(0, 28)), 28)
  return copy
}
