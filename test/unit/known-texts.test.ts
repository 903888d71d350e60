/** Path and command line by their bytes: what was kept must never stand for other bytes. */
import { expect, test } from 'vitest'
import { KNOWN_BYTES_MAX, KnownTexts } from '../../lib/decode/linux/known-texts.js'
import { Records } from '../../lib/records.js'
import { Random } from './random.js'

/** At the offset of the second record, behind bytes of another. */
const AT = 16

function read(known: KnownTexts, path: Uint8Array, argv: Uint8Array, filler = 0xaa): string[] {
  const bytes = new Uint8Array((AT + path.length + argv.length + 7) & ~7).fill(filler)
  bytes.set(path, AT)
  bytes.set(argv, AT + path.length)
  const end = AT + path.length + argv.length
  const texts = known.of(new Records(bytes.buffer), AT, AT + path.length, end)
  return [texts.path, texts.commandLine]
}

function expected(path: Uint8Array, argv: Uint8Array): string[] {
  const whole = argv.at(-1) === 0 ? argv.subarray(0, -1) : argv
  return [Buffer.from(path).toString(), Buffer.from(whole).toString().replaceAll('\0', ' ')]
}

test('any bytes, again and again, whatever came before and whatever lies behind them', () => {
  const random = new Random(3)
  const known = new KnownTexts()
  const alphabets = [[0x61, 0x62], [0, 0x61], [0, 0x20, 0x7f, 0x80, 0xc3, 0xa9, 0xff], [...Array(256).keys()]]
  const draw = (length: number, of: number[]) => Uint8Array.from({ length }, () => random.pick(of))
  const drawn: [Uint8Array, Uint8Array][] = []
  for (let n = 0; n < 5_000; n++) {
    const alphabet = random.pick(alphabets)
    const longest = random.pick([3, 9, KNOWN_BYTES_MAX / 2])
    const pair: [Uint8Array, Uint8Array] =
      drawn.length > 0 && random.chance(0.5)
        ? random.pick(drawn)
        : [draw(1 + random.below(longest), alphabet), draw(1 + random.below(longest), alphabet)]
    drawn.push(pair)
    expect(read(known, ...pair, random.below(256))).toEqual(expected(...pair))
  }
})

test('the same bytes with another end of the path are other texts', () => {
  const known = new KnownTexts()
  const bytes = Buffer.from('/bin/shsh\0')
  for (let at = 1; at < bytes.length; at++) {
    const [path, argv] = [bytes.subarray(0, at), bytes.subarray(at)]
    expect(read(known, path, argv)).toEqual(expected(path, argv))
    expect(read(known, path, argv)).toEqual(expected(path, argv))
  }
})

test('a character that begins in the path does not end in the arguments', () => {
  const [path, argv] = [Buffer.from([0x2f, 0xe2]), Buffer.from([0x82, 0xac, 0])]
  expect(read(new KnownTexts(), path, argv)).toEqual(expected(path, argv))
})

test('texts that were read again are the same strings', () => {
  const known = new KnownTexts()
  const bytes = new Uint8Array(24)
  bytes.set(Buffer.from('/bin/truetrue\0'))
  const records = new Records(bytes.buffer)
  expect(known.of(records, 0, 9, 14)).toBe(known.of(records, 0, 9, 14))
})
