import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { bootSeed, ImageAtoms } from '../../lib/process/atom.js'
import { seedOf } from '../../lib/process/mixer.js'
import { Random } from './random.js'

type Identity = [pid: number, execId: number, startLow: number, startHigh: number]

const MACHINE = 'b08dfa6083e7567a1921a715000001fb'
const BOOT = '3f8a1c52-9d1e-4d4e-8a54-2f7a8c0e9b11'
const BOOT_TO_EPOCH = 1_700_000_000_250

const newAtoms = (machine = MACHINE, boot = BOOT) => new ImageAtoms(bootSeed(machine, boot), BOOT_TO_EPOCH)

test('an atom is 32 lower-case hex digits, of which the last eight are the seconds of the start', () => {
  const startNs = 12_345_749_000_000n
  const atom = newAtoms().of(4711, 3, Number(startNs & 0xffffffffn), Number(startNs >> 32n))
  expect(atom).toMatch(/^[0-9a-f]{32}$/)
  expect(Number.parseInt(atom.slice(-8), 16)).toBe(1_700_012_345)
})

test.each([
  [0, '6553f100'],
  [749.999, '6553f100'],
  [750, '6553f101'],
])('a start %i ms after the boot has the seconds %s: the epoch of the boot has a fraction', (startMs, seconds) => {
  expect(
    newAtoms()
      .of(1, 1, startMs * 1e6, 0)
      .slice(-8),
  ).toBe(seconds)
})

test('the same image has the same atom, in another sensor as well', () => {
  const atoms = newAtoms()
  expect(atoms.of(4711, 3, 5, 7)).toBe(atoms.of(4711, 3, 5, 7))
  expect(newAtoms().of(4711, 3, 5, 7)).toBe(atoms.of(4711, 3, 5, 7))
})

test('numbers are taken as the 32 bits that they are, signed or not', () => {
  expect(newAtoms().of(-1, -1, -1, -1)).toBe(newAtoms().of(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff))
})

test.each([
  ['pid', [1, 2, 3, 4], [2, 2, 3, 4]],
  ['exec', [1, 2, 3, 4], [1, 3, 3, 4]],
  ['nanosecond of the start', [1, 2, 3, 4], [1, 2, 4, 4]],
  ['start', [1, 2, 3, 4], [1, 2, 3, 5]],
] as [string, Identity, Identity][])('another %s is another atom', (_, a, b) => {
  expect(
    newAtoms()
      .of(...a)
      .slice(0, 24),
  ).not.toBe(
    newAtoms()
      .of(...b)
      .slice(0, 24),
  )
})

test('the same process on another machine, or in another boot, is another atom', () => {
  const all = [newAtoms(), newAtoms(MACHINE.replace('b', 'c')), newAtoms(MACHINE, BOOT.replace('3', '4'))]
  expect(new Set(all.map((atoms) => atoms.of(4711, 3, 5, 7))).size).toBe(3)
})

test('of a million images of one machine, no two have the same twelve bytes', () => {
  const atoms = newAtoms()
  const seen = new Set<string>()
  for (let n = 0; n < 1_000_000; n++) {
    // As a machine makes them: consecutive pids, small exec ids, starts that are close together.
    seen.add(atoms.of(n & 0xffff, n >>> 18, n * 1_000, n >>> 16).slice(0, 24))
  }
  expect(seen.size).toBe(1_000_000)
})

test('all bits of the twelve bytes are as often set as not, whatever changes in the image', () => {
  const atoms = newAtoms()
  const count = 4_000
  for (const image of [
    (n: number) => [n, 1, 1, 1],
    (n: number) => [1, n, 1, 1],
    (n: number) => [1, 1, n, 1],
    (n: number) => [1, 1, 1, n],
  ] as ((n: number) => [number, number, number, number])[]) {
    const set = new Array<number>(96).fill(0)
    for (let n = 0; n < count; n++) {
      const bits = BigInt(`0x${atoms.of(...image(n)).slice(0, 24)}`)
      for (let bit = 0; bit < 96; bit++) set[bit]! += Number((bits >> BigInt(bit)) & 1n)
    }
    // Six standard deviations.
    for (const ones of set) expect(Math.abs(ones - count / 2)).toBeLessThan(3 * Math.sqrt(count))
  }
})

test('each bit of an image changes about half of the atom', () => {
  const atoms = newAtoms()
  const random = new Random(1)
  for (let bit = 0; bit < 128; bit++) {
    let changed = 0
    const rounds = 50
    for (let round = 0; round < rounds; round++) {
      const image = Array.from({ length: 4 }, () => random.below(2 ** 32)) as [number, number, number, number]
      const other = [...image] as typeof image
      other[bit >> 5]! ^= 1 << (bit & 31)
      const [a, b] = [image, other].map((words) => BigInt(`0x${atoms.of(...words).slice(0, 24)}`))
      changed += (a! ^ b!).toString(2).replaceAll('0', '').length
    }
    expect(Math.abs(changed / rounds - 48), `bit ${bit}`).toBeLessThan(6)
  }
})

test('what goes into atoms of the machine id is a hash of it', () => {
  const hash = createHash('sha256').update(`kernelwire atom 1\0${MACHINE}\0${BOOT}\0`).digest()
  const seed = bootSeed(MACHINE, BOOT)
  expect(Buffer.from(seed.buffer, 0, 16).equals(hash.subarray(0, 16))).toBe(true)
})

test('where one part of a seed ends and the next begins makes a difference', () => {
  expect(seedOf('ab', 'c')).not.toEqual(seedOf('a', 'bc'))
  expect(seedOf('abc')).not.toEqual(seedOf('abc', ''))
})
