/** The live tree: fed by events, painted a few times a second, whatever happens in between. */
import type { Terminal } from '../../cli/terminal.js'
import type { EventRecord } from '../../events/index.js'
import type { Paint } from '../paint.js'
import { fitted, widthOf } from '../width.js'
import { ProcessTree } from './process-tree.js'
import { headingLine, rowLine } from './row-lines.js'
import { Rows } from './rows.js'
import { type Frame, LEAVE, Screen } from './screen.js'

const FRAME_MS = 200
const COLUMNS_DEFAULT = 80
const ROWS_DEFAULT = 24
/** What is above the rows. */
const HEAD_LINES = 2
/** Over how long a rate is taken. */
const RATE_MS = 2_000

export class TreeView implements AsyncDisposable {
  readonly #terminal: Terminal
  readonly #paint: Paint
  readonly #tree = new ProcessTree()
  readonly #rows = new Rows()
  readonly #screen = new Screen()
  readonly #timer: NodeJS.Timeout
  readonly #disarm: () => void
  #isClosed = false
  /** The write that is under way: a slow terminal gets fewer frames, not a queue of them. */
  #writing: Promise<void> | undefined
  #failure: unknown
  #rate = { atMs: 0, started: 0, ended: 0, text: '' }

  static async open(terminal: Terminal, paint: Paint): Promise<TreeView> {
    const view = new TreeView(terminal, paint)
    await terminal.stdout.screen(view.#screen.enter())
    return view
  }

  private constructor(terminal: Terminal, paint: Paint) {
    this.#terminal = terminal
    this.#paint = paint
    this.#disarm = terminal.atExit(LEAVE)
    this.#timer = setInterval(() => this.#frame(), FRAME_MS)
  }

  async show(records: readonly EventRecord[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const now = Date.now()
    for (const record of records) this.#tree.add(record, now)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#writing
    if (this.#failure === undefined) await this.#terminal.stdout.screen(LEAVE)
    this.#disarm()
  }

  #frame(): void {
    if (this.#writing !== undefined) return
    const frame = this.#picture(Date.now())
    if (frame.length === 0) return
    this.#writing = this.#terminal.stdout
      .screen(frame)
      .catch((error) => {
        this.#failure = error
      })
      .finally(() => {
        this.#writing = undefined
      })
  }

  #picture(nowMs: number): Frame {
    const { columns = COLUMNS_DEFAULT, rows = ROWS_DEFAULT } = this.#terminal.size()
    const options = { columns, paint: this.#paint, nowMs }
    this.#tree.forget(nowMs)
    const shown = this.#rows.of(this.#tree, Math.max(1, rows - HEAD_LINES))
    const lines = [this.#head(columns, nowMs), headingLine(options), ...shown.map((row) => rowLine(row, options))]
    return this.#screen.frame(lines.slice(0, rows), columns, rows)
  }

  #head(columns: number, nowMs: number): string {
    const { living, lost } = this.#tree
    const loss = lost === 0 ? 'nothing lost' : `${lost} records lost`
    const left = fitted(`kernelwire  ${living} processes  ${this.#rates(nowMs)}`, columns)
    const right = columns - widthOf(left) > loss.length + 1 ? `  ${loss}` : ''
    return this.#paint('bold', left) + this.#paint(lost === 0 ? 'dim' : 'alarm', right)
  }

  /** Changes every two seconds, so that it can be read. */
  #rates(nowMs: number): string {
    const { started, ended } = this.#tree
    const rate = this.#rate
    if (rate.atMs === 0 || nowMs - rate.atMs >= RATE_MS) {
      const seconds = rate.atMs === 0 ? Number.POSITIVE_INFINITY : (nowMs - rate.atMs) / 1_000
      const perSecond = (count: number) => (count / seconds).toFixed(1)
      const text = `+${perSecond(started - rate.started)}/s −${perSecond(ended - rate.ended)}/s`
      this.#rate = { atMs: nowMs, started, ended, text }
    }
    return this.#rate.text
  }
}
