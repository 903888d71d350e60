/** One event, one line of JSON. */

/** Without the newline; JSON has escaped every control character below U+0020 and every lone surrogate. */
export function line(record: object): string {
  return JSON.stringify(record)
}

/**
 * What JSON leaves as it is and a terminal would obey: DEL, the C1 controls (among them the one
 * that starts a control sequence), the marks that turn the direction of text, the line and
 * paragraph separators.
 */
const OBEYED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** The same JSON value, in characters that a terminal shows instead of obeying them. */
export function terminalLine(record: object): string {
  return escapeForTerminal(JSON.stringify(record))
}

/** `json`: where it has such characters at all, they are inside strings, which take an escape. */
export function escapeForTerminal(json: string): string {
  return json.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
