/** Lines as text to be written, to a file or a pipe and to a terminal. */
import { HIDDEN } from './visible.js'

/**
 * Text of many lines is made in pieces of about this many characters. V8 allocates a string of more
 * than 128 KiB on pages of its own, which costs more than all that is written on them.
 */
const PIECE_CHARACTERS = 2 ** 15

/** Whole lines, in pieces of a size that is good to write. */
export function* pieces<R>(records: readonly R[], format: (record: R) => string): Generator<string> {
  let text = ''
  for (const record of records) {
    text += `${format(record)}\n`
    if (text.length < PIECE_CHARACTERS) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

/** A mark on the quote before a text, and piles of them. */
const STRAY_MARK = /(?<=")\p{M}|(?<=\p{M}{3})\p{M}/gu

/**
 * The same JSON value, in characters that a terminal shows instead of obeying or hiding them. `json`: where it
 * has such characters at all, they are inside strings, which take an escape; but for the line breaks between.
 */
export function escapeForTerminal(json: string): string {
  return json
    .replace(HIDDEN, (character) => (character === '\n' ? character : escaped(character)))
    .replace(STRAY_MARK, escaped)
}

/** As JSON has it: beyond the first plane in two halves. */
function escaped(character: string): string {
  let text = ''
  for (let i = 0; i < character.length; i++) text += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  return text
}
