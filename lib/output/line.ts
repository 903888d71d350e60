/** The last gate before a terminal: a line passes with our own colours in it, and nothing else that a terminal obeys. */
import { COLOURS } from './paint.js'
import { visible } from './visible.js'

/** Most lines. */
const PLAIN = /^[ -~]*$/

export function lineForTerminal(line: string): string {
  if (PLAIN.test(line)) return line
  // split() puts what the expression captured, our colours, at the odd places.
  const parts = line.split(COLOURS)
  for (let i = 0; i < parts.length; i += 2) parts[i] = visible(parts[i]!)
  return parts.join('')
}

/** Text of ours as lines. */
export function linesOf(text: string): string[] {
  return text.trimEnd().split('\n')
}

/** Text of others as lines, indented so that none passes for one of ours: a verifier's log, a stack. */
export function quotedLines(text: string): string[] {
  return linesOf(text).map((line) => `  ${line}`)
}
