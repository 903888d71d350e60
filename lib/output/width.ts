/** How many columns of a terminal a text takes. For text that visible() has been through. */
import { eastAsianWidth } from 'get-east-asian-width'

const MARK = /^[\p{Mn}\p{Me}]$/u
/** Below this everything takes one column. */
const FIRST_MARK = 0x300

/**
 * Character by character, as most terminals count: one that draws several emoji as one leaves a
 * gap, and none overflows its line.
 */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += widthOfCharacter(character)
  return width
}

/** Cut to `columns`, with … where something is missing. */
export function fitted(text: string, columns: number): string {
  if (columns < 1) return ''
  let width = 0
  let length = 0
  let lengthOfCut = 0
  for (const character of text) {
    width += widthOfCharacter(character)
    if (width > columns) return `${text.slice(0, lengthOfCut)}…`
    length += character.length
    if (width < columns) lengthOfCut = length
  }
  return text
}

/** The end of it in `columns`, behind …: of a path the name is what matters. */
export function fittedEnd(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  if (columns < 1) return ''
  let width = 1
  let cut = ''
  for (const character of [...text].reverse()) {
    width += widthOfCharacter(character)
    if (width > columns) break
    cut = character + cut
  }
  return `…${cut}`
}

/** Exactly `columns` wide. */
export function padded(text: string, columns: number): string {
  const cut = fitted(text, columns)
  return cut + ' '.repeat(Math.max(0, columns - widthOf(cut)))
}

function widthOfCharacter(character: string): number {
  const code = character.codePointAt(0)!
  if (code < FIRST_MARK) return 1
  return MARK.test(character) ? 0 : eastAsianWidth(code)
}
