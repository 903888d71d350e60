/** What a file is: hashes, times, version, and what Windows says of its signature. */
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { etwNative } from '../../lib/windows/native.js'
import { signatureStandIn, signedFile, whyNoFiles } from './signed-files.js'

const signatures = signatureStandIn()
const LIMIT = 256 * 2 ** 20
const inspector = new (etwNative().FileInspector)(LIMIT)
const scratch = mkdtempSync(path.join(tmpdir(), 'kernelwire-'))

beforeEach(() => signatures.wish({}))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function digest(algorithm: string, file: string): string {
  return createHash(algorithm).update(readFileSync(file)).digest('hex')
}

const SIGNER = 'C=DE, S=Hessen, L=Here, O=kernelwire tests, CN=signer'

describe.skipIf(whyNoFiles !== undefined)('of a program of ours', () => {
  test('hashes, size, times and attributes are those of the file', async () => {
    const file = path.join(scratch, 'program.exe')
    copyFileSync(signedFile('signed.exe'), file)
    utimesSync(file, 1_600_000_000.123, 1_500_000_000.456)
    const { mtimeMs, birthtimeMs, size } = statSync(file)
    const found = await inspector.inspect(file, '')
    expect(found).toMatchObject({
      error: 0,
      hash: digest('sha256', file),
      sha1: digest('sha1', file),
      md5: digest('md5', file),
      sizeBytes: size,
      modificationMs: 1_500_000_000_456,
      creationMs: Math.floor(birthtimeMs),
      attributes: expect.any(Number),
    })
    expect(Math.floor(mtimeMs)).toBe(1_500_000_000_456)
    // Whoever looks at it may be the latest one who read it.
    expect(found.accessMs).toBeGreaterThanOrEqual(1_600_000_000_123)
    expect(found.accessMs).toBeLessThanOrEqual(Date.now())
  })

  test('version and original name are those that it was built with; one without has none', async () => {
    expect(await inspector.inspect(signedFile('unsigned.exe'), '')).toMatchObject({
      fileVersion: '1.2.3.4',
      originalFileName: 'sch\u00f6n.exe',
    })
    const plain = await inspector.inspect(signedFile('plain.exe'), '')
    expect(plain.error).toBe(0)
    expect(plain).not.toHaveProperty('fileVersion')
    expect(plain).not.toHaveProperty('originalFileName')
  })

  // Wine takes any root for a trusted one: of the chain this says nothing.
  test('a signature that fits names who signed, and by whose leave', async () => {
    const { signature } = await inspector.inspect(signedFile('signed.exe'), '')
    expect(signature).toMatchObject({
      isSigned: true,
      subject: SIGNER,
      issuer: 'O=kernelwire tests, CN=authority',
      chainStatus: expect.any(Number),
    })
  })

  test('a file that is not signed is not verified, and has no signer', async () => {
    const { signature } = await inspector.inspect(signedFile('unsigned.exe'), '')
    expect(signature).toEqual({ isSigned: false, isVerified: false })
  })

  test('one byte that was changed after it was signed: signed, and not verified', async () => {
    const { error, signature } = await inspector.inspect(signedFile('tampered.exe'), '')
    expect(error).toBe(0)
    expect(signature).toMatchObject({ isSigned: true, isVerified: false, chainStatus: 123 })
  })

  test('a certificate that is its own issuer, and that nobody trusts, is self-signed', async () => {
    signatures.wish({ own: 0x800b0109 })
    const { signature } = await inspector.inspect(signedFile('self-signed.exe'), '')
    expect(signature).toEqual({ isSigned: true, isVerified: false, chainStatus: 127, issuer: SIGNER, subject: SIGNER })
  })

  test.each([
    ['verified', 0, 121],
    ['no way to a root without the network', 0x800b010a, 122],
    ['nobody can tell whether it was revoked', 0x80092013, 122],
    ['not known', 0x80096001, 123],
    ['a root that is not trusted', 0x800b0109, 124],
    ['distrusted', 0x800b0111, 124],
    ['revoked', 0x800b010c, 125],
    ['expired', 0x800b0101, 126],
  ])('where Windows answers: %s, the status is what the document has for it', async (_, own, chainStatus) => {
    signatures.wish({ own })
    const { signature } = await inspector.inspect(signedFile('signed.exe'), '')
    expect(signature).toMatchObject({ isSigned: true, isVerified: own === 0, chainStatus, subject: SIGNER })
    expect(signatures.left()).toBe(0)
  })

  test('nothing is asked of the network: no revocation, no certificates that are not here', async () => {
    await inspector.inspect(signedFile('signed.exe'), '')
    // WTD_UI_NONE, WTD_REVOKE_NONE; WTD_CACHE_ONLY_URL_RETRIEVAL and WTD_REVOCATION_CHECK_NONE.
    expect(signatures.calls()).toEqual(['verify file ui 2 revocation 0 flags 1010'])
  })

  test.each([
    ['SHA256', ['catalogs of SHA256']],
    ['SHA1', ['catalogs of SHA256', 'catalogs of SHA1']],
  ])('a file without a signature of its own is signed where a catalog lists it, by %s', async (algorithm, asked) => {
    signatures.wish({ catalog: 0, algorithm })
    const { signature } = await inspector.inspect(signedFile('unsigned.exe'), '')
    expect(signature).toEqual({ isSigned: true, isVerified: true, chainStatus: 121 })
    expect(signatures.calls().slice(1)).toEqual([
      ...asked,
      'verify 01ABFF in C:\\test.cat ui 2 revocation 0 flags 1010',
    ])
    expect(signatures.left()).toBe(0)
  })

  test('a catalog whose signature is not good makes no verified file', async () => {
    signatures.wish({ catalog: 0x800b0101, algorithm: 'SHA256' })
    const { signature } = await inspector.inspect(signedFile('unsigned.exe'), '')
    expect(signature).toEqual({ isSigned: true, isVerified: false, chainStatus: 126 })
  })

  test('of a file whose version is known nothing is read; another content is another version', async () => {
    const file = path.join(scratch, 'known.exe')
    copyFileSync(signedFile('signed.exe'), file)
    const first = await inspector.inspect(file, '')
    const again = await inspector.inspect(file, first.version!)
    expect(again).toMatchObject({ error: 0, isKnown: true, version: first.version, sizeBytes: first.sizeBytes })
    expect(again).not.toHaveProperty('hash')
    const bytes = readFileSync(file)
    bytes[0x401]! ^= 1
    writeFileSync(file, bytes)
    const other = await inspector.inspect(file, first.version!)
    expect(other).toMatchObject({ isKnown: false, hash: digest('sha256', file) })
  })

  test('a larger file than is allowed has times and no hash', async () => {
    const small = new (etwNative().FileInspector)(100)
    const found = await small.inspect(signedFile('signed.exe'), '')
    expect(found).toMatchObject({ error: 223, sizeBytes: statSync(signedFile('signed.exe')).size })
    expect(found).not.toHaveProperty('hash')
    expect(found).not.toHaveProperty('signature')
  })

  test('a long path of any characters is a path', async () => {
    const folder = path.join(scratch, 'ein sch\u00f6ner Ordner', ...Array(6).fill('x'.repeat(60)))
    const file = path.join(folder, '\u65e5\u672c.exe')
    mkdirSync(folder, { recursive: true })
    copyFileSync(signedFile('signed.exe'), file)
    expect(file.length).toBeGreaterThan(260)
    expect(await inspector.inspect(file, '')).toMatchObject({
      error: 0,
      hash: digest('sha256', file),
      originalFileName: 'sch\u00f6n.exe',
      signature: { subject: SIGNER },
    })
  })
})

