import { describe, expect, test } from 'vitest'
import { visible, visibleBytes } from '../../lib/output/visible.js'
import { fitted, fittedEnd, padded, widthOf } from '../../lib/output/width.js'

test.each([
  ['a control sequence', '\x1b[2J\x1b]0;title\x07', '\\x1b[2J\\x1b]0;title\\x07'],
  ['a C1 control sequence', '\u009b2J', '\\u009b2J'],
  ['line ends and tabs', 'a\r\nb\tc', 'a\\r\\nb\\tc'],
  ['marks of direction', 'user\u202etxt.exe\u2066\u200f', 'user\\u202etxt.exe\\u2066\\u200f'],
  ['line separators', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
  ['what is invisible', 'a\u200bb\u00adc\ufeff', 'a\\u200bb\\u00adc\\ufeff'],
  ['tags, which are invisible letters', 'a\u{e0041}', 'a\\u{e0041}'],
  ['half a surrogate pair', 'a\ud83c', 'a\\ud83c'],
  ['an accent without a letter', '\u0301e', '\\u0301e'],
  ['a pile of accents', 'e\u0301\u0301\u0301\u0301', 'e\u0301\u0301\u0301\\u0301'],
  ['what is only unusual', 'naïve 日本 🎉 e\u0301 \\n', 'naïve 日本 🎉 e\u0301 \\n'],
])('%s', (_, text, shown) => {
  expect(visible(text)).toBe(shown)
})

test('nothing that comes out of any character is obeyed or unseen', () => {
  for (let code = 0; code < 0x11_0000; code += code < 0x3000 ? 1 : 37) {
    expect(visible(`x${String.fromCodePoint(code)}`)).not.toMatch(
      /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u,
    )
  }
})

describe('bytes', () => {
  test.each([
    ['no UTF-8', [0x61, 0xff, 0xfe, 0x62], 'a\\xff\\xfeb'],
    ['a character that is cut off', [0xe6, 0x97], '\\xe6\\x97'],
    ['an overlong slash', [0xc0, 0xaf], '\\xc0\\xaf'],
    ['a surrogate', [0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    ['characters among them', [0xe6, 0x97, 0xa5, 0x80, 0x1b], '日\\x80\\x1b'],
  ])('%s', (_, bytes, shown) => {
    expect(visibleBytes(Uint8Array.from(bytes))).toBe(shown)
  })
})

/** What Unicode 15 and wcwidth(3) of any terminal agree upon. */
test.each([
  ['ascii', 5],
  ['日本語', 6],
  ['한국', 4],
  ['ｆｕｌｌ', 8],
  ['🎉', 2],
  ['e\u0301', 1],
  ['naïve', 5],
  ['', 0],
])('%j takes %i columns', (text, columns) => {
  expect(widthOf(text)).toBe(columns)
})

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['日本語', 6, '日本語'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['日本語', 1, '…'],
  ['e\u0301a', 2, 'e\u0301a'],
  ['abc', 0, ''],
])('%j in %i columns is %j', (text, columns, shown) => {
  expect(fitted(text, columns)).toBe(shown)
  expect(widthOf(fitted(text, columns))).toBeLessThanOrEqual(columns)
  expect(widthOf(padded(text, columns))).toBe(columns)
})

test('of a path the end is kept', () => {
  expect(fittedEnd('/usr/lib/llvm-14/bin/clang-format', 14)).toBe('…/clang-format')
  expect(fittedEnd('/日本/語', 5)).toBe('…/語')
  expect(fittedEnd('/bin', 4)).toBe('/bin')
})
