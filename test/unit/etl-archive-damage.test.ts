/** Archives that are cut, changed or wrong: their recordings are given as far as they go, and the damage is reported. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EtlFormat, system } from '../../lib/bench/live/etl/format.js'
import { type Workload, writeWorkload } from '../../lib/bench/live/etl/workload.js'
import { run } from '../../lib/cli/replay.js'
import { openRecording } from '../../lib/recording.js'
import { FakeTerminal } from './terminal.js'
import { ZipFile, type ZipOptions } from './zip-file.js'

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-archive-damage-'))
const at = (name: string) => join(folder, name)
let workload: Workload
let recording: Buffer

beforeAll(() => {
  workload = writeWorkload(at('plain.etl'), 2 ** 20, false)
  recording = readFileSync(at('plain.etl'))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Given {
  status: number
  output: string
  said: string
}

async function given(path: string, ...args: string[]): Promise<Given> {
  const terminal = new FakeTerminal()
  const status = await run([path, ...args], terminal)
  return { status, output: terminal.output, said: terminal.said.join('\n') }
}

function kept(name: string, bytes: Buffer): string {
  writeFileSync(at(name), bytes)
  return at(name)
}

async function piped(bytes: Buffer, ...args: string[]): Promise<Given> {
  const pipe = at('pipe')
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', 'exec cat "$0" > "$1"', kept('piped', bytes), pipe])
  try {
    return await given(pipe, ...args)
  } finally {
    writer.kill()
    rmSync(pipe)
  }
}

const zipped = (content: Buffer, options: ZipOptions = {}) => {
  const zip = new ZipFile()
  zip.add('a.etl', content, options)
  return zip.bytes()
}

function withFlipped(bytes: Buffer, place: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[place]! ^= 0xff
  return changed
}

const linesOf = ({ output }: Given) => output.trimEnd().split('\n')

/** Of --stats, of the events, of stderr and of the status: they all say so. */
async function expectDamage(path: string, defect: string): Promise<void> {
  const stats = await given(path, '--stats', '--json')
  expect(JSON.parse(stats.output)).toMatchObject({
    totals: { defects: { [defect]: 1 } },
    damage: { isDamaged: true, archives: 1 },
  })
  expect(stats.status).toBe(1)
  const terminal = new FakeTerminal()
  terminal.isTerminal = true
  expect(await run([path, '--stats'], terminal)).toBe(1)
  expect(terminal.output).toMatch(/^damaged .*the archive is damaged$/m)
  const events = await given(path)
  expect(events.status).toBe(1)
  expect(events.said).toContain('1 archives')
  expect(JSON.parse(linesOf(events).at(-1)!).event).toMatchObject({ REASON: 'DAMAGED' })
  expect((await given(path, '--raw')).said).toContain('the archive is damaged')
}

test('a stored recording with its size behind it that holds an archive is read once, by the directory', async () => {
  const format = new EtlFormat({ bufferBytes: 0x1_0000 })
  const inner = zipped(Buffer.from('no recording'), { isStored: true, hasDescriptor: true })
  const event = system({ hook: 0x0f2a, timestamp: 5n }, Buffer.concat([inner, Buffer.alloc(8 - (inner.length % 8))]))
  const content = Buffer.concat([format.header(), format.buffer(event)])
  const outer = new ZipFile()
  outer.add('a.etl', content, { isStored: true, hasDescriptor: true })
  const found = await given(kept('nested.zip', outer.bytes()), '--raw')
  expect(found).toEqual(await given(kept('nested.etl', content), '--raw'))
  expect(found.status).toBe(0)
})

test('a stored recording with its size behind it has no known end in a pipe, and the remedy is named', async () => {
  await expect(piped(zipped(recording, { isStored: true, hasDescriptor: true }), '--raw')).rejects.toMatchObject({
    code: 'ERR_FILE_READ',
    message: expect.stringMatching(/says where a\.etl ends.*; give the archive as a file$/),
  })
})

test.each([
  ['deflated', {}],
  ['deflated, its size behind it', { hasDescriptor: true }],
  ['deflated, its size behind it without a signature', { hasDescriptor: true, descriptor: 'unsigned' }],
  ['deflated, its size behind it in 64 bits', { hasDescriptor: true, descriptor: 'wide' }],
  ['deflated, its size behind it in 64 bits without a signature', { hasDescriptor: true, descriptor: 'unsigned wide' }],
  ['stored', { isStored: true }],
] as [string, ZipOptions][])('%s, it is the same from a pipe as from a file', async (_, options) => {
  const zip = zipped(recording, options)
  const whole = await given(at('plain.etl'), '--raw')
  expect(await given(kept('whole.zip', zip), '--raw')).toEqual(whole)
  expect(await piped(zip, '--raw')).toEqual(whole)
})

