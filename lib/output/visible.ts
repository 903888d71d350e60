/**
 * Text from anyone, in characters that a terminal shows instead of obeying them: controls, marks
 * that turn the direction of text, what is invisible or means nothing, piles of accents.
 */
import { isUtf8 } from 'node:buffer'

/**
 * Unicode's "Other" (controls, format, surrogates, private use, unassigned), line separators, and
 * what is drawn as nothing (joiners, variation selectors, fillers, tags).
 */
export const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
/** An accent without a letter would sit on what we wrote before it; a pile of them reaches into other lines. */
const STRAY_MARK = /^\p{M}|(?<=\p{M}{3})\p{M}/gu

const NAMED: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }

export function visible(text: string): string {
  return text.replace(HIDDEN, escaped).replace(STRAY_MARK, escaped)
}

/** The same for bytes that are no UTF-8: what is wrong in them is `\x…`. */
export function visibleBytes(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const end = at + sequenceLength(bytes[at]!)
    if (end > at && isUtf8(bytes.subarray(at, end))) {
      text += visible(Buffer.from(bytes.subarray(at, end)).toString())
      at = end
    } else {
      text += hex(bytes[at]!)
      at++
    }
  }
  return text
}

/** How many bytes a character has that begins with `lead`; 0 when none does. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1
  if (lead < 0xc0) return 0
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!
  if (code < 0x80) return NAMED[character] ?? hex(code)
  if (code > 0xffff) return `\\u{${code.toString(16)}}`
  return `\\u${code.toString(16).padStart(4, '0')}`
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}
