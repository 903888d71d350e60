/** Lines of JSON as text to be written, to a file or a pipe and to a terminal. */

/**
 * Text of many lines is made in pieces of about this many characters. V8 allocates a string of more
 * than 128 KiB on pages of its own, which costs more than all that is written on them.
 */
const PIECE_CHARACTERS = 2 ** 15

/** Whole lines, in pieces of a size that is good to write. */
export function* pieces<R extends object>(records: readonly R[], format: (record: R) => string): Generator<string> {
  let text = ''
  for (const record of records) {
    text += `${format(record)}\n`
    if (text.length < PIECE_CHARACTERS) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

/**
 * What JSON leaves as it is and a terminal would obey: DEL, the C1 controls (among them the one
 * that starts a control sequence), the marks that turn the direction of text, the line and
 * paragraph separators.
 */
const OBEYED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * The same JSON value, in characters that a terminal shows instead of obeying them. `json`: where it
 * has such characters at all, they are inside strings, which take an escape.
 */
export function escapeForTerminal(json: string): string {
  return json.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