test.each([
  ['another checksum', { crc: 1 }],
  ['another length', { bytes: 77 }],
  ['another checksum behind it', { crc: 1, hasDescriptor: true }],
  ['another checksum, stored', { crc: 1, isStored: true }],
])('content with %s than the .zip says is given whole, as damaged', async (_, options) => {
  const zip = zipped(recording, options)
  await expectDamage(kept('seal.zip', zip), 'archiveChecksum')
  const whole = await given(at('plain.etl'), '--raw')
  expect((await given(at('seal.zip'), '--raw')).output).toBe(whole.output)
  expect(await piped(zip, '--raw')).toMatchObject({ status: 1, output: whole.output })
})

test.each([
  ['checksum', 8],
  ['length', 4],
])('a .gz with another %s in its trailer is given whole, as damaged', async (_, fromEnd) => {
  const gz = gzipSync(recording)
  const path = kept('seal.etl.gz', withFlipped(gz, gz.length - fromEnd))
  await expectDamage(path, 'archiveChecksum')
  expect((await given(path, '--raw')).output).toBe((await given(at('plain.etl'), '--raw')).output)
})

test.each([
  ['a .gz', () => gzipSync(recording), 'archiveCut'],
  ['a .zip', () => zipped(recording), 'archiveDirectory'],
  ['a .zip with the size behind', () => zipped(recording, { hasDescriptor: true }), 'archiveDirectory'],
])('%s that breaks off in the middle gives what is there', async (_, make, defect) => {
  const bytes = make()
  const cut = bytes.subarray(0, bytes.length >> 1)
  const whole = await given(at('plain.etl'), '--raw')
  for (const found of [await given(kept('cut', cut), '--raw'), await piped(cut, '--raw')]) {
    expect(found.status).toBe(1)
    expect(linesOf(found).length).toBeGreaterThan(workload.events * 0.4)
    expect(linesOf(found).length).toBeLessThan(workload.events)
    expect(whole.output.startsWith(linesOf(found).slice(0, 1_000).join('\n'))).toBe(true)
    expect(found.said).toContain('the archive is damaged')
    expect(found.said).toContain('break off')
  }
  const stats = JSON.parse((await given(at('cut'), '--stats', '--json')).output)
  expect(stats.totals.defects).toMatchObject({ archiveCut: 1, [defect]: 1 })
})

test.each([
  ['.gz', () => gzipSync(recording)],
  ['.zip', () => zipped(recording)],
])('a %s that is broken in the middle gives what is before', async (_, make) => {
  const bytes = make()
  const broken = Buffer.from(bytes)
  broken.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64)
  const path = kept('broken', broken)
  const found = await given(path, '--raw')
  expect(found.status).toBe(1)
  expect(linesOf(found).length).toBeGreaterThan(workload.events * 0.4)
  expect(found.said).toContain('the archive is damaged')
  expect(await piped(broken, '--raw')).toMatchObject({ status: 1, output: found.output })
})

test('openRecording() says that the archive breaks off', async () => {
  const gz = gzipSync(recording)
  await using opened = await openRecording(kept('cut.gz', gz.subarray(0, gz.length - 4)))
  let count = 0
  for await (const batch of opened) count += batch.length
  expect(count).toBeGreaterThan(workload.processes)
  expect(opened.damage).toMatchObject({ blocks: 1, isCut: true })
})

test('members of a .gz are one recording', async () => {
  const [half, rest] = [recording.subarray(0, 300_000), recording.subarray(300_000)]
  const path = kept('members.gz', Buffer.concat([gzipSync(half), gzipSync(rest), Buffer.alloc(512)]))
  expect(await given(path, '--raw')).toEqual(await given(at('plain.etl'), '--raw'))
})

test('bytes behind a .gz that are no member are left out, which is damage', async () => {
  const path = kept('rest.gz', Buffer.concat([gzipSync(recording), Buffer.from('rubbish')]))
  await expectDamage(path, 'archiveRest')
  expect((await given(path, '--raw')).output).toBe((await given(at('plain.etl'), '--raw')).output)
})
