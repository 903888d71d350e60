/** A picture that takes the whole terminal: only lines that changed are written. */
import { lineForTerminal } from '../line.js'

/** What moves the cursor around, and lines that passed the gate; made here only. */
export type Frame = string & { readonly isFrame: unique symbol }

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
/** Back to what was there before, the cursor too. */
export const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l' as Frame

export class Screen {
  #lines: string[] = []
  #size = ''

  enter(): Frame {
    return ENTER as Frame
  }

  /** What to write to make `lines` what there is to see; empty when nothing changed. */
  frame(lines: readonly string[], columns: number, rows: number): Frame {
    const size = `${columns}x${rows}`
    const isWhole = size !== this.#size
    const before = isWhole ? [] : this.#lines
    let text = isWhole ? '\x1b[2J' : ''
    const count = Math.max(lines.length, before.length)
    for (let row = 0; row < count; row++) {
      const line = lines[row] ?? ''
      if (line !== before[row]) text += `\x1b[${row + 1};1H\x1b[K${lineForTerminal(line)}`
    }
    this.#size = size
    this.#lines = [...lines]
    return text as Frame
  }
}
