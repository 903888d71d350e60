/** native/digest, compiled with the compiler's checks where it has them, against what node:crypto says. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const TEST = fileURLToPath(new URL('digest_test.cc', import.meta.url))
const NATIVE = fileURLToPath(new URL('../../native', import.meta.url))
const SOURCES = ['accelerated', 'md5', 'sha1', 'sha256'].map((name) => join(NATIVE, 'digest', `${name}.cc`))

const folder = mkdtempSync(join(tmpdir(), 'kernelwire-digest-'))
const program = join(folder, 'digest_test')

beforeAll(() => {
  const compile = (flags: readonly string[]) =>
    spawnSync(process.env.CXX ?? 'c++', [
      ...['-std=c++17', '-O1', '-Wall', '-Wextra', '-Werror', '-I', NATIVE, ...flags],
      ...[TEST, ...SOURCES, '-o', program],
    ])
  const isChecked = compile(['-fsanitize=address,undefined']).status === 0 && run(Buffer.alloc(1), 1).status === 0
  if (!isChecked) expect(compile([]).status).toBe(0)
})

afterAll(() => rmSync(folder, { recursive: true }))

function run(input: Buffer, part: number) {
  return spawnSync(program, [String(part)], { input, encoding: 'utf8' })
}

function expected(input: Buffer): string {
  const line = (name: string) => `${name} ${createHash(name).update(input).digest('hex')}\n`
  return `${line('sha256').repeat(2)}${line('sha1').repeat(2)}${line('md5')}`
}

test('the examples of the standards have the digests that stand there', () => {
  const two = 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'
  // FIPS 180-2, B.1 and B.2; A.1 and A.2; RFC 1321, A.5.
  const abc = run(Buffer.from('abc'), 3).stdout
  expect(abc).toContain('sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n')
  expect(abc).toContain('sha1 a9993e364706816aba3e25717850c26c9cd0d89d\n')
  expect(abc).toContain('md5 900150983cd24fb0d6963f7d28e17f72\n')
  const longer = run(Buffer.from(two), 7).stdout
  expect(longer).toContain('sha256 248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1\n')
  expect(longer).toContain('sha1 84983e441c3bd26ebaae4aa1f95129e5e54670f1\n')
  expect(run(Buffer.alloc(0), 1).stdout).toContain('md5 d41d8cd98f00b204e9800998ecf8427e\n')
})

test('of every length around the ends of blocks, in pieces of every kind, portable and accelerated', () => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 151 + 7) & 0xff))
  for (const length of [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 300]) {
    for (const part of [1, 13, 64, 1_000]) {
      const input = bytes.subarray(0, length)
      expect(run(input, part).stdout, `${length} bytes, ${part} at once`).toBe(expected(input))
    }
  }
})

test('of a megabyte', () => {
  const input = Buffer.alloc(2 ** 20 + 3, 'kernelwire')
  expect(run(input, 131_072).stdout).toBe(expected(input))
})

test('a processor that says it has SHA-NI is made use of', ({ skip }) => {
  if (process.arch !== 'x64') skip(`this is ${process.arch}`)
  const hasShaNi = /^flags.* sha_ni( |$)/m.test(readFileSync('/proc/cpuinfo', 'utf8'))
  expect(run(Buffer.alloc(0), 1).stderr.trim()).toBe(hasShaNi ? 'accelerated' : 'portable')
})
