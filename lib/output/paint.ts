/** Colours, where they are wanted. */
import { KernelwireError } from '../errors.js'

/** ECMA-48, select graphic rendition. */
const STYLES = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  alarm: '1;37;41',
} as const

export type Style = keyof typeof STYLES
export type Paint = (style: Style, text: string) => string

export const uncoloured: Paint = (_, text) => text
export const coloured: Paint = (style, text) => (text === '' ? '' : `\x1b[${STYLES[style]}m${text}\x1b[0m`)

/** What `coloured` writes around a text, captured. */
export const COLOURS = new RegExp(`(\\x1b\\[(?:0|${Object.values(STYLES).join('|')})m)`)

export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const

/** `choice`: of --color, which beats FORCE_COLOR, which beats NO_COLOR, as in Node.js itself. */
export function paintFor(choice: string | undefined, isTerminal: boolean, environment: NodeJS.ProcessEnv): Paint {
  if (choice !== undefined && !(COLOUR_CHOICES as readonly string[]).includes(choice)) {
    throw new KernelwireError('ERR_OPTION', `--color must be auto, always or never, not "${choice}"`)
  }
  return isColoured(choice ?? 'auto', isTerminal, environment) ? coloured : uncoloured
}

function isColoured(choice: string, isTerminal: boolean, { FORCE_COLOR, NO_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always'
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  // https://no-color.org: set, and not empty.
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  return isTerminal && TERM !== 'dumb'
}
