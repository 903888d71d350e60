/**
 * Plain LZ77 XPRESS (MS-XCA 2.3), greedily and with one candidate for each place: as quick as Windows,
 * which finds the same kind of matches.
 */
const WINDOW = 8_192
const MATCH_MIN = 3
const MATCH_MAX = 0xffff + MATCH_MIN
const HASH_BITS = 15

/** Where three bytes were seen last, plus one. */
const places = new Int32Array(1 << HASH_BITS)

export function compressXpress(input: Uint8Array): Uint8Array {
  places.fill(0)
  // 32 literals need a word of flags.
  const output = Buffer.alloc(input.length + (input.length >> 3) + 64)
  const length = input.length
  let flagsAt = 0
  let flags = 0
  let bits = 0
  let to = 4
  let nibbleAt = -1
  const put = (bit: number) => {
    flags = (flags << 1) | bit
    if (++bits < 32) return
    output.writeUInt32LE(flags >>> 0, flagsAt)
    flagsAt = to
    to += 4
    bits = 0
    flags = 0
  }

  for (let at = 0; at < length; ) {
    const match = matchAt(input, at)
    if (match === 0) {
      output[to++] = input[at]!
      remember(input, at++)
      put(0)
      continue
    }
    const offset = at - (previous - 1)
    const coded = match - MATCH_MIN
    output.writeUInt16LE(((offset - 1) << 3) | Math.min(coded, 7), to)
    to += 2
    if (coded >= 7) {
      const nibble = Math.min(coded - 7, 15)
      if (nibbleAt < 0) {
        nibbleAt = to
        output[to++] = nibble
      } else {
        output[nibbleAt]! |= nibble << 4
        nibbleAt = -1
      }
      if (nibble === 15) {
        if (coded - 22 < 255) {
          output[to++] = coded - 22
        } else {
          output[to++] = 255
          output.writeUInt16LE(coded, to)
          to += 2
        }
      }
    }
    const end = at + match
    // Every second place of a long match is enough to find it again.
    for (; at < end; at += 2) remember(input, at)
    at = end
    put(1)
  }
  // What is left of the last word says: a match, where there is none.
  const left = 32 - bits
  output.writeUInt32LE(((bits === 0 ? 0 : flags << left) | (left === 32 ? 0xffffffff : 2 ** left - 1)) >>> 0, flagsAt)
  return output.subarray(0, to)
}

/** Where the latest match of matchAt() begins, plus one. */
let previous = 0

/** How long it is; 0 for none. */
function matchAt(input: Uint8Array, at: number): number {
  if (at + MATCH_MIN > input.length) return 0
  previous = places[hashAt(input, at)]!
  const from = previous - 1
  if (from < 0 || at - from > WINDOW || from >= at) return 0
  const most = Math.min(MATCH_MAX, input.length - at)
  let length = 0
  while (length < most && input[from + length] === input[at + length]) length++
  return length < MATCH_MIN ? 0 : length
}

function remember(input: Uint8Array, at: number): void {
  if (at + MATCH_MIN <= input.length) places[hashAt(input, at)] = at + 1
}

function hashAt(input: Uint8Array, at: number): number {
  const bytes = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16)
  return Math.imul(bytes, 0x9e3779b1) >>> (32 - HASH_BITS)
}
