/** A picture that takes the whole terminal: only lines that changed are written. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
/** Back to what was there before, the cursor too. */
export const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'

export class Screen {
  #lines: string[] = []
  #size = ''

  enter(): string {
    return ENTER
  }

  /** What to write to make `lines` what there is to see; empty when nothing changed. */
  frame(lines: readonly string[], columns: number, rows: number): string {
    const size = `${columns}x${rows}`
    const isWhole = size !== this.#size
    const before = isWhole ? [] : this.#lines
    let text = isWhole ? '\x1b[2J' : ''
    const count = Math.max(lines.length, before.length)
    for (let row = 0; row < count; row++) {
      const line = lines[row] ?? ''
      if (line !== before[row]) text += `\x1b[${row + 1};1H\x1b[K${line}`
    }
    this.#size = size
    this.#lines = [...lines]
    return text
  }
}
