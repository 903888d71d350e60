/** Archives made to be misread: each is refused in one sentence, or read for what is in it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeWorkload } from '../../lib/bench/live/etl/workload.js'
import { run } from '../../lib/cli/replay.js'
import { FakeTerminal } from './terminal.js'
import { type End, ZipFile, type ZipOptions } from './zip-file.js'

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-archive-hostile-'))
const at = (name: string) => join(folder, name)
let recording: Buffer
let expected: string

beforeAll(async () => {
  writeWorkload(at('plain.etl'), 2 ** 17, false)
  recording = readFileSync(at('plain.etl'))
  expected = (await given(at('plain.etl'))).output
})
afterAll(() => rmSync(folder, { recursive: true }))

async function given(path: string) {
  const terminal = new FakeTerminal()
  const status = await run([path, '--raw'], terminal)
  return { status, output: terminal.output, said: terminal.said.join('\n') }
}

function kept(bytes: Buffer): string {
  writeFileSync(at('archive'), bytes)
  return at('archive')
}

function zipped(name: string, options: ZipOptions = {}, end: End = {}): Buffer {
  const zip = new ZipFile()
  zip.add(name, recording, options)
  return zip.bytes(end)
}

async function expectRefusal(bytes: Buffer, code: string, message: RegExp): Promise<void> {
  await expect(given(kept(bytes))).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
}

test.each([
  ['encrypted', { flags: 1 }, 'is encrypted'],
  ['hidden by the encryption of its directory', { flags: 0x2000 }, 'is encrypted'],
  ['encrypted with AES', { method: 99 }, 'is encrypted'],
  ['of deflate64', { method: 9 }, 'is compressed with deflate64,'],
  ['of bzip2', { method: 12 }, 'is compressed with bzip2,'],
  ['of lzma', { method: 14 }, 'is compressed with lzma,'],
  ['of zstd', { method: 93 }, 'is compressed with zstd,'],
  ['of xz', { method: 95 }, 'is compressed with xz,'],
  ['of a method without a name', { method: 77 }, 'is compressed with method 77,'],
])('an entry %s is refused by its name', async (_, options, words) => {
  await expectRefusal(
    zipped('a.etl', options),
    'ERR_RECORDING_FOREIGN',
    new RegExp(`: a\\.etl ${words}.*unpack it first`),
  )
})

test.each([
  ['counts no entries', { entries: 0 }],
  ['counts entries that are not there', { entries: 65_534 }],
  ['counts so many that another record must be there', { entries: 65_535 }],
  ['counts too many in 64 bits', { isZip64: true, entries: 2 ** 40 }],
  ['has its directory beyond the file', { directoryAt: 0x7fff_ffff }],
  ['has its directory beyond the file in 64 bits', { isZip64: true, directoryAt: 2 ** 52 }],
  ['has a directory larger than the file', { directoryBytes: 0x7fff_ffff }],
  ['has its directory in its data', { directoryAt: 40 }],
])('an archive whose end %s is read entry by entry, as damaged', async (_, end) => {
  const found = await given(kept(zipped('a.etl', {}, end)))
  expect(found).toMatchObject({ status: 1, output: expected })
  expect(found.said).toContain('1 archives whose directory is missing or wrong')
})

test('an archive with the end of large ones is read by its directory', async () => {
  expect(await given(kept(zipped('a.etl', {}, { isZip64: true })))).toMatchObject({ status: 0, output: expected })
})

test.each([
  ['beyond the file', 0x7fff_ffff],
  ['in its data', 50],
])('an entry that the directory has %s is looked for', async (_, place) => {
  const found = await given(kept(zipped('a.etl', { at: place })))
  expect(found).toMatchObject({ status: 1, output: expected })
})

test('a stored entry with its size behind it and no directory is refused: nothing says where it ends', async () => {
  const zip = zipped('a.etl', { isStored: true, hasDescriptor: true }, { directoryAt: 0x7fff_ffff })
  await expectRefusal(zip, 'ERR_FILE_READ', /without it nothing says where a\.etl ends$/)
})

test('entries that have their data in common are refused', async () => {
  const zip = new ZipFile()
  const place = zip.add('a.etl', recording)
  for (let i = 0; i < 50; i++) zip.again(`${i}.etl`, recording, place)
  await expectRefusal(zip.bytes(), 'ERR_FILE_READ', /its entries overlap/)
})

test('names that a terminal would obey are escaped', async () => {
  await expectRefusal(
    zipped('\x1b[2J\n.etl', { flags: 1 }),
    'ERR_RECORDING_FOREIGN',
    /: \\x1b\[2J\\n\.etl is encrypted/,
  )
})

test('more recordings than can be open at a time are refused', async () => {
  const zip = new ZipFile()
  for (let i = 0; i < 65; i++) zip.add(`${i}.etl`, Buffer.from('x'))
  await expectRefusal(zip.bytes(), 'ERR_RECORDING_FOREIGN', /more than 64 recordings; unpack those you want$/)
})

test('folders, and what a Mac puts beside a recording, are no recordings', async () => {
  const zip = new ZipFile()
  zip.add('folder.etl/', Buffer.alloc(0), { isStored: true })
  zip.add('__MACOSX/a.etl', Buffer.from('mac'))
  zip.add('a/._a.etl', Buffer.from('mac'))
  zip.add('a/a.etl', recording)
  expect(await given(kept(zip.bytes()))).toMatchObject({ status: 0, output: expected })
})

test('an archive with nothing in it is refused', async () => {
  await expectRefusal(new ZipFile().bytes(), 'ERR_RECORDING_FOREIGN', /is an archive with no \.etl in it$/)
})

test('an archive with an archive in it is refused: what is in that one is not read', async () => {
  const zip = new ZipFile()
  zip.add('inner.zip', zipped('a.etl'))
  await expectRefusal(zip.bytes(), 'ERR_RECORDING_FOREIGN', /no \.etl in it, but other archives; unpack it first$/)
})

test('an archive that is called a recording is refused', async () => {
  const zip = new ZipFile()
  zip.add('a.etl', zipped('a.etl'))
  await expectRefusal(zip.bytes(), 'ERR_RECORDING_FOREIGN', /is no \.etl recording/)
  await expectRefusal(gzipSync(zipped('a.etl')), 'ERR_RECORDING_FOREIGN', /is no \.etl recording/)
})

test('an archive cut anywhere is read as far as it goes, or refused', async () => {
  const zip = zipped('a.etl')
  for (let bytes = 4; bytes < zip.length; bytes += 397) {
    const found = await given(kept(zip.subarray(0, bytes))).catch((error) => error)
    if (found.status === undefined) expect(found.code).toMatch(/^ERR_(RECORDING_DAMAGED|RECORDING_FOREIGN)$/)
    else expect(found.status).toBe(1)
  }
})