test('the calls about signatures are in the import table of the shipped addon', () => {
  expect(signatures.replaced).toContain('WinVerifyTrust')
})

test('Node for Windows is signed by those who made it', async () => {
  const found = await inspector.inspect(process.execPath, '')
  expect(found).toMatchObject({
    error: 0,
    hash: digest('sha256', process.execPath),
    fileVersion: `${process.versions.node}.0`,
    originalFileName: 'node.exe',
    signature: {
      isSigned: true,
      isVerified: true,
      issuer: expect.stringMatching(/DigiCert|Microsoft ID Verified/),
      subject: expect.stringContaining('O=OpenJS Foundation'),
    },
  })
})

test.each([
  ['a file that is not there', path.join(scratch, 'nothing.exe'), 2],
  ['one in a folder that is not there', path.join(scratch, 'no', 'thing.exe'), 2],
  ['a folder', scratch, 5],
  ['on another machine', '\\\\server\\share\\program.exe', 50],
  ['on another machine, as the kernel has it', '\\Device\\Mup\\server\\share\\program.exe', 50],
  ['a pipe', '\\Device\\NamedPipe\\program.exe', 50],
  ['no path', 'program.exe', 50],
  ['none at all', '', 50],
])('%s has an error', async (_, file, error) => {
  expect(await inspector.inspect(file, '')).toEqual({ error, isKnown: false })
})

test('a file that grows while it is read has changed; when it is cancelled, reading ends', async () => {
  const file = path.join(scratch, 'large.bin')
  writeFileSync(file, Buffer.alloc(64 * 2 ** 20))
  const reading = inspector.inspect(file, '')
  for (let i = 0; i < 50; i++) {
    appendFileSync(file, 'more')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const found = await reading
  if (found.error === 0) expect(found.sizeBytes).toBeGreaterThan(64 * 2 ** 20)
  else expect(found.error).toBe(1006)
  const ending = new (etwNative().FileInspector)(LIMIT)
  const cancelled = ending.inspect(file, '')
  ending.cancel()
  // ERROR_OPERATION_ABORTED
  expect((await cancelled).error).toBe(995)
})
